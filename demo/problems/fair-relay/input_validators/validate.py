import re
import sys

text = sys.stdin.read()
assert re.fullmatch(r"[1-9][0-9]*\n[1-9][0-9]*( [1-9][0-9]*)*\n", text)
first, second = text.splitlines()
n = int(first)
energies = list(map(int, second.split()))
assert 1 <= n <= 2 * 10**5
assert len(energies) == n
assert max(energies) <= 10**9
sys.exit(42)
