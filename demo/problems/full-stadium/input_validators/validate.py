import re
import sys

text = sys.stdin.read()
assert re.fullmatch(r"[1-9][0-9]*\n((0|[1-9][0-9]*) [1-9][0-9]*\n)+", text)
numbers = list(map(int, text.split()))
n, comes, goes = numbers[0], numbers[1::2], numbers[2::2]
assert 1 <= n <= 3 * 10**5
assert len(comes) == len(goes) == n
assert all(0 <= a < b <= 10**9 for a, b in zip(comes, goes))
sys.exit(42)
