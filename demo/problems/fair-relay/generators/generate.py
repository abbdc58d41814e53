"""Makes the secret cases of Fair Relay: `cases` gives names and inputs, `answer` solves one (one of many right answers)."""

import random

MOST = 200_000


def one(energies):
    return f"{len(energies)}\n{' '.join(map(str, energies))}\n"


def only_pair(n, k):
    """Energies whose only right relay is k + 1 to n: all other prefix sums differ modulo n."""
    order = list(range(1, n))
    random.Random(f"fair-relay {n} {k}").shuffle(order)
    residues = [0, *order]
    residues.append(residues[k])
    energies = []
    for before, after in zip(residues, residues[1:]):
        step = (after - before) % n
        energies.append(step or n)
    return energies


def cases():
    yield "01-one-runner", one([1_000_000_000])
    yield "02-two-runners", one([1, 1])
    yield "03-all-together", one([1] * 7)
    yield "04-only-the-last", one(only_pair(10, 9))
    yield "05-only-the-first-half", one(only_pair(11, 0))
    yield "06-prefix-alone-is-wrong", one([2, 5, 5, 5, 8, 5])
    dice = random.Random("fair-relay")
    yield "07-random", one([dice.randint(1, 10**9) for _ in range(1000)])
    yield "08-most-random", one([dice.randint(1, 10**9) for _ in range(MOST)])
    yield "09-sum-overflows", one([10**9] * 199_999)
    yield "10-most-near-the-end", one(only_pair(MOST, MOST - 5))
    yield "11-most-middle", one(only_pair(MOST, MOST // 2))
    yield "12-most-whole", one([1] * MOST)


def answer(text):
    n, *energies = map(int, text.split())
    seen, total = {0: 0}, 0
    for place, energy in enumerate(energies, 1):
        total = (total + energy) % n
        if total in seen:
            return f"{seen[total] + 1} {place}\n"
        seen[total] = place
    raise AssertionError("there is always one")
