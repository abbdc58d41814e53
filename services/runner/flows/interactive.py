"""Owns the interactive way: solution and interactor talk, in two boxes; the interactor's word or the checker's decides. Never compares.

A submission may take part with several processes, each in a box of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contest.results import CaseResult
from contest.verdicts import Verdict
from services.runner.checkers.checking import Check
from services.runner.checkers.judgement import Judgement
from services.runner.flows.beside import beside_of
from services.runner.flows.details import Details
from services.runner.flows.interactor import Interactor
from services.runner.flows.passes import Passes
from services.runner.flows.settling import settled, was_dismissed
from services.runner.flows.several import script, together
from services.runner.flows.solution import BOX_TRIES, Solution, case_result, own_verdict
from services.runner.flows.talk import Side, Talk, talk
from services.runner.inputs import Pair
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution
from services.runner.sandbox.turns import Turns
from wire.judging import TestCase


@dataclass(frozen=True, slots=True)
class Interactive:
    """Lets a solution and an interactor talk about a case. ``check`` judges what an interactor of testlib's kind leaves.

    ``relay`` is the program that carries their words; ``boxes`` are the interactor's.
    """

    solution: Solution
    interactor: Interactor
    boxes: Turns
    arguments: tuple[str, ...]
    passes: Passes
    check: Check | None
    relay: Path
    details: Details
    processes: int = 1

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case; from the start again when a box is lost through nobody's fault. Raises: `BoxLost`."""
        for left in reversed(range(BOX_TRIES)):
            try:
                async with self.boxes.turn() as box:
                    return await self.passes.played(box, pair.question.fd, partial(self._pass, index, case, pair, box))
            except BoxLost:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _pass(self, index: int, case: TestCase, pair: Pair, box: Box, question: int) -> CaseResult:
        arguments = (*self.arguments, *case.checker_arguments) if not self.interactor.has_output else self.arguments
        theirs = await self.interactor.side(box, arguments, question, pair.answer.fd)
        beside = beside_of(case, pair)
        async with AsyncExitStack() as stack:
            sides: list[Side] = []
            for number in range(self.processes):
                job = self.solution.job(arguments=(*self.interactor.solution_arguments(number), *beside.arguments))
                our_box = await stack.enter_async_context(self.solution.turns.turn())
                await self.solution.lay(our_box, beside)
                sides.append(Side(our_box, job))
            talks = await talk(self.relay, sides, theirs, self.interactor.has_accepted)
        try:
            judgement, figures = await self._judged(case, pair, box, talks)
            head = self.details.kept(judgement.verdict, script(talks))
            return case_result(index, _plain(figures), judgement, (head, ""))
        finally:
            for held in talks:
                held.close()

    async def _judged(self, case: TestCase, pair: Pair, box: Box, talks: Sequence[Talk]) -> tuple[Judgement, Execution]:
        owns = [own_verdict(held.solution, self.solution.program) for held in talks]
        interactor = talks[0].interactor
        lost = next((why or "a box was lost" for verdict, why in owns if verdict is Verdict.JE), "")
        if lost or (interactor.is_lost and interactor.killed_by is None):
            raise BoxLost(f"case {case.name}: {lost or 'the interactor had no box any more'}")
        said = await self.interactor.judgement(box, interactor, case.threshold)
        judgement, figures = together(talks, [settled(held, own, said) for held, own in zip(talks, owns, strict=True)], said)
        return await self._checked(case, pair, box, judgement, said), figures

    async def _checked(self, case: TestCase, pair: Pair, box: Box, judgement: Judgement, said: Judgement) -> Judgement:
        """The checker's judgement of what the interactor left, where one is asked."""
        if judgement is not said or said.verdict is not Verdict.AC or self.check is None or not self.interactor.has_output:
            return judgement
        output = await self.interactor.output(box)
        try:
            checked = await self.check(case, output, pair)
        finally:
            output.close()
        words = "\n".join(part for part in (checked.message, said.message) if part)
        return dataclasses.replace(checked, message=words)


def _plain(solution: Execution) -> Execution:
    """Without the signal that was ours, sent since nothing was left to say."""
    return dataclasses.replace(solution, signal=None) if was_dismissed(solution) else solution
