"""Owns one conversation: programs in boxes of their own, joined by pipes, and who of them ended first. Never says what that means.

The pipes lead through the relay (sandbox/relay.c), a program of ours that keeps the head of what was said. Neither side can hear of the
other's end before the relay has, so that who ended first is exact, however busy this process is. A conversation in which neither uses
the CPU for a second is ended: they wait for each other.

A submission may take part with several processes: each has a relay of its own, and what is said of it is a `Talk` of its own.
"""

from __future__ import annotations

import asyncio
import enum
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mesh.errors import Broken
from services.runner.builds import readable
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job, KilledBy
from services.runner.sandbox.pipes import PipeEnd, open_pipe

HEAD_BYTES = 4 << 10
IDLE_SAMPLES = 5
SAMPLE_S = 0.25
IDLE_NS = 1_000_000
"""Less CPU time than this, of both together in one sample, is none: run-times have clocks that tick in their sleep."""
REPORT_LIMIT_S = 10.0
_REPORT = struct.Struct("=4I2Q")
_PIECE = struct.Struct("=2I")
_MAGIC = 0x52454C31
_MARKS = (">", "<")


class First(enum.IntEnum):
    """Who ended first, as the relay saw it."""

    NOBODY = 0
    SOLUTION = 1
    INTERACTOR = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class Talk:
    """How a conversation went. ``is_flood``: the solution said more than it may. ``is_idle``: they waited for each other.

    ``script`` is the head of what was said: lines of the interactor after ``<``, lines of the solution after ``>``.
    """

    solution: Execution
    interactor: Execution
    first: First
    is_flood: bool
    is_idle: bool
    script: str

    def close(self) -> None:
        """Forgets what either wrote beside the conversation."""
        self.solution.output.close()
        self.interactor.output.close()


@dataclass(frozen=True, slots=True)
class Side:
    """One who talks: its box, its job without the pipes, and for each that it talks with the descriptors on which it listens and speaks."""

    box: Box
    job: Job
    places: tuple[tuple[int, int], ...] = ((0, 1),)


async def talk(relay: Path, solutions: Sequence[Side], interactor: Side, has_accepted: Callable[[Execution], bool]) -> tuple[Talk, ...]:
    """Lets the processes of a submission talk with an interactor, each for itself, until all have ended: a talk for each process.

    The interactor has as many ``places``. ``has_accepted`` tells whether a solution may go on when the interactor has ended.
    Raises: `BoxLost` when a box broke through nobody's fault; `Broken` (``relay-failed``).
    """
    carryings: list[asyncio.subprocess.Process] = []
    pipes = [[open_pipe() for _ in range(4)] for _ in solutions]  # solution to relay, relay to solution, interactor to relay, relay to interactor
    try:
        for solution, (to_us, to_them, from_interactor, to_interactor) in zip(solutions, pipes, strict=True):
            ends = (to_us[0], to_them[1], from_interactor[0], to_interactor[1])
            carryings.append(await _relay(relay, ends, solution.job.limits.output_bytes))
        ours = [_with_pipes(solution, ((four[1][0], four[0][1]),)) for solution, four in zip(solutions, pipes, strict=True)]
        theirs = _with_pipes(interactor, [(four[3][0], four[2][1]) for four in pipes])
        conversation = _Conversation([solution.box for solution in solutions], interactor.box, has_accepted)
        said, heard, reports = await conversation.held(ours, theirs, carryings)
    finally:
        for carrying in carryings:
            if carrying.returncode is None:
                carrying.kill()
                await carrying.wait()
        for four in pipes:
            for pair in four:
                for end in pair:
                    end.close()
    found: list[Talk] = []
    for execution, report, is_idle in zip(said, reports, conversation.idle, strict=True):
        first, is_flood, script = _read(report)
        found.append(Talk(execution, heard, first, is_flood, is_idle, script))
    return tuple(found)


def _with_pipes(side: Side, ends: Sequence[tuple[PipeEnd, PipeEnd]]) -> Job:
    """The job with, for each it talks with, the end on which it hears and the one on which it speaks."""
    pairs = zip(side.places, ends, strict=True)
    return replace(side.job, pipes=tuple(one for place, pair in pairs for one in zip(place, pair, strict=True)))


