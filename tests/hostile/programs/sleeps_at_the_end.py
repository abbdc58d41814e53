# verdict: TLE
# answer: right
# The answer is there, the program is not over.
import atexit
import time

atexit.register(time.sleep, 1000)
print("right", flush=True)
