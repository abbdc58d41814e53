import re
import sys

text = sys.stdin.read()
assert re.fullmatch(r"[0-9]+ [0-9]+\n[0-9]+( [0-9]+)*\n", text)
first, second = text.splitlines()
n, w = map(int, first.split())
weights = list(map(int, second.split()))
assert 1 <= n <= 10**5
assert 1 <= w <= 10**9
assert len(weights) == n
assert all(1 <= weight <= w for weight in weights)
sys.exit(42)