async def _relay(program: Path, ends: tuple[PipeEnd, ...], most_bytes: int) -> asyncio.subprocess.Process:
    fds = [end.fd for end in ends]
    carrying = await asyncio.create_subprocess_exec(
        program, *map(str, fds), str(HEAD_BYTES), str(most_bytes), pass_fds=fds,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    for end in ends:
        end.close()
    return carrying


class _Conversation:
    """All executions at once, watched. ``idle`` tells of each process whether it and the interactor waited for each other."""

    def __init__(self, solutions: Sequence[Box], interactor: Box, has_accepted: Callable[[Execution], bool]) -> None:
        self._solutions = tuple(solutions)
        self._interactor = interactor
        self._has_accepted = has_accepted
        self.idle = [False] * len(self._solutions)

    async def held(
        self, ours: Sequence[Job], theirs: Job, carryings: Sequence[asyncio.subprocess.Process]
    ) -> tuple[list[Execution], Execution, list[bytes]]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._executed(box, job)) for box, job in zip(self._solutions, ours, strict=True)]
            running.append(tasks.create_task(self._executed(self._interactor, theirs)))
            reports = [tasks.create_task(self._reported(box, one)) for box, one in zip(self._solutions, carryings, strict=True)]
            watch = tasks.create_task(self._watch())
            outcomes = [await one for one in running]
            watch.cancel()
            async with asyncio.timeout(REPORT_LIMIT_S):
                await asyncio.wait(reports)
                for carrying in carryings:
                    await carrying.wait()
        executions = [one for one in outcomes if isinstance(one, Execution)]
        for lost in outcomes:
            if isinstance(lost, BoxLost):
                for execution in executions:
                    execution.output.close()
                raise lost
        return executions[:-1], executions[-1], [report.result() for report in reports]

    async def _executed(self, box: Box, job: Job) -> Execution | BoxLost:
        """A box that is lost ends the conversation; it must not end the tasks of the others, whose boxes would be in no known state."""
        try:
            execution = await box.execute(job)
        except BoxLost as lost:
            for _, end in job.pipes:
                end.close()
            self._end_others(box)
            return lost
        if box is self._interactor and not self._has_accepted(execution):
            self._end_others(box)
        return execution

    def _end_others(self, box: Box) -> None:
        for other in (*self._solutions, self._interactor):
            if other is not box:
                _end(other, KilledBy.CANCEL)

    async def _reported(self, solution: Box, carrying: asyncio.subprocess.Process) -> bytes:
        """The relay's report, which comes when nobody can say anything any more; when it comes for a flood, the solution is ended."""
        assert carrying.stdout is not None
        report = await carrying.stdout.read()
        if len(report) >= _REPORT.size and _REPORT.unpack_from(report)[2]:
            _end(solution, KilledBy.OUTPUT)
        return report

    async def _watch(self) -> None:
        """Ends who waits for ever: all when they wait for each other, else those that are left."""
        quiet, before = 0, -1
        while quiet < IDLE_SAMPLES:
            await asyncio.sleep(SAMPLE_S)
            trials = [box.trial for box in (*self._solutions, self._interactor) if box.trial]
            now = sum(trial.cpu_ns() for trial in trials)
            quiet = quiet + 1 if trials and 0 <= now - before < IDLE_NS else 0
            before = now
        self.idle = [box.trial is not None and self._interactor.trial is not None for box in self._solutions]
        for box in (*self._solutions, self._interactor):
            _end(box, KilledBy.IDLE)


def _end(box: Box, why: KilledBy) -> None:
    if box.trial is not None:
        box.trial.end(why)


def _read(report: bytes) -> tuple[First, bool, str]:
    if len(report) < _REPORT.size or _REPORT.unpack_from(report)[0] != _MAGIC:
        raise Broken("the relay between two programs ended without a report", code="relay-failed")
    _, first, is_flood, kept, *said = _REPORT.unpack_from(report)
    lines: list[str] = []
    at = _REPORT.size
    shown = 0
    while at + _PIECE.size <= min(len(report), _REPORT.size + kept):
        speaker, length = _PIECE.unpack_from(report, at)
        at += _PIECE.size
        piece = readable(report[at : at + length])
        at += length
        shown += length
        lines += [f"{_MARKS[speaker]} {line}" for line in piece.removesuffix("\n").split("\n")]
    if (more := sum(said) - shown) > 0:
        lines.append(f"[{more} more bytes]")
    return First(first), bool(is_flood), "\n".join(lines)
