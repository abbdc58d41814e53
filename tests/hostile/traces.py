"""What a hostile program could leave on the machine: looked for before and after, whatever else the machine does meanwhile.

Only what can be told to be a box's is counted: processes below this one, its control groups, mounts of its folders, objects that
belong to the boxes' uids, files of the runner's own.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.runner.groups import folders_of

_PR_SET_CHILD_SUBREAPER = 36
UIDS = range(60_100, 61_000)
"""The host's uids that boxes of this machine may have (`SandboxSettings.uid_start`)."""
SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock")
SETTINGS = ("kernel/core_pattern", "kernel/hostname", "kernel/modprobe", "fs/suid_dumpable", "kernel/randomize_va_space", "vm/overcommit_memory")


BROKERS = frozenset({"beam.smp", "epmd", "erl_child_setup"})


def descendants(pid: int) -> set[str]:
    """Every process below one, as ``pid command``; zombies that nobody waited for are among them.

    A broker of another file's tests, which starts and ends processes as it likes, is left out with all that it started.
    """
    found: set[str] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in _read(task / "children").split():
            name = _read(Path(f"/proc/{child}/comm")).strip()
            found |= set() if name in BROKERS else {f"{child} {name}"} | descendants(int(child))
    return found


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Who loses his parent during the block becomes a child of this process, so that nobody gets away unseen."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def settings() -> dict[str, str]:
    """Settings of the kernel that an attacker would like to have; those of the machine's load are not among them."""
    return {name: _read(Path("/proc/sys") / name) for name in SETTINGS}


def left_behind(folder: Path) -> list[str]:
    """What is left of the boxes of this process when they are gone; ``folder`` is the runner's. Empty is as it should be."""
    mounts = [line for line in _read(Path("/proc/self/mountinfo")).splitlines() if "newroot" in line or "oldroot" in line or str(folder) in line]
    return [
        *(f"group {path}" for path in folders_of(os.getpid())),
        *(f"mount {line}" for line in mounts),
        *(f"ipc {line}" for line in _foreign_objects()),
        *(f"file {path}" for path in _foreign_files()),
        *(f"in the runner's folder {path}" for path in _strange_files(folder)),
    ]


def _foreign_objects() -> Iterator[str]:
    for kind in ("shm", "sem", "msg"):
        heading, *lines = _read(Path(f"/proc/sysvipc/{kind}")).splitlines() or [""]
        if "uid" in heading.split():
            place = heading.split().index("uid")
            yield from (f"{kind} {line}" for line in lines if int(line.split()[place]) in UIDS)


def _foreign_files() -> Iterator[str]:
    for shared in SHARED:
        try:
            entries = list(os.scandir(shared))
        except FileNotFoundError:
            continue
        for entry in entries:
            try:
                if entry.stat(follow_symlinks=False).st_uid in UIDS:
                    yield entry.path
            except FileNotFoundError:  # somebody else's, just gone
                continue


def _strange_files(folder: Path) -> Iterator[str]:
    """Whatever is neither a program of the sandbox nor a file under the name of its content."""
    for top, _, names in os.walk(folder):  # links are not followed
        for name in names:
            path = Path(top) / name
            if path.is_symlink() or path.stat().st_uid != os.geteuid():
                yield f"{path} is a link, or somebody else's"
            elif path.is_relative_to(folder / "blobs") and hashlib.sha256(path.read_bytes()).hexdigest() != name:
                yield f"{path} was changed"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
