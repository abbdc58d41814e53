"""Makes the secret cases of Touch the Wall: `cases` gives names and inputs, `answer` solves one exactly enough."""

import random
from decimal import Decimal, getcontext


def cases():
    yield "01-single", "1\n1 0 0 0 0\n"
    yield "02-both-on-the-wall", lines([(10, 2, 0, 9, 0), (10, 0, 0, 10, 0), (5, 3, 0, 3, 0)])
    yield "03-both-beside-the-wall", lines([(1, 5, 0, 9, 0), (1, -5, 0, -9, 0), (1, -5, 0, 9, 0)])
    yield "04-ends-of-the-wall", lines([(3, 5, 4, 9, 2), (3, -5, 4, -9, 2), (1, 1000000, 1000000, 1000000, 1), (2, -1, 1, 3, 1)])
    yield "05-above-each-other", lines([(8, 4, 1, 4, 7), (8, 0, 1, 0, 7), (8, 9, 1, 9, 7), (8, 4, 0, 4, 7)])
    yield "06-tiny-and-huge", lines([(1, 0, 1, 1, 1), (1000000, 0, 1, 1000000, 1000000), (1000000, -1000000, 0, 1000000, 0)])
    for number, reach in ((7, 10), (8, 1000), (9, 10**6)):
        dice = random.Random(f"touch-the-wall {number}")
        drills = [
            (dice.randint(1, reach), dice.randint(-reach, reach), dice.randint(0, reach), dice.randint(-reach, reach), dice.randint(0, reach))
            for _ in range(1000)
        ]
        yield f"{number:02}-random-{reach}", lines(drills)


def lines(drills):
    return f"{len(drills)}\n" + "".join(f"{' '.join(map(str, drill))}\n" for drill in drills)


def answer(text):
    getcontext().prec = 40
    numbers = list(map(int, text.split()))
    out = []
    for start in range(1, len(numbers), 5):
        w, x1, y1, x2, y2 = map(Decimal, numbers[start : start + 5])
        touch = x1 + (x2 - x1) * y1 / (y1 + y2) if y1 + y2 else min(max(x1, Decimal(0)), w)
        touch = min(max(touch, Decimal(0)), w)
        length = ((x1 - touch) ** 2 + y1**2).sqrt() + ((x2 - touch) ** 2 + y2**2).sqrt()
        out.append(f"{length:.9f}\n")
    return "".join(out)
