"""Owns the way in several passes: the validator's words of one pass are the input of the next. Never compares by itself."""

from __future__ import annotations

from functools import partial

from contest.results import CaseResult
from services.runner.checkers.programs import Asker
from services.runner.flows.beside import beside_of
from services.runner.flows.details import Details
from services.runner.flows.passes import Passes
from services.runner.flows.solution import Solution, case_result, own_judgement
from services.runner.inputs import Pair
from services.runner.sandbox.box import Box
from services.runner.sandbox.turns import Turns
from wire.judging import TestCase


class MultiPass:
    """Runs a solution on the input of a case, then on what its validator makes of the output, and again."""

    def __init__(  # noqa: PLR0917  what a case needs
        self, solution: Solution, asker: Asker, boxes: Turns, arguments: tuple[str, ...], passes: Passes, details: Details
    ) -> None:
        self._solution = solution
        self._asker = asker
        self._boxes = boxes
        self._arguments = arguments
        self._passes = passes
        self._details = details

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case. Raises: `BoxLost`."""
        async with self._boxes.turn() as box:
            return await self._passes.played(box, pair.question.fd, partial(self._pass, index, case, pair, box))

    async def _pass(self, index: int, case: TestCase, pair: Pair, box: Box, question: int) -> CaseResult:
        execution = await self._solution.run(question, beside_of(case, pair))
        try:
            judgement = own_judgement(execution, self._solution.program, case.name)
            if judgement is None:
                arguments = (*self._arguments, *case.checker_arguments)
                judgement = await self._asker.ask_in(box, case, arguments, execution.output, question, pair.answer.fd)
            details = await self._details.of(judgement.verdict, execution.output, pair)
        finally:
            execution.output.close()
        return case_result(index, execution, judgement, details)
