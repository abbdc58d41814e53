# Takes the wall for endless.
from math import hypot

for _ in range(int(input())):
    w, x1, y1, x2, y2 = map(int, input().split())
    print(f"{hypot(x1 - x2, y1 + y2):.9f}")
