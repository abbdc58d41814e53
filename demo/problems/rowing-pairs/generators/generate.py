"""Makes the secret cases of Rowing Pairs: `cases` gives names and inputs, `answer` solves one."""

import random


def one(w, weights):
    return f"{len(weights)} {w}\n{' '.join(map(str, weights))}\n"


def cases():
    yield "01-alone", one(1, [1])
    yield "02-two-fit-exactly", one(10, [4, 6])
    yield "03-two-do-not-fit", one(10, [5, 6])
    yield "04-neighbours-mislead", one(10, [1, 2, 8, 9])
    yield "05-all-equal-half", one(10, [5] * 9)
    yield "06-all-heavy", one(10**9, [10**9] * 1000)
    yield "07-sum-overflows", one(2 * 10**9 // 2, [10**9, 10**9 - 1, 1, 1, 10**9 - 1])
    dice = random.Random("rowing-pairs")
    yield "08-random-small", one(50, [dice.randint(1, 50) for _ in range(101)])
    yield "09-most-sorted", one(10**9, sorted(dice.randint(1, 10**9) for _ in range(100_000)))
    yield "10-most-random", one(10**9, [dice.randint(1, 10**9) for _ in range(100_000)])
    yield "11-most-light", one(10**9, [dice.randint(1, 1000) for _ in range(100_000)])
    yield "12-most-equal", one(7, [4] * 99_999)


def answer(text):
    numbers = list(map(int, text.split()))
    w, weights = numbers[1], sorted(numbers[2:])
    light, boats = 0, 0
    for heavy in range(len(weights) - 1, -1, -1):
        if heavy < light:
            break
        if heavy > light and weights[heavy] + weights[light] <= w:
            light += 1
        boats += 1
    return f"{boats}\n"
