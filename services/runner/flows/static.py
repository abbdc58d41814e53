"""Owns static validation: a program of the setter's that looks at a submission's files in place of a run. Never runs the submission.

    validator LANGUAGE ENTRY FEEDBACK/ [arguments]      42: right, 43: wrong; the feedback folder as of an output validator

The files lie in its working directory: what was handed in, what the problem brings, what was compiled. It costs the submission no time.
Source: ICPC problem package format, 2025-09, "Static validator".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from contest.limits import CHECKER_LIMITS, Limits
from contest.results import CaseResult
from services.runner.builds import Built
from services.runner.checkers.checking import built_checker
from services.runner.checkers.validator import read_icpc
from services.runner.flows.beside import lay_contents
from services.runner.flows.flow import Desk, Flow
from services.runner.flows.solution import BOX_TRIES, MESSAGE_CHARACTERS
from services.runner.inputs import Pair
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Job
from services.runner.sandbox.rootfs import FEEDBACK
from services.runner.sandbox.turns import Turns, taking_turns
from wire.judging import JudgingManifest, TestCase
from wire.languages import ALIKE


@dataclass(frozen=True, slots=True)
class StaticFirst:
    """A flow whose static cases the static validator judges. ``program`` is the submission, ``validator`` what looks at it."""

    flow: Flow
    program: Built
    validator: Built
    boxes: Turns
    limits: Limits
    is_scoring: bool

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case. Raises: as `Flow.judge`."""
        if not case.is_static:
            return await self.flow.judge(index, case, pair)
        for left in reversed(range(BOX_TRIES)):
            try:
                async with self.boxes.turn() as box:
                    return await self._looked_at(index, case, box)
            except BoxLost:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _looked_at(self, index: int, case: TestCase, box: Box) -> CaseResult:
        await lay_contents(box, {**self.program.files, **self.program.sources})
        launch = self.validator.launch(self.limits)
        language = self.program.toolchain.language.id
        operands = (ALIKE.get(language, language), self.program.entry, f"{FEEDBACK}/", *case.checker_arguments)
        job = Job((*launch.argv, *operands), launch.limits, launch.environment, cuts_output=True, purpose="validator")
        execution = await box.execute(job)
        try:
            if execution.is_lost and execution.killed_by is None:
                raise BoxLost("the static validator's box was lost")
            judgement = await read_icpc(box, execution, is_scoring=self.is_scoring)
        finally:
            execution.output.close()
        message = judgement.message[:MESSAGE_CHARACTERS]
        return CaseResult(index, judgement.verdict, 0, 0, score=judgement.score, points=judgement.points, message=message)


@asynccontextmanager
async def static_first(manifest: JudgingManifest, program: Built, desk: Desk, flow: Flow) -> AsyncIterator[Flow]:
    """The flow for the length of a block, with its static cases judged where there are some. Raises: as `checking`."""
    checker = manifest.static_validator
    if checker is None or not any(case.is_static for case in manifest.cases):
        yield flow
        return
    validator = await built_checker(manifest.problem, checker, desk.programs, desk.builds)
    async with taking_turns(desk.pool, validator.furnish, count=1) as boxes:
        yield StaticFirst(flow, program, validator, boxes, checker.limits or CHECKER_LIMITS, manifest.is_scoring)
