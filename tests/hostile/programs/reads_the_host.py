# verdict: AC
# answer: nothing
# Looks for files of the host and for other people's processes.
import glob
import os

found = []
for path in ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/root", "/home", "/var/log", "/var/tmp", "/var/lib/dpkg", "/srv", "/mnt", "/run", "/sys", "/boot", "/opt",
             "/proc/1/environ", "/proc/1/maps", "/proc/1/mem", "/proc/1/root/etc", "/proc/1/cwd/etc", "/proc/kcore", "/proc/1/fd/0", "/boxinit"):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)
        found.append(path)
    except OSError:
        pass
found += [path for path in glob.glob("/proc/[0-9]*") if int(path[6:]) not in (1, os.getpid())]
for line in open("/proc/self/environ").read().split("\0"):
    if line.partition("=")[0] not in ("", "PATH", "HOME", "LANG", "TMPDIR", "PYTHONHASHSEED"):
        found.append(line)
print(*(found or ["nothing"]))
