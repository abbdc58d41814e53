"""Owns one case of a problem of libinteractive: the setter's Main and the submission's processes in boxes of their own, joined by pipes.

Main gets the case's input on its stdin, and what it prints is the output for the checker. Each process hangs on Main by two pipes that lead
nowhere else: its stdin and stdout, descriptors 4 + 2k and 5 + 2k of Main's. Calls wait for each other, so that who hears of whose end is
never a matter of time: Main ends in a way of its own when a process broke their protocol (`services.runner.flows.calling`). Conversations
in which nobody uses the CPU for a second are ended.
"""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import AsyncExitStack
from dataclasses import dataclass

from contest.results import CaseResult
from contest.verdicts import Verdict
from services.runner.checkers.checking import Check
from services.runner.checkers.judgement import Judgement
from services.runner.flows.calling import Called, decides, settled_calls
from services.runner.flows.details import Details
from services.runner.flows.solution import BOX_TRIES, Solution, case_result, own_verdict
from services.runner.flows.talk import IDLE_NS, IDLE_SAMPLES, SAMPLE_S
from services.runner.inputs import Pair
from services.runner.languages.language import Launch
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job, KilledBy
from services.runner.sandbox.pipes import PipeEnd, open_pipe
from services.runner.sandbox.turns import Turns
from wire.judging import TestCase

FIRST_FD = 4
_STOPPED = frozenset({KilledBy.CPU, KilledBy.WALL, KilledBy.OUTPUT})
"""A process that was over its limits has its verdict, whatever Main would still do."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Judges such cases. ``boxes`` are Main's, ``processes`` how many of the submission's talk with it at once."""

    solution: Solution
    launch: Launch
    boxes: Turns
    processes: int
    check: Check
    details: Details

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case; from the start again when a box is lost through nobody's fault. Raises: `BoxLost`."""
        for left in reversed(range(BOX_TRIES)):
            try:
                return await self._judged(index, case, pair)
            except BoxLost:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _judged(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        called = await self._called(pair)
        try:
            own = [own_verdict(one, self.solution.program) for one in called.processes]
            if called.main.is_lost and called.main.killed_by is None:
                raise BoxLost(f"case {case.name}: Main had no box any more")
            if (lost := next((words for verdict, words in own if verdict is Verdict.JE), None)) is not None:
                raise BoxLost(f"case {case.name}: {lost}")
            judgement = settled_calls(called, own)
            if judgement is None:
                judgement = await self.check(case, called.main.output, pair)
            judgement = _with_words(judgement, called.main)
            details = await self.details.of(judgement.verdict, called.main.output, pair)
            return case_result(index, _together(called), judgement, details)
        finally:
            called.close()

    async def _called(self, pair: Pair) -> Called:
        """All of them run to their ends. Raises: `BoxLost`."""
        async with AsyncExitStack() as stack:
            mains = await stack.enter_async_context(self.boxes.turn())
            ours = [await stack.enter_async_context(self.solution.turns.turn()) for _ in range(self.processes)]
            ends: list[PipeEnd] = []
            try:
                jobs, held = [], []
                for place in range(self.processes):
                    heard, said = open_pipe()
                    ends += [heard, said]
                    hears, says = open_pipe()
                    ends += [hears, says]
                    held += [(FIRST_FD + 2 * place, heard), (FIRST_FD + 2 * place + 1, says)]
                    jobs.append(dataclasses.replace(self.solution.job(), pipes=((0, hears), (1, said))))
                launch = self.launch
                job = Job(launch.argv, launch.limits, launch.environment, stdin=pair.question.fd, pipes=tuple(held), purpose="interactor")
                return await _Conversation(mains, ours).held(job, jobs)
            finally:
                for end in ends:
                    end.close()


class _Conversation:
    """Executions at once, watched."""

    def __init__(self, main: Box, ours: list[Box]) -> None:
        self._main, self._ours = main, ours
        self._is_idle = False

    async def held(self, theirs: Job, ours: list[Job]) -> Called:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(self._executed(self._main, theirs))
            others = [tasks.create_task(self._executed(box, job)) for box, job in zip(self._ours, ours, strict=True)]
            watch = tasks.create_task(self._watch())
            main, found = await first, [await other for other in others]
            watch.cancel()
        processes = [one for one in found if isinstance(one, Execution)]
        if not isinstance(main, Execution) or len(processes) < len(found):
            for one in [main, *found]:
                if isinstance(one, Execution):
                    one.output.close()
            raise next(one for one in [main, *found] if isinstance(one, BoxLost))
        return Called(main, tuple(processes), self._is_idle)

    async def _executed(self, box: Box, job: Job) -> Execution | BoxLost:
        """A box that is lost ends them all, but not the tasks of the others, whose boxes would be in no known state."""
        try:
            execution = await box.execute(job)
        except BoxLost as lost:
            for _, end in job.pipes:
                end.close()
            self._end(KilledBy.CANCEL)
            return lost
        if decides(execution) if box is self._main else execution.killed_by in _STOPPED:
            self._end(KilledBy.CANCEL)
        return execution

    async def _watch(self) -> None:
        """Ends who waits for ever."""
        quiet, before = 0, -1
        while quiet < IDLE_SAMPLES:
            await asyncio.sleep(SAMPLE_S)
            trials = [box.trial for box in (self._main, *self._ours) if box.trial]
            now = sum(trial.cpu_ns() for trial in trials)
            quiet = quiet + 1 if trials and 0 <= now - before < IDLE_NS else 0
            before = now
        self._is_idle = self._main.trial is not None
        self._end(KilledBy.IDLE)

    def _end(self, why: KilledBy) -> None:
        for box in (self._main, *self._ours):
            if box.trial is not None:
                box.trial.end(why)


def _together(called: Called) -> Execution:
    """The processes as one: the first that did not end well, with the largest figures of any; a limit is for each of them."""
    shown = next((one for one in called.processes if one.verdict is not None and not called.dismissed(one)), called.processes[0])
    largest = {name: max(getattr(one, name) for one in called.processes) for name in ("cpu_ns", "wall_ns", "memory_bytes")}
    return dataclasses.replace(shown, **largest, signal=None if called.dismissed(shown) else shown.signal)


def _with_words(judgement: Judgement, main: Execution) -> Judgement:
    """With what Main said on its stderr, where it may tell why."""
    words = main.stderr.decode("utf-8", errors="replace").replace("\x00", "\ufffd").strip()
    if judgement.verdict is Verdict.AC or not words or words in judgement.message:
        return judgement
    return dataclasses.replace(judgement, message=f"{judgement.message}\n{words}".strip())
