"""Owns one conversation: two programs in two boxes, joined by pipes, and who of them ended first. Never says what that means.

The pipes lead through the relay (sandbox/relay.c), a program of ours that keeps the head of what was said. Neither side can hear of the
other's end before the relay has, so that who ended first is exact, however busy this process is. A conversation in which neither uses
the CPU for a second is ended: they wait for each other.
"""

from __future__ import annotations

import asyncio
import enum
import struct
from collections.abc import Callable
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
    """One who talks: its box, its job without the pipes, and the descriptors on which it listens and speaks."""

    box: Box
    job: Job
    listens: int = 0
    speaks: int = 1


async def talk(relay: Path, solution: Side, interactor: Side, has_accepted: Callable[[Execution], bool]) -> Talk:
    """Lets two programs talk until both have ended. ``has_accepted`` tells whether a solution may go on when the interactor has ended.

    Raises: `BoxLost` when a box broke through nobody's fault; `Broken` (``relay-failed``).
    """
    pipes = [open_pipe() for _ in range(4)]  # solution to relay, relay to solution, interactor to relay, relay to interactor
    (from_solution, solution_says), (solution_hears, to_solution), (from_interactor, interactor_says), (interactor_hears, to_interactor) = pipes
    try:
        carrying = await _relay(relay, (from_solution, to_solution, from_interactor, to_interactor), solution.job.limits.output_bytes)
        try:
            conversation = _Conversation(solution, interactor, has_accepted)
            ours = _with_pipes(solution, solution_hears, solution_says)
            theirs = _with_pipes(interactor, interactor_hears, interactor_says)
            said, heard, report = await conversation.held(ours, theirs, carrying)
        finally:
            if carrying.returncode is None:
                carrying.kill()
                await carrying.wait()
    finally:
        for ends in pipes:
            for end in ends:
                end.close()
    first, is_flood, script = _read(report)
    return Talk(said, heard, first, is_flood, conversation.is_idle, script)


def _with_pipes(side: Side, hears: PipeEnd, says: PipeEnd) -> Job:
    return replace(side.job, pipes=((side.listens, hears), (side.speaks, says)))


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
    """Two executions at once, watched."""

    def __init__(self, solution: Side, interactor: Side, has_accepted: Callable[[Execution], bool]) -> None:
        self._solution = solution.box
        self._interactor = interactor.box
        self._has_accepted = has_accepted
        self.is_idle = False

    async def held(self, ours: Job, theirs: Job, carrying: asyncio.subprocess.Process) -> tuple[Execution, Execution, bytes]:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(self._executed(self._solution, ours, self._interactor))
            second = tasks.create_task(self._executed(self._interactor, theirs, self._solution))
            report = tasks.create_task(self._reported(carrying))
            watch = tasks.create_task(self._watch())
            said, heard = await first, await second
            watch.cancel()
            async with asyncio.timeout(REPORT_LIMIT_S):
                await asyncio.wait([report])
                await carrying.wait()
        if isinstance(said, BoxLost) or isinstance(heard, BoxLost):
            for each in (said, heard):
                if isinstance(each, Execution):
                    each.output.close()
            raise said if isinstance(said, BoxLost) else BoxLost(str(heard))
        return said, heard, report.result()

    async def _executed(self, box: Box, job: Job, other: Box) -> Execution | BoxLost:
        """A box that is lost ends the conversation; it must not end the task of the other, whose box would be in no known state."""
        try:
            execution = await box.execute(job)
        except BoxLost as lost:
            for _, end in job.pipes:
                end.close()
            _end(other, KilledBy.CANCEL)
            return lost
        if box is self._interactor and not self._has_accepted(execution):
            _end(other, KilledBy.CANCEL)
        return execution

    async def _reported(self, carrying: asyncio.subprocess.Process) -> bytes:
        """The relay's report, which comes when nobody can say anything any more; when it comes for a flood, the solution is ended."""
        assert carrying.stdout is not None
        report = await carrying.stdout.read()
        if len(report) >= _REPORT.size and _REPORT.unpack_from(report)[2]:
            _end(self._solution, KilledBy.OUTPUT)
        return report

    async def _watch(self) -> None:
        """Ends who waits for ever: both when they wait for each other, else the one that is left."""
        quiet, before = 0, -1
        while quiet < IDLE_SAMPLES:
            await asyncio.sleep(SAMPLE_S)
            trials = [box.trial for box in (self._solution, self._interactor) if box.trial]
            now = sum(trial.cpu_ns() for trial in trials)
            quiet = quiet + 1 if trials and 0 <= now - before < IDLE_NS else 0
            before = now
        self.is_idle = self._solution.trial is not None and self._interactor.trial is not None
        _end(self._solution, KilledBy.IDLE)
        _end(self._interactor, KilledBy.IDLE)


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
