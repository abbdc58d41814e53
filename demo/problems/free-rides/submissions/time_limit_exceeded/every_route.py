# Walks every route.
import sys

sys.setrecursionlimit(10_000)
numbers = list(map(int, sys.stdin.buffer.read().split()))
n, m, k = numbers[:3]
rides = [[] for _ in range(n + 1)]
for place in range(3, 3 + 3 * m, 3):
    u, v, c = numbers[place : place + 3]
    rides[u].append((v, c))
    rides[v].append((u, c))
best = -1
visited = [False] * (n + 1)


def go(town, paid):
    global best
    if town == n:
        costs = sorted(paid, reverse=True)[k:]
        best = sum(costs) if best < 0 else min(best, sum(costs))
        return
    visited[town] = True
    for v, c in rides[town]:
        if not visited[v]:
            go(v, paid + [c])
    visited[town] = False


go(1, [])
print(best)
