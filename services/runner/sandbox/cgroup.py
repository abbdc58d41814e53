"""Owns what a cgroup is to us: one group per execution that limits, counts and kills. Two implementations: v1 and v2.

The kernel's files are read and written where the caller stands, on the loop too: they are no disk, a call takes 5 to 70 µs,
less than a hop to a thread (docs/decisions/0052-cgroup-calls-on-the-loop.md).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """What a group used. ``memory_bytes`` is the peak, good to a quarter of a MiB; 0 when the kernel does not tell."""

    cpu_ns: int
    memory_bytes: int
    oom_kills: int
    refused_forks: int


class RunGroup(Protocol):
    """The group of one execution. Limits may be set after processes have joined. Never blocks for longer than a system call."""

    def limit(self, memory_bytes: int, processes: int, core: int | None) -> None:
        """Sets the most memory (with swap) and the most processes and threads of the whole group; binds it to a core if one is given."""
        ...

    def join_fds(self) -> list[int]:
        """Descriptors of the group's own; a process joins by writing ``0`` to each."""
        ...

    def cpu_ns(self) -> int:
        """CPU time of everything that ever ran in the group, in nanoseconds."""
        ...

    def threads(self) -> list[str]:
        """The numbers of all threads in the group at this moment."""
        ...

    def usage(self) -> Usage:
        """All figures."""
        ...

    def kill(self) -> None:
        """Sends SIGKILL to whatever is in the group."""
        ...

    def remove(self) -> bool:
        """Removes the group; False when something in it has not quite ended: try again later."""
        ...


class GroupTree(Protocol):
    """Where a runner's groups hang. Locked by the runner while it lives, so that a successor knows what is abandoned."""

    @property
    def version(self) -> int:
        """1 or 2."""
        ...

    @property
    def has_peak(self) -> bool:
        """Whether the kernel tells the peak of memory."""
        ...

    @property
    def can_pin(self) -> bool:
        """Whether an execution can be bound to one core."""
        ...

    def create(self) -> RunGroup:
        """A fresh group."""
        ...

    def close(self) -> None:
        """Removes what is left and lets go."""
        ...


def write_file(path: str, value: object) -> None:
    """Writes one value to a file of the kernel. Raises: OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)


def write_value(fd: int, value: object) -> None:
    """Writes one value to a file of the kernel that is open. Raises: OSError."""
    os.pwrite(fd, str(value).encode(), 0)


def read_file(path: str) -> str:
    """A small file of the kernel. Raises: OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 65536).decode()
    finally:
        os.close(fd)


def counters(path: str) -> dict[str, int]:
    """A file of ``name number`` lines."""
    return _numbers(read_file(path))


def counters_of(fd: int) -> dict[str, int]:
    """The same of one that is open."""
    return _numbers(os.pread(fd, 4096, 0).decode())


def _numbers(text: str) -> dict[str, int]:
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def own_groups() -> dict[str, str]:
    """The group of this process in each hierarchy: controller (empty for v2) to path."""
    found: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path
    return found


def remove_folder(folder: Path | str) -> bool:
    """Removes a group's folder; False when the kernel says that it is busy."""
    try:
        os.rmdir(folder)  # noqa: PTH106  as it comes: once per case
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def kill_members(folder: Path, rounds: int = 50) -> None:
    """Sends SIGKILL to every process of a group until there is none, at most so many rounds."""
    for _ in range(rounds):
        try:
            members = read_file(f"{folder}/cgroup.procs").split()
        except FileNotFoundError:
            return
        if not members:
            return
        for member in members:
            try:
                os.kill(int(member), 9)
            except ProcessLookupError:
                continue


def clear_folder(folder: Path) -> bool:
    """Kills and removes everything in and below a runner's folder, and the folder; False when something would not go."""
    try:
        below = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except FileNotFoundError:
        return True
    for path in below:
        clear_folder(path)
    kill_members(folder)
    return remove_folder(folder)
