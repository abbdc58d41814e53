"""Owns what is to be executed, what came out of it, and what that means. Pure: never starts or watches anything."""

from __future__ import annotations

import enum
import errno
import os
import signal
from dataclasses import dataclass, field

from contest.limits import Limits
from contest.verdicts import Verdict
from services.runner.sandbox.pipes import PipeEnd
from services.runner.sandbox.spool import Spool

_WORTH_TELLING_NS = 10_000_000

_OF_THE_MACHINE = frozenset({errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ETXTBSY})
"""What execve says of the machine. All else it says of the file: it is no program, asks for a loader that is none, or for too much."""


class KilledBy(enum.StrEnum):
    """Why we ended an execution."""

    CPU = "cpu"
    WALL = "wall"
    OUTPUT = "output"
    CANCEL = "cancel"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Job:
    """One execution to be done.

    ``stdin`` and ``files`` are files open for reading, mode 0444, left open by the execution. stdin is read from its start, None is
    empty; files appear as descriptors 4, 5, … ``core`` binds everything to one core. ``joins_stderr`` sends stderr where stdout
    goes. ``overtime_ms``: so much beyond its limit on CPU time it is let run; late it is all the same. ``cuts_output`` drops what is over the output limit in place of ending the program. ``purpose`` is for metrics.
    ``pipes`` are ends of pipes that the program gets as the descriptors named beside them: for stdin (0), stdout (1), or after the files,
    without a gap; they are closed here as soon as the program has them.
    """

    argv: tuple[str, ...]
    limits: Limits
    environment: tuple[str, ...] = ()
    folder: str = "/box"
    stdin: int | None = None
    files: tuple[int, ...] = ()
    core: int | None = None
    joins_stderr: bool = False
    cuts_output: bool = False
    purpose: str = "solution"
    pipes: tuple[tuple[int, PipeEnd], ...] = ()
    overtime_ms: int = 0


@dataclass(frozen=True, slots=True)
class Execution:
    """What came out of one execution. Exactly one of ``exit_code`` and ``signal`` is set, unless the box was lost.

    ``error`` is an errno when the program could not be started; ``is_own``: the kernel would not have what its author's build had left.
    ``output`` is closed by whoever asked for the execution.
    ``memory_bytes`` is the peak of the whole tree. ``left_behind`` counts processes that outlived the main one.
    ``held_up_ns`` was added to the limit on the wall, since the program waited so long for a core that others had.
    """

    limits: Limits
    exit_code: int | None
    signal: int | None
    cpu_ns: int
    wall_ns: int
    memory_bytes: int
    output: Spool
    stderr: bytes
    killed_by: KilledBy | None = None
    oom_kills: int = 0
    left_behind: int = 0
    refused_forks: int = 0
    error: int = 0
    is_own: bool = False
    is_lost: bool = False
    overhead_ns: int = field(default=0, compare=False)
    held_up_ns: int = field(default=0, compare=False)

    @property
    def time_ms(self) -> int:
        """CPU time, rounded to whole milliseconds."""
        return round(self.cpu_ns / 1_000_000)

    @property
    def wall_ms(self) -> int:
        """Wall time, rounded to whole milliseconds."""
        return round(self.wall_ns / 1_000_000)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that the execution has by itself, None when it ended as a program should: compare its output."""
        return self._judged()[0]

    @property
    def detail(self) -> str:
        """Why it has that verdict, in words; empty when it has none."""
        return self._judged()[1]

    def _judged(self) -> tuple[Verdict | None, str]:  # noqa: C901  a table of rules, the first that fits wins
        if self.is_own and self.error not in _OF_THE_MACHINE:
            return Verdict.RTE, f"what was built cannot be started: {os.strerror(self.error)}"
        if self.error:
            return Verdict.JE, f"the program could not be started: {os.strerror(self.error)}"
        if self.killed_by is KilledBy.OUTPUT:
            return Verdict.OLE, f"more than {self.limits.output_bytes} bytes of output"
        if self.oom_kills:
            return Verdict.MLE, f"more than {self.limits.memory_bytes} bytes of memory"
        if self.cpu_ns > self.limits.cpu_ms * 1_000_000 or self.killed_by is KilledBy.CPU:
            return Verdict.TLE, f"more than {self.limits.cpu_ms} ms of CPU time"
        if self.killed_by is KilledBy.IDLE:
            return Verdict.TLE, "it waited for ever"
        if self.killed_by is KilledBy.WALL:
            waited = f", and {self.held_up_ns // 1_000_000} ms more waiting for its core" if self.held_up_ns >= _WORTH_TELLING_NS else ""
            return Verdict.TLE, f"more than {self.limits.wall_ms} ms on the clock{waited}, {self.time_ms} ms of them CPU time"
        if self.signal == signal.SIGXFSZ:
            return Verdict.OLE, f"a file of more than {self.limits.file_bytes} bytes"
        if self.signal == signal.SIGSYS:
            return Verdict.RFE, "a system call that is not allowed"
        if self.is_lost:
            return Verdict.JE, "the box was lost"
        if self.signal is not None:
            return Verdict.RTE, f"ended by signal {signal_name(self.signal)}"
        if self.exit_code:
            return Verdict.RTE, f"exit code {self.exit_code}"
        return None, ""


def signal_name(number: int) -> str:
    """``SIGSEGV``, or the number of one that has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
