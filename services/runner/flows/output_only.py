"""Owns the way without a program: the submission is the output, and the checker judges it. Nothing of the contestant's is run."""

from __future__ import annotations

from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from services.runner.checkers.checking import Check
from services.runner.checkers.judgement import Judgement
from services.runner.flows.details import Details
from services.runner.flows.outputs import Outputs
from services.runner.flows.solution import MESSAGE_CHARACTERS
from services.runner.inputs import Pair
from services.runner.sandbox.spool import Spool
from wire.judging import TestCase


class OutputOnly:
    """Asks the checker about what was submitted for each case."""

    def __init__(self, outputs: Outputs, limits: Limits, check: Check, details: Details) -> None:
        self._outputs = outputs
        self._limits = limits
        self._check = check
        self._details = details

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case. Raises: `BoxLost`."""
        content = self._outputs.of(case.same_as or case.name)
        output = Spool()
        try:
            output.write(content or b"")
            if content is None:
                judgement = Judgement(Verdict.WA, "nothing was submitted for this case")
            elif len(content) > self._limits.output_bytes:
                judgement = Judgement(Verdict.OLE, f"more than {self._limits.output_bytes} bytes of output")
            else:
                judgement = await self._check(case, output, pair)
            head, difference = await self._details.of(judgement.verdict, output, pair)
        finally:
            output.close()
        return CaseResult(
            index=index, verdict=judgement.verdict, time_ms=0, memory_bytes=0, score=judgement.score, points=judgement.points,
            message=judgement.message[:MESSAGE_CHARACTERS], output_head=head, difference=difference,
        )  # fmt: skip
