"""Makes the secret cases of Free Rides: `cases` gives names and inputs, `answer` solves one."""

import heapq
import random


def one(n, k, rides):
    return f"{n} {len(rides)} {k}\n" + "".join(f"{u} {v} {c}\n" for u, v, c in rides)


def cases():
    yield "01-home-already", one(1, 0, [])
    yield "02-home-already-with-loops", one(1, 3, [(1, 1, 5)] * 3)
    yield "03-no-vouchers", one(3, 0, [(1, 2, 10**9), (2, 3, 10**9), (1, 3, 2 * 10**9 // 2), (3, 3, 1)])
    yield "04-several-lines", one(2, 0, [(1, 2, 9), (2, 1, 3), (1, 2, 5)])
    yield "05-more-vouchers-than-rides", one(5, 8, [(1, 2, 4), (2, 3, 4), (3, 4, 4), (4, 5, 4)])
    yield "06-detour-is-free", one(6, 2, [(1, 2, 1), (2, 6, 5), (1, 3, 100), (3, 6, 100), (1, 4, 2), (4, 6, 2)])
    yield "07-island", one(2000, 8, [(number, number + 1, 1) for number in range(1, 1999)])
    yield "08-long-chain", one(2000, 8, [(number, number + 1, 10**9) for number in range(1, 2000)])
    yield "09-ladder", one(2000, 5, ladder())
    for number, (n, m, k, most) in enumerate([(8, 10, 1, 9), (50, 65, 2, 100), (500, 640, 3, 10**9), (2000, 10_000, 1, 10**9), (2000, 10_000, 2, 3)], 10):
        dice = random.Random(f"free-rides {number}")
        rides = [(town, dice.randint(max(1, town - 5), town - 1), dice.randint(1, most)) for town in range(2, n + 1)]
        rides += [(dice.randint(1, n), dice.randint(1, n), dice.randint(1, most)) for _ in range(m - len(rides))]
        dice.shuffle(rides)
        yield f"{number}-random", one(n, k, rides)
    dice = random.Random("free-rides grid")
    side = 44
    grid = []
    for row in range(side):
        for column in range(side):
            here = row * side + column + 1
            grid += [(here, here + 1, dice.randint(1, 10**6))] if column + 1 < side else []
            grid += [(here, here + side, dice.randint(1, 10**6))] if row + 1 < side else []
    yield "15-grid", one(side * side, 8, grid)


def ladder():
    """Two ways at every step, of which the dear one saves a step: the number of routes doubles again and again."""
    dice = random.Random("free-rides ladder")
    rides = []
    for town in range(1, 2000):
        rides.append((town, town + 1, dice.randint(1, 1000)))
        if town + 2 <= 2000:
            rides.append((town, town + 2, dice.randint(1000, 3000)))
    return rides


def answer(text):
    numbers = list(map(int, text.split()))
    n, m, k = numbers[:3]
    roads = [[] for _ in range(n + 1)]
    for place in range(3, 3 + 3 * m, 3):
        u, v, c = numbers[place : place + 3]
        roads[u].append((v, c))
        roads[v].append((u, c))
    far = 1 << 62
    best = [far] * (n + 1)
    best[1] = 0
    for vouchers in range(k + 1):
        if vouchers:
            best = [min([cost, *(best[v] for v, _ in roads[u])]) if u else far for u, cost in enumerate(best)]
        heap = [(cost, u) for u, cost in enumerate(best) if cost < far]
        heapq.heapify(heap)
        while heap:
            cost, u = heapq.heappop(heap)
            if cost > best[u]:
                continue
            for v, c in roads[u]:
                if cost + c < best[v]:
                    best[v] = cost + c
                    heapq.heappush(heap, (cost + c, v))
    return f"{best[n] if best[n] < far else -1}\n"
