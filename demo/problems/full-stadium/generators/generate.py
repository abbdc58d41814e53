"""Makes the secret cases of Full Stadium, some MB: `cases` gives names and inputs, `answer` solves one."""

import random

MOST = 300_000
END = 10**9


def one(visits):
    return f"{len(visits)}\n" + "".join([f"{a} {b}\n" for a, b in visits])


def cases():
    yield "01-one", one([(0, END)])
    yield "02-come-as-they-go", one([(0, 5), (5, 9), (9, 12)])
    yield "03-ties", one([(10, 20), (0, 5), (3, 5), (12, 13), (30, 31)])
    yield "04-same-visit", one([(7, 8)] * 1000)
    dice = random.Random("full-stadium")
    yield "05-crowded", one([(a := dice.randrange(50), a + dice.randint(1, 20)) for _ in range(2000)])
    yield "06-most-random", one([tuple(sorted(dice.sample(range(END + 1), 2))) for _ in range(MOST)])
    yield "07-most-nested", one([(number, END - number) for number in range(MOST)])
    yield "08-most-chain", one([(number * 3000, number * 3000 + 3000) for number in range(MOST)])


def answer(text):
    numbers = list(map(int, text.split()))
    comes, goes = sorted(numbers[1::2]), sorted(numbers[2::2])
    inside = best = at = gone = 0
    for moment in comes:
        while goes[gone] <= moment:
            gone += 1
            inside -= 1
        inside += 1
        if inside > best:
            best, at = inside, moment
    return f"{best} {at}\n"
