"""A runner of a benchmark: a process with one slot, bound to one core with all that it starts, that can be killed, frozen and looked at."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.support.house import ROOT, HouseOfProcesses
from tests.support.ports import free_ports


class Runner:
    """One runner: a process on one core, with a folder, a port and user ids of its own."""

    def __init__(self, house: HouseOfProcesses, name: str, number: int) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self._core = cores[-1 - number % len(cores)]
        (port,) = free_ports(1)
        self._log = house.folder / f"runner-{name}.log"
        self._command = house.command("runner")
        self._environ = {**os.environ, **house.environ} | {
            "PALESTRA_MESH_FOLDER": str(house.folder / name), "PALESTRA_MESH_PKI_FOLDER": str(house.pki),
            "PALESTRA_RUNNER_PORT": str(port), "PALESTRA_RUNNER_SLOTS": "1", "PALESTRA_RUNNER_UID_START": str(61_000 + 1000 * number),
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and not ended."""
        return self._process is not None

    def start(self) -> None:
        """Starts it; it claims work when it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(self._core), *self._command], cwd=ROOT, env=self._environ, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """Lets it leave; who does not is killed."""
        if self._process is None:
            return
        self.thaw()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)
        self._process = None

    def freeze(self) -> None:
        """Stops it and all that it started, as a paused machine is."""
        assert self._process is not None
        for pid in (self._process.pid, *(pid for pid, _ in self._descendants())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen one go on."""
        assert self._process is not None
        for pid in (*(pid for pid, _ in self._descendants()), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def is_judging(self) -> bool:
        """Whether a program of a submission runs below it: compiled already, and not only being compiled."""
        return self._process is not None and any("main.py" in line and "py_compile" not in line for _, line in self._descendants())

    def _descendants(self) -> Iterator[tuple[int, str]]:
        """Process ids below it, each with its command line."""
        assert self._process is not None
        waiting = [self._process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                children = [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]
                found = [(child, Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")) for child in children]
            except OSError:
                continue  # it has ended meanwhile
            yield from found
            waiting += children
