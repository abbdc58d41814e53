# Counts people as inside at the moment at which they leave.
import sys

numbers = list(map(int, sys.stdin.buffer.read().split()))
comes, goes = sorted(numbers[1::2]), sorted(numbers[2::2])
best = at = gone = 0
for place, moment in enumerate(comes, 1):
    while goes[gone] < moment:
        gone += 1
    if place - gone > best:
        best, at = place - gone, moment
print(best, at)
