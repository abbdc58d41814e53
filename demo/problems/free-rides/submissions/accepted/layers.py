import heapq
import sys

numbers = list(map(int, sys.stdin.buffer.read().split()))
n, m, k = numbers[:3]
rides = [[] for _ in range(n + 1)]
for place in range(3, 3 + 3 * m, 3):
    u, v, c = numbers[place : place + 3]
    rides[u].append((v, c))
    rides[v].append((u, c))
far = 10**18
best = [[far] * (n + 1) for _ in range(k + 1)]
best[0][1] = 0
heap = [(0, 0, 1)]
while heap:
    cost, used, u = heapq.heappop(heap)
    if cost > best[used][u]:
        continue
    if u == n:
        print(cost)
        break
    here = best[used]
    above = best[used + 1] if used < k else None
    for v, c in rides[u]:
        if cost + c < here[v]:
            here[v] = cost + c
            heapq.heappush(heap, (cost + c, used, v))
        if above is not None and cost < above[v]:
            above[v] = cost
            heapq.heappush(heap, (cost, used + 1, v))
else:
    print(-1)
