# verdict: AC
# answer: nothing
# The input is the runner's own file, used again for the next submission.
import fcntl
import mmap
import os

done = []
for attempt in (
    lambda: os.write(0, b"x"), lambda: os.ftruncate(0, 0), lambda: os.fchmod(0, 0o666), lambda: open("/proc/self/fd/0", "r+b"),
    lambda: open("/dev/stdin", "wb"), lambda: mmap.mmap(0, 1, mmap.MAP_SHARED, mmap.PROT_WRITE), lambda: os.link("/proc/self/fd/0", "/box/x"),
    lambda: os.fchown(0, 1000, 1000), lambda: os.utime("/proc/self/fd/0", (0, 0)),
):
    try:
        attempt()
        done.append("done")
    except (OSError, ValueError):
        pass
print(*(done or ["nothing"]))
