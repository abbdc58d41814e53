# Works on small input only: remembers words in a list.
# @EXPECTED_RESULTS@: WRONG_ANSWER, TIMELIMIT
n = int(input())
words = input().split()
for i in range(n):
    for j in range(i + 1, n):
        if words[i] == words[j]:
            print(i + 1, j + 1)
            raise SystemExit
print("possible")
