# verdict: AC
# answer: done
# A thousand folders in each other, and all of them shut.
import os

for place in ("/box", "/tmp"):
    os.chdir(place)
    for _ in range(1000):
        os.mkdir("d")
        os.chdir("d")
    for _ in range(1000):
        os.chdir("..")
        os.chmod("d", 0)
print("done")
