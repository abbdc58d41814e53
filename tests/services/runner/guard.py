"""What the sandbox may do on the loop: files of the kernel and of memory (docs/decisions/0052), and starting a box."""

from __future__ import annotations

from collections.abc import Iterator

from blockbuster import BlockBuster, blockbuster_ctx

ALLOWED = (
    ("services/runner/cores.py", {"_one_of_each"}),
    ("services/runner/sandbox/cgroup.py", {"write_file", "read_file", "remove_folder"}),
    ("services/runner/sandbox/cgroup_v1.py", {"create"}),
    ("services/runner/sandbox/cgroup_v2.py", {"create"}),
    ("services/runner/sandbox/spool.py", {"write_all"}),
    ("services/runner/sandbox/box.py", {"_spawn"}),
    ("services/runner/sandbox/userns.py", {"take"}),
)


def guarded() -> Iterator[BlockBuster]:
    """Catches what blocks the loop, except what is allowed above."""
    with blockbuster_ctx(scanned_modules=["contest", "wire", "mesh", "pki", "services"]) as guard:
        for function in guard.functions.values():
            for filename, functions in ALLOWED:
                function.can_block_in(filename, functions)
        yield guard
