# Reads one line too many, or counts wrong before that: whichever comes first.
# @EXPECTED_RESULTS@: RUN_TIME_ERROR, WRONG_ANSWER
n = int(input())
times = [input() for _ in range(n + 1)]
print("0:00:00")
print(1)
