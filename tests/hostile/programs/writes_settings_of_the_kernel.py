# verdict: AC
# answer: nothing
# core_pattern is code execution as root; modprobe, uevent_helper and binfmt_misc are others.
import os

written = []
for top in ("/proc/sys", "/proc/fs", "/proc/irq", "/proc/bus", "/proc/acpi", "/proc/pressure", "/sys"):
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if os.access(path, os.W_OK):
                try:
                    fd = os.open(path, os.O_WRONLY)
                    os.write(fd, b"some 500000 2000000\0" if "pressure" in path else b"1")
                    written.append(path)
                except OSError:
                    pass
print(*(written or ["nothing"]))
