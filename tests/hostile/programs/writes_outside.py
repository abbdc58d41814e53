# verdict: AC
# answer: nothing
# Wherever it can write, somebody else may stumble.
import os

written = []
for path in ("/x", "/usr/x", "/usr/bin/x", "/etc/x", "/program/x", "/program/main.py", "/case/x", "/dev/x", "/proc/x", "/proc/sys/kernel/core_pattern",
             "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/self/uid_map", "/proc/1/timerslack_ns"):
    try:
        with open(path, "a") as file:
            file.write("x")
        written.append(path)
    except OSError:
        pass
for call, args in ((os.chmod, ("/program", 0o777)), (os.rename, ("/program/main.py", "/program/old")), (os.symlink, ("/etc", "/usr/link")),
                   (os.unlink, ("/program/main.py",)), (os.chown, ("/box", 0, 0)), (os.rmdir, ("/tmp",))):
    try:
        call(*args)
        written.append(call.__name__)
    except OSError:
        pass
try:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    written.append("oom_score_adj")
except OSError:
    pass
print(*(written or ["nothing"]))
