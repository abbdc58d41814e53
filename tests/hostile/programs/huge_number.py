# verdict: TLE MLE
# One expression, and nothing can interrupt it.
print(len(str(7 ** (10 ** 9))))
