import sys
from pathlib import Path

sys.setrecursionlimit(1_000_000)


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def fall(n):
    return fall(n + 1) + 1


word, a, b = input().split()
if word == "sum":
    sys.stdout.write(str(int(a) + int(b)))
elif word == "deep":
    sys.stdout.write(str(deep(int(a))))
elif word == "throw":
    raise ValueError("thrown")
elif word == "loop":
    while True:
        pass
elif word == "hog":
    every = []
    while True:
        every.append(bytearray(b"x" * (1 << 20)))
elif word == "given":
    sys.stdout.write("".join(f"[{one}]" for one in sys.argv[1:]) + Path("map/a.txt").read_text(encoding="utf-8"))
elif word == "fall":
    fall(0)
