"""Owns the trying of a package's validators by its own probes: inputs that must be refused, outputs that must be, or must not. Never runs a submission.

An input is refused by one of the input validators at least, those of other languages included, which another examination asks: whoever
brings the answers together takes `NOT_REFUSED` back where one of them refused. Outputs lie with an input, which must be good.
Source: ICPC problem package format, 2025-09, "Invalid test cases" and "Valid output".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contest.verdicts import Verdict
from services.runner.blobs import BlobCache
from services.runner.checkers.checking import Check
from services.runner.course import ERROR, Course
from services.runner.examiners import Examiner, said_against
from services.runner.inputs import Pair
from services.runner.places import input_of
from services.runner.sandbox.spool import Spool
from wire.judging import NOT_REFUSED, Claim, Probe

CHECKER = -1
_ACCEPTED = frozenset({Verdict.AC, Verdict.PA})


@dataclass(frozen=True, slots=True)
class Probing:
    """The validators that are tried. ``count`` input validators there are in all, broken ones too; ``check`` None: outputs are not tried."""

    examiners: Sequence[Examiner]
    check: Check | None
    blobs: BlobCache
    count: int
    course: Course

    async def examine(self, problem: str, probe: Probe, pair: Pair) -> None:
        """Adds to the findings what speaks against the claim. Raises: `BoxLost`, and what fetching raises."""
        silent = self.course.silent
        answers = [await said_against(one, probe.case, pair, self.course) for one in self.examiners if one.place not in silent]
        refusals = [said for said in answers if said]
        if probe.claim is Claim.INVALID_INPUT:
            is_whole = not any(place in silent for place in range(self.count))
            if answers and not refusals and is_whole:
                said = "no input validator refuses it, and one must: the package says that it is invalid"
                self.course.findings.add(ERROR, NOT_REFUSED, probe.path, said)
            return
        for said in refusals:
            self.course.findings.add(ERROR, "input-invalid", input_of(probe.case), said)
        if probe.output and self.check is not None and CHECKER not in silent and not refusals:
            await self._try_output(self.check, problem, probe, pair)

    async def _try_output(self, check: Check, problem: str, probe: Probe, pair: Pair) -> None:
        async with self.blobs.pinned(problem, probe.output) as blob:
            output = Spool.over(blob.fd, blob.size_bytes)
            try:
                with self.course.asking():
                    judgement = await check(probe.case, output, pair)
            finally:
                output.close()
        words = f"\n{judgement.message}" if judgement.message else ""
        if judgement.verdict is Verdict.VE:
            self.course.silent.add(CHECKER)
            said = f"the output validator failed on this output, and was asked no more{words}"
            self.course.findings.add(ERROR, "output-validator-broken", probe.path, said)
        elif probe.claim is Claim.INVALID_OUTPUT and judgement.verdict in _ACCEPTED:
            said = f"the output validator accepts it, and must not: the package says that it is invalid{words}"
            self.course.findings.add(ERROR, "invalid-output-accepted", probe.path, said)
        elif probe.claim is Claim.VALID_OUTPUT and judgement.verdict not in _ACCEPTED:
            said = f"the output validator says {judgement.verdict} of it, and must accept it: the package says that it is valid{words}"
            self.course.findings.add(ERROR, "valid-output-rejected", probe.path, said)
