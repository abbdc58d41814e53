# Finds another relay than most: the one that ends last.
import sys

n, *energies = map(int, sys.stdin.buffer.read().split())
latest, total = {0: 0}, 0
found = None
for place, energy in enumerate(energies, 1):
    total = (total + energy) % n
    if total in latest:
        found = (latest[total] + 1, place)
    latest[total] = place
print(*found, sep="\n")
