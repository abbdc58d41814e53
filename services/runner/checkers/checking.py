"""Owns the choice of the checker that a problem asks for, ready to be asked about one case after another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from contest.limits import CHECKER_LIMITS
from contest.verdicts import Verdict
from services.runner.builds import BuildFailed, Builds, Built
from services.runner.checkers.comparison import compare
from services.runner.checkers.joined import all_of
from services.runner.checkers.judgement import Judgement
from services.runner.checkers.programs import Asker
from services.runner.checkers.rules import BadCheckerFlag, token_rules
from services.runner.checkers.scores import read_literal
from services.runner.inputs import Pair
from services.runner.programs import Programs
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import taking_turns
from services.runner.setters import built_program
from wire.judging import Checker, CheckerKind, JudgingManifest, TestCase

Check = Callable[[TestCase, Spool, Pair], Awaitable[Judgement]]
"""Judges the output of one case."""


@asynccontextmanager
async def checking(manifest: JudgingManifest, programs: Programs, builds: Builds, pool: BoxPool, language: str = "") -> AsyncIterator[Check]:
    """The checker of a problem for the length of a block. ``language`` is that of the submission.

    Raises: `BuildFailed` when the setter's checker does not compile, `Invalid` when its language is not here, and what fetching
    its files raises. What the block raises comes out as it is.
    """
    checker = manifest.checker
    if checker.kind is CheckerKind.TOKEN:
        yield _by_tokens(checker)
        return
    if checker.kind is CheckerKind.LITERAL:
        yield _by_itself
        return
    async with AsyncExitStack() as stack:
        checks: list[Check] = []
        for one in (checker, *manifest.more_checkers):
            program = await built_checker(manifest.problem, one, programs, builds)
            boxes = await stack.enter_async_context(taking_turns(pool, program.furnish, count=1))
            asker = Asker(one.kind, program, boxes, one.limits or CHECKER_LIMITS, language=language, is_scoring=manifest.is_scoring)
            checks.append(_by_asking(asker, one.arguments))
        yield all_of(checks)


def _by_asking(asker: Asker, arguments: tuple[str, ...]) -> Check:
    async def check(case: TestCase, output: Spool, pair: Pair) -> Judgement:
        return await asker.ask(case, (*arguments, *case.checker_arguments), output, pair)

    return check


async def built_checker(problem: str, checker: Checker, programs: Programs, builds: Builds) -> Built:
    """The program of a checker or interactor. Raises: as `checking`."""
    program = checker.program
    if program is None:
        raise BadCheckerFlag("the problem says that it brings a validator, and brings none")
    try:
        return await built_program(problem, program, programs, builds)
    except BuildFailed as failed:
        raise BuildFailed(failed.message + missing_header(failed.message)) from failed


def missing_header(said: str) -> str:
    """What to add to a compiler's words about testlib.h: a package brings the one that it was written with, none is kept here."""
    return "\n[put testlib.h beside the program in the package: this judge brings none]" if "testlib.h: No such file" in said else ""


def _by_tokens(checker: Checker) -> Check:
    async def check(case: TestCase, output: Spool, pair: Pair) -> Judgement:
        try:
            rules = token_rules(checker, case.checker_arguments)
        except BadCheckerFlag as wrong:
            return Judgement(Verdict.VE, wrong.message)
        wrong_with_it = await compare(output, pair.answer.fd, pair.answer.size_bytes, rules)
        return Judgement(Verdict.WA, wrong_with_it) if wrong_with_it else Judgement(Verdict.AC)

    return check


async def _by_itself(case: TestCase, output: Spool, pair: Pair) -> Judgement:
    del case, pair
    return read_literal(output)
