"""Owns the plain way: the program reads the input and writes an output, the checker judges it. Never compares by itself."""

from __future__ import annotations

from contest.results import CaseResult
from services.runner.checkers.checking import Check
from services.runner.flows.beside import beside_of
from services.runner.flows.details import Details
from services.runner.flows.solution import Solution, case_result, own_judgement
from services.runner.inputs import Pair
from wire.judging import TestCase


class PassFail:
    """Runs a solution on the input of a case and asks the checker about its output."""

    def __init__(self, solution: Solution, check: Check, details: Details) -> None:
        self._solution = solution
        self._check = check
        self._details = details

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case. Raises: `BoxLost`."""
        execution = await self._solution.run(pair.question.fd, beside_of(case, pair))
        try:
            judgement = own_judgement(execution, self._solution.program, case.name)
            if judgement is None:
                judgement = await self._check(case, execution.output, pair)
            details = await self._details.of(judgement.verdict, execution.output, pair)
        finally:
            execution.output.close()
        return case_result(index, execution, judgement, details)
