"""Owns executions' groups on cgroup v1: one folder per controller. memory, cpuacct and pids are needed, cpuset is welcome."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from services.runner.sandbox.cgroup import RunGroup, Usage, clear_folder, counters, kill_members, read_file, remove_folder, write_file

NEEDED = ("memory", "cpuacct", "pids")
WELCOME = ("cpuset",)


class TreeV1:
    """A folder per controller, ``folders[controller]``, which exist and belong to this runner."""

    version = 1
    has_peak = True

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders
        # controllers that are mounted together are one folder behind two names: joined, made and removed once
        self._distinct = list({folder.resolve(): name for name, folder in reversed(folders.items())}.values())
        self._has_swap = (folders["memory"] / "memory.memsw.limit_in_bytes").exists()
        self._numbers = itertools.count(1)
        self.can_pin = "cpuset" in folders
        if self.can_pin:
            inherit_cores(folders["cpuset"])

    def create(self) -> GroupV1:
        """A fresh group."""
        tag = str(next(self._numbers))
        folders = {name: folder / tag for name, folder in self._folders.items()}
        for name in self._distinct:
            folders[name].mkdir()
        if self.can_pin:
            inherit_cores(folders["cpuset"])
        return GroupV1(folders, [folders[name] for name in self._distinct], has_swap=self._has_swap)

    def close(self) -> None:
        """Removes what is left."""
        for name in self._distinct:
            clear_folder(self._folders[name])


class GroupV1(RunGroup):
    """One execution's folders."""

    def __init__(self, folders: dict[str, Path], distinct: list[Path], *, has_swap: bool) -> None:
        self._memory, self._pids, self._cpuset = folders["memory"], folders["pids"], folders.get("cpuset")
        self._distinct = distinct
        self._has_swap = has_swap
        self._cpu = os.open(f"{folders['cpuacct']}/cpuacct.usage", os.O_RDONLY | os.O_CLOEXEC)

    def limit(self, memory_bytes: int, processes: int, core: int | None) -> None:
        write_file(f"{self._memory}/memory.limit_in_bytes", memory_bytes)
        if self._has_swap:
            write_file(f"{self._memory}/memory.memsw.limit_in_bytes", memory_bytes)
        write_file(f"{self._memory}/memory.max_usage_in_bytes", 0)
        write_file(f"{self._pids}/pids.max", processes)
        if core is not None and self._cpuset:
            write_file(f"{self._cpuset}/cpuset.cpus", core)

    def join_fds(self) -> list[int]:
        return [os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in self._distinct]

    def cpu_ns(self) -> int:
        return int(os.pread(self._cpu, 64, 0))

    def usage(self) -> Usage:
        return Usage(
            cpu_ns=self.cpu_ns(),
            memory_bytes=int(read_file(f"{self._memory}/memory.max_usage_in_bytes")),
            oom_kills=counters(f"{self._memory}/memory.oom_control").get("oom_kill", 0),
            refused_forks=counters(f"{self._pids}/pids.events").get("max", 0),
        )

    def kill(self) -> None:
        kill_members(self._pids)

    def remove(self) -> bool:
        if self._cpu >= 0:
            os.close(self._cpu)
            self._cpu = -1
        gone = [remove_folder(folder) for folder in self._distinct]  # all of them, also after one that stays
        return all(gone)


def inherit_cores(folder: Path) -> None:
    """Fills a cpuset from its parent: a group without cores or memory nodes takes no process."""
    for name in ("cpuset.mems", "cpuset.cpus"):
        if not read_file(f"{folder}/{name}").strip():
            write_file(f"{folder}/{name}", read_file(f"{folder.parent}/{name}").strip())
