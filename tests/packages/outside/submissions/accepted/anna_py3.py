#!/usr/bin/env python3
input()
seen = {}
for i, word in enumerate(input().split(), 1):
    if word in seen:
        print(seen[word])
        print(i)
        break
    seen[word] = i
else:
    print("impossible")
