import sys

numbers = list(map(int, sys.stdin.buffer.read().split()))
w = numbers[1]
weights = sorted(numbers[2:])
light, heavy, boats = 0, len(weights) - 1, 0
while light <= heavy:
    if weights[light] + weights[heavy] <= w:
        light += 1
    heavy -= 1
    boats += 1
print(boats)
