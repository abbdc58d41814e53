import re
import sys

lines = sys.stdin.read().split("\n")
assert lines.pop() == ""
assert re.fullmatch(r"[1-9][0-9]{0,3}", lines[0])
q = int(lines[0])
assert 1 <= q <= 1000
assert len(lines) == q + 1
for line in lines[1:]:
    assert re.fullmatch(r"-?[0-9]+( -?[0-9]+){4}", line), line
    w, x1, y1, x2, y2 = map(int, line.split())
    assert 1 <= w <= 10**6
    assert max(abs(x1), abs(x2)) <= 10**6
    assert 0 <= min(y1, y2)
    assert max(y1, y2) <= 10**6
sys.exit(42)
