# For every rower, from the heaviest on, looks through all that are left for the heaviest who fits.
import sys

numbers = list(map(int, sys.stdin.buffer.read().split()))
w = numbers[1]
waiting = sorted(numbers[2:])
boats = 0
while waiting:
    heavy = waiting.pop()
    for place in range(len(waiting) - 1, -1, -1):
        if waiting[place] + heavy <= w:
            waiting = waiting[:place] + waiting[place + 1 :]
            break
    boats += 1
print(boats)
