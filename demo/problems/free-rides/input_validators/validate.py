import re
import sys

lines = sys.stdin.read().split("\n")
assert lines.pop() == ""
assert re.fullmatch(r"[0-9]+ [0-9]+ [0-9]+", lines[0])
n, m, k = map(int, lines[0].split())
assert 1 <= n <= 2000
assert 0 <= m <= 10**4
assert 0 <= k <= 8
assert len(lines) == m + 1
for line in lines[1:]:
    assert re.fullmatch(r"[0-9]+ [0-9]+ [0-9]+", line)
    u, v, c = map(int, line.split())
    assert 1 <= u <= n
    assert 1 <= v <= n
    assert 1 <= c <= 10**9
sys.exit(42)
