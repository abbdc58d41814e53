# Names the last of the fastest laps.
n = int(input())
total, best, which = 0, 10**9, 0
for i in range(1, n + 1):
    m, s = map(int, input().split(":"))
    total += 60 * m + s
    if 60 * m + s <= best:
        best, which = 60 * m + s, i
print(f"{total // 3600}:{total // 60 % 60:02d}:{total % 60:02d}\n{which}")
