import re
import sys

text = sys.stdin.read()
lines = text.split("\n")
assert lines.pop() == "", "the file ends with a newline"
assert re.fullmatch(r"[1-9][0-9]{0,3}", lines[0])
n = int(lines[0])
assert 1 <= n <= 1000
assert len(lines) == n + 1
for line in lines[1:]:
    found = re.fullmatch(r"(0|[1-9][0-9]?):([0-5][0-9])", line)
    assert found, line
    assert int(found.group(1)) <= 59
    assert (found.group(1), found.group(2)) != ("0", "00")
sys.exit(42)
