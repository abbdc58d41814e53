# verdict: AC
# answer: nothing
# Addresses of the kernel, physical memory, keys, and what others do.
import os
import re

found = []
for path in ("/proc/kcore", "/proc/timer_list", "/proc/sched_debug", "/proc/slabinfo", "/proc/kpagecount", "/proc/kmsg", "/proc/vmallocinfo",
             "/proc/1/stack", "/proc/1/io", "/proc/1/maps", "/proc/1/auxv", "/proc/1/syscall", "/proc/1/fdinfo", "/proc/1/ns/pid"):
    try:
        os.listdir(path) if os.path.isdir(path) else os.readlink(path) if os.path.islink(path) else open(path, "rb").read(1)
        found.append(path)
    except OSError:
        pass
for path in ("/proc/kallsyms", "/proc/iomem", "/proc/modules"):
    try:
        text = open(path).read(4000)
    except OSError:
        continue
    found += [path] if re.search(r"^\s*[0-9a-f]*[1-9a-f][0-9a-f]{6,}\b", text, re.MULTILINE) else []
with open("/proc/self/pagemap", "rb") as pagemap:
    pagemap.seek(id(found) // 4096 * 8)
    if int.from_bytes(pagemap.read(8), "little") & ((1 << 55) - 1):
        found.append("pagemap")
print(*(found or ["nothing"]))
