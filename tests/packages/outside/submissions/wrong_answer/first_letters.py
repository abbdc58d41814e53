input()
seen = {}
for i, word in enumerate(input().split(), 1):
    if word[:2] in seen:
        print(seen[word[:2]], i)
        break
    seen[word[:2]] = i
else:
    print("impossible")
