# verdict: RFE
# A language that is safe reaches the same calls.
import ctypes

ctypes.CDLL(None).unshare(0x10000000)
print("nothing")
