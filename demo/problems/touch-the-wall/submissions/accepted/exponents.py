# Prints numbers in another notation, which is as right.
from math import hypot

for _ in range(int(input())):
    w, x1, y1, x2, y2 = map(int, input().split())
    x = x1 + (x2 - x1) * y1 / (y1 + y2) if y1 + y2 else x1
    x = min(max(x, 0), w)
    print(f"{hypot(x1 - x, y1) + hypot(x2 - x, y2):.12e}")
