# Forgets that both points may lie on the wall's line.
from math import hypot

for _ in range(int(input())):
    w, x1, y1, x2, y2 = map(int, input().split())
    x = min(max(x1 + (x2 - x1) * y1 / (y1 + y2), 0), w)
    print(f"{hypot(x1 - x, y1) + hypot(x2 - x, y2):.9f}")
