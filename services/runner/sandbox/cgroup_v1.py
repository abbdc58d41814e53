"""Owns executions' groups on cgroup v1: one folder per controller. memory, cpuacct and pids are needed, cpuset is welcome.

Only the memory group is made for each execution: what it was charged for stays with it. The other controllers count processes
and time, which can be told apart by what was there before; a set of them is used again as soon as no process is left in it
(docs/decisions/0131).
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from services.runner.sandbox.cgroup import RunGroup, Usage, clear_folder, counters, counters_of, kill_members, read_file, remove_folder, write_file, write_value

NEEDED = ("memory", "cpuacct", "pids")
WELCOME = ("cpuset",)
_READ, _WRITE, _BOTH = (mode | os.O_CLOEXEC for mode in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR))


class TreeV1:
    """A folder per controller, ``folders[controller]``, which exist and belong to this runner."""

    version = 1
    has_peak = True

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders
        # controllers that are mounted together are one folder behind two names: joined, made and removed once
        self._distinct = list({folder.resolve(): name for name, folder in reversed(folders.items())}.values())
        self._is_memory_apart = all(folder.resolve() != folders["memory"].resolve() for name, folder in folders.items() if name != "memory")
        self._has_swap = (folders["memory"] / "memory.memsw.limit_in_bytes").exists()
        self._numbers = itertools.count(1)
        self._free: list[Counting] = []
        self._all: set[Counting] = set()
        self.can_pin = "cpuset" in folders
        if self.can_pin:
            inherit_cores(folders["cpuset"])
            write_file(f"{folders['cpuset']}/cgroup.clone_children", 1)  # those below start with the same cores

    def create(self) -> GroupV1:
        """A fresh group; what only counts may have counted for another before."""
        tag = str(next(self._numbers))
        os.mkdir(f"{self._folders['memory']}/{tag}")  # noqa: PTH102  once per case; a Path costs as much as the call
        return GroupV1(self, f"{self._folders['memory']}/{tag}", self._free.pop() if self._free else self._counting(tag), has_swap=self._has_swap)

    def _counting(self, tag: str) -> Counting:
        made = [f"{self._folders[name]}/{tag}" for name in self._distinct if not self._is_memory(name)]
        for folder in made:
            os.mkdir(folder)  # noqa: PTH102  once per case; a Path costs as much as the call
        counting = Counting({name: f"{folder}/{tag}" for name, folder in self._folders.items()}, made)
        self._all.add(counting)
        return counting

    def _is_memory(self, name: str) -> bool:
        return name == "memory" or (not self._is_memory_apart and self._folders[name].resolve() == self._folders["memory"].resolve())

    def give_back(self, counting: Counting) -> bool:
        """Takes what counts for the next execution; False while processes are in it."""
        if not counting.is_empty():
            return False
        if self._is_memory_apart:
            self._free.append(counting)
            return True
        self._all.discard(counting)
        counting.remove()
        return True

    def close(self) -> None:
        """Removes what is left."""
        while self._all:
            self._all.pop().remove()
        for name in self._distinct:
            clear_folder(self._folders[name])


class Counting:
    """What counts an execution's time and processes, and binds it to a core; its files stay open."""

    def __init__(self, folders: dict[str, str], made: list[str]) -> None:
        self._made = made
        self._pids, self._cpuset = folders["pids"], folders.get("cpuset")
        self._cpu, self._events, self._current = (
            os.open(path, _READ) for path in (f"{folders['cpuacct']}/cpuacct.usage", f"{self._pids}/pids.events", f"{self._pids}/pids.current")
        )
        self.joins = [os.open(f"{folder}/cgroup.procs", _WRITE) for folder in made]
        self._every_core = read_file(f"{self._cpuset}/cpuset.cpus").strip() if self._cpuset else ""
        self._processes, self._cores = 0, self._every_core

    def limit(self, processes: int, core: int | None) -> None:
        """As `RunGroup.limit`; what is so already is not written again."""
        if processes != self._processes:
            write_file(f"{self._pids}/pids.max", processes)
            self._processes = processes
        cores = self._every_core if core is None else str(core)
        if self._cpuset and cores != self._cores:
            write_file(f"{self._cpuset}/cpuset.cpus", cores)
            self._cores = cores

    def cpu_ns(self) -> int:
        """CPU time of everybody who ever was in it."""
        return int(os.pread(self._cpu, 64, 0))

    def threads(self) -> list[str]:
        """As `RunGroup.threads`."""
        return read_file(f"{self._pids}/tasks").split()

    def refused_forks(self) -> int:
        """How often the limit on processes was hit, by anybody."""
        return counters_of(self._events).get("max", 0)

    def is_empty(self) -> bool:
        """Whether no process is in it, not even one that has ended and was not waited for."""
        return int(os.pread(self._current, 64, 0)) == 0

    def kill(self) -> None:
        """Sends SIGKILL to whatever is in it."""
        kill_members(Path(self._pids))

    def remove(self) -> None:
        """Lets go of the files and removes the folders; one that is busy goes with the tree."""
        for fd in (self._cpu, self._events, self._current, *self.joins):
            os.close(fd)
        for folder in self._made:
            remove_folder(folder)


class GroupV1(RunGroup):
    """One execution's groups: memory of its own, and what counts."""

    def __init__(self, tree: TreeV1, memory: str, counting: Counting, *, has_swap: bool) -> None:
        self._tree = tree
        self._memory = memory
        self._counting: Counting | None = counting
        self._has_swap = has_swap
        self._join = os.open(f"{memory}/cgroup.procs", _WRITE)
        self._peak = os.open(f"{memory}/memory.max_usage_in_bytes", _BOTH)
        self._cpu_before = counting.cpu_ns()
        self._refused_before = counting.refused_forks()

    @property
    def _counts(self) -> Counting:
        assert self._counting is not None, "asked after it was given back"
        return self._counting

    def limit(self, memory_bytes: int, processes: int, core: int | None) -> None:
        write_file(f"{self._memory}/memory.limit_in_bytes", memory_bytes)
        if self._has_swap:
            write_file(f"{self._memory}/memory.memsw.limit_in_bytes", memory_bytes)
        write_value(self._peak, 0)
        self._counts.limit(processes, core)

    def join_fds(self) -> list[int]:
        return [self._join, *self._counts.joins]

    def cpu_ns(self) -> int:
        return self._counts.cpu_ns() - self._cpu_before

    def threads(self) -> list[str]:
        return self._counts.threads()

    def usage(self) -> Usage:
        return Usage(
            cpu_ns=self.cpu_ns(),
            memory_bytes=int(os.pread(self._peak, 64, 0)),
            oom_kills=counters(f"{self._memory}/memory.oom_control").get("oom_kill", 0),
            refused_forks=self._counts.refused_forks() - self._refused_before,
        )

    def kill(self) -> None:
        if self._counting is not None:
            self._counting.kill()

    def remove(self) -> bool:
        if self._join >= 0:
            os.close(self._join)
            os.close(self._peak)
            self._join = self._peak = -1
        if self._counting is not None and self._tree.give_back(self._counting):
            self._counting = None
        return remove_folder(self._memory) and self._counting is None


def inherit_cores(folder: Path) -> None:
    """Fills a cpuset from its parent: a group without cores or memory nodes takes no process."""
    for name in ("cpuset.mems", "cpuset.cpus"):
        if not read_file(f"{folder}/{name}").strip():
            write_file(f"{folder}/{name}", read_file(f"{folder.parent}/{name}").strip())
