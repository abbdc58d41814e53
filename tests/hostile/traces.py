"""What a hostile program could leave on the machine: looked for before and after, whatever else the machine does meanwhile.

Only what can be told to be a box's is counted: processes below this one, its control groups, mounts of its folders, objects that
belong to the boxes' uids, files of the runner's own.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.services.runner.groups import folders_of

_PR_SET_CHILD_SUBREAPER = 36
UIDS = range(60_100, 61_000)
"""The host's uids that boxes of this machine may have (`SandboxSettings.uid_start`)."""
SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock")
SETTINGS = ("kernel/core_pattern", "kernel/hostname", "kernel/modprobe", "fs/suid_dumpable", "kernel/randomize_va_space", "vm/overcommit_memory")

_ORPHANS_END_S = 2.0
"""What somebody else's process left to us when it ended is over well before; what sleeps on is not."""


class Process(NamedTuple):
    """A process: its pid alone is given away again, its start is not."""

    pid: str
    started: str
    state: str = ""
    line: str = ""
    """Its command, behind those above it."""

    @property
    def key(self) -> tuple[str, str]:
        return self.pid, self.started


def descendants(pid: int) -> frozenset[tuple[str, str]]:
    """The keys of every process below one."""
    return frozenset(process.key for process in _below(pid, frozenset()))


def newcomers(before: frozenset[tuple[str, str]]) -> list[str]:
    """Who is below this process and was not there before, each with his command and those above him.

    What a process that was there before starts is its own affair: a house or a broker that other files share goes on working.
    Nothing of a box can get below it: who loses his parent comes to us (`adopting_orphans`). So do its own orphans: they end at
    once, and are waited for as init would wait for them.
    """
    ends_at = time.monotonic() + _ORPHANS_END_S
    while found := list(_below(os.getpid(), before)):
        for process in found:
            if process.state == "Z":
                with suppress(ChildProcessError):
                    os.waitpid(int(process.pid), os.WNOHANG)
        if time.monotonic() > ends_at:
            return [process.line for process in found]
        time.sleep(0.02)
    return []


def _below(pid: int, known: frozenset[tuple[str, str]], above: str = "") -> Iterator[Process]:
    for task in _threads(pid):
        for child in _read(task / "children").split():
            state = _read(Path(f"/proc/{child}/stat")).rpartition(")")[2].split()
            if not state or (child, state[19]) in known:  # just gone, or somebody else's
                continue
            command = _read(Path(f"/proc/{child}/cmdline")).replace("\0", " ").strip() or _read(Path(f"/proc/{child}/comm")).strip()
            process = Process(child, state[19], state[0], f"{above}{child} {state[0]} {command}")
            yield process
            yield from _below(int(child), known, f"{process.line} > ")


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:  # just gone
        return []


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
