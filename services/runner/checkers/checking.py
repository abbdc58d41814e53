"""Owns the choice of the checker that a problem asks for, ready to be asked about one case after another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from contest.limits import CHECKER_LIMITS
from contest.verdicts import Verdict
from services.runner.builds import Builds, Built
from services.runner.checkers.comparison import compare
from services.runner.checkers.judgement import Judgement
from services.runner.checkers.rules import BadCheckerFlag, token_rules
from services.runner.checkers.validator import validate, validator_boxes
from services.runner.inputs import Pair
from services.runner.programs import Programs
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import Spool
from wire.judging import Checker, CheckerKind, JudgingManifest, TestCase

Check = Callable[[TestCase, Spool, Pair], Awaitable[Judgement]]
"""Judges the output of one case."""


@asynccontextmanager
async def checking(manifest: JudgingManifest, programs: Programs, builds: Builds, pool: BoxPool) -> AsyncIterator[Check]:
    """The checker of a problem for the length of a block.

    Raises: `BuildFailed` when the setter's validator does not compile, `Invalid` when its language is not here, and what fetching
    its files raises. What the block raises comes out as it is.
    """
    checker = manifest.checker
    if checker.kind is CheckerKind.TOKEN:
        yield _by_tokens(checker)
        return
    program = await _built(manifest, programs, builds)
    async with validator_boxes(pool, program) as boxes:

        async def check(case: TestCase, output: Spool, pair: Pair) -> Judgement:
            arguments = (*checker.arguments, *case.checker_arguments)
            limits = checker.limits or CHECKER_LIMITS
            return await validate(boxes, program, limits, arguments, output=output, question=pair.question.fd, answer=pair.answer.fd)

        yield check


def _by_tokens(checker: Checker) -> Check:
    async def check(case: TestCase, output: Spool, pair: Pair) -> Judgement:
        try:
            rules = token_rules(checker, case.checker_arguments)
        except BadCheckerFlag as wrong:
            return Judgement(Verdict.VE, wrong.message)
        wrong_with_it = await compare(output, pair.answer.fd, pair.answer.size_bytes, rules)
        return Judgement(Verdict.WA, wrong_with_it) if wrong_with_it else Judgement(Verdict.AC)

    return check


async def _built(manifest: JudgingManifest, programs: Programs, builds: Builds) -> Built:
    program = manifest.checker.program
    if program is None:
        raise BadCheckerFlag("the problem says that it brings a validator, and brings none")
    return await builds.build(program.language, await programs.sources(manifest.problem, program))
