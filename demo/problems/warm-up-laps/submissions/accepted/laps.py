n = int(input())
times = []
for _ in range(n):
    minutes, seconds = map(int, input().split(":"))
    times.append(60 * minutes + seconds)
hours, rest = divmod(sum(times), 3600)
print(f"{hours}:{rest // 60:02d}:{rest % 60:02d}")
print(times.index(min(times)) + 1)
