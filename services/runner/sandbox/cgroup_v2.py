"""Owns executions' groups on cgroup v2: one folder each. memory and pids are needed, cpuset is welcome."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
from pathlib import Path

from services.runner.sandbox.cgroup import RunGroup, Usage, clear_folder, counters, kill_members, read_file, remove_folder, write_file
from services.runner.sandbox.errors import SandboxMissing

NEEDED = ("memory", "pids")
WELCOME = ("cpuset",)
LEAF = "palestra-service"
"""Where a group's own processes go, so that it may give controllers to what is below it."""

_OTHERS = (
    "the tree that is mounted there is not that of our control group namespace. Docker: --cgroupns host beside -v /sys/fs/cgroup:/sys/fs/cgroup:rw, "
    "or instead of both --security-opt writable-cgroups=true (28 or newer); Compose: cgroup: host"
)


class TreeV2:
    """A folder, ``folder``, without processes of its own, that exists and belongs to this runner.

    Raises: OSError, and `SandboxMissing` where groups can be made and no process may be moved into them.
    """

    version = 2

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        enable(folder, offered(folder))
        self._numbers = itertools.count(1)
        self.can_pin = "cpuset" in read_file(f"{folder}/cgroup.subtree_control").split()
        self.has_peak = self._proves_itself()

    def create(self) -> GroupV2:
        """A fresh group."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return GroupV2(folder, has_peak=self.has_peak, can_pin=self.can_pin)

    def close(self) -> None:
        """Removes what is left."""
        clear_folder(self._folder)

    def _proves_itself(self) -> bool:
        """Has a process join a group, as every execution will; whether the kernel tells a group's peak."""
        probe = self._folder / "probe"
        probe.mkdir()
        try:
            with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as somebody:
                try:
                    write_file(f"{probe}/cgroup.procs", somebody.pid)
                finally:
                    somebody.kill()
            return (probe / "memory.peak").exists()
        except OSError as refused:
            raise SandboxMissing(f"no process of ours may join a control group below {self._folder.parent} ({refused.strerror}); {_OTHERS}") from refused
        finally:
            remove_folder(probe)


class GroupV2(RunGroup):
    """One execution's folder."""

    def __init__(self, folder: Path, *, has_peak: bool, can_pin: bool) -> None:
        self._folder = folder
        self._can_pin = can_pin
        self._has_swap = (folder / "memory.swap.max").exists()
        self._has_peak = has_peak
        self._stat = os.open(f"{folder}/cpu.stat", os.O_RDONLY | os.O_CLOEXEC)
        self._join = os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def limit(self, memory_bytes: int, processes: int, core: int | None) -> None:
        write_file(f"{self._folder}/memory.max", memory_bytes)
        write_file(f"{self._folder}/memory.oom.group", 1)
        if self._has_swap:
            write_file(f"{self._folder}/memory.swap.max", 0)
        write_file(f"{self._folder}/pids.max", processes)
        if core is not None and self._can_pin:
            write_file(f"{self._folder}/cpuset.cpus", core)

    def join_fds(self) -> list[int]:
        return [self._join]

    def cpu_ns(self) -> int:
        text = os.pread(self._stat, 4096, 0)
        start = text.index(b"usage_usec ") + len(b"usage_usec ")
        return int(text[start : text.index(b"\n", start)]) * 1000

    def threads(self) -> list[str]:
        return read_file(f"{self._folder}/cgroup.threads").split()

    def usage(self) -> Usage:
        memory = counters(f"{self._folder}/memory.events")
        return Usage(
            cpu_ns=self.cpu_ns(),
            memory_bytes=int(read_file(f"{self._folder}/memory.peak")) if self._has_peak else 0,
            oom_kills=memory.get("oom_kill", 0) + memory.get("oom_group_kill", 0),
            refused_forks=counters(f"{self._folder}/pids.events").get("max", 0),
        )

    def kill(self) -> None:
        try:
            write_file(f"{self._folder}/cgroup.kill", 1)
        except FileNotFoundError:  # before Linux 5.14
            kill_members(self._folder)

    def remove(self) -> bool:
        if self._stat >= 0:
            os.close(self._stat)
            os.close(self._join)
            self._stat = -1
        return remove_folder(self._folder)


def offered(folder: Path) -> list[str]:
    """The controllers that the children of a folder could use."""
    return read_file(f"{folder}/cgroup.controllers").split()


def enable(folder: Path, available: list[str]) -> None:
    """Lets the children of a folder use the controllers that we want; moves its own processes to a leaf when they are in the way.

    Raises: OSError when the kernel does not let us.
    """
    wanted = [name for name in (*NEEDED, *WELCOME) if name in available]
    missing = [name for name in wanted if name not in read_file(f"{folder}/cgroup.subtree_control").split()]
    if not missing:
        return
    line = " ".join(f"+{name}" for name in missing)
    try:
        write_file(f"{folder}/cgroup.subtree_control", line)
    except OSError as refused:
        if refused.errno != errno.EBUSY:
            raise
        empty_into_leaf(folder)
        write_file(f"{folder}/cgroup.subtree_control", line)


def empty_into_leaf(folder: Path) -> None:
    """Moves the processes of a folder into a leaf below it: a group with processes cannot give controllers to its children."""
    leaf = folder / LEAF
    leaf.mkdir(exist_ok=True)
    for member in read_file(f"{folder}/cgroup.procs").split():
        try:
            write_file(f"{leaf}/cgroup.procs", member)
        except ProcessLookupError:
            continue
