"""Owns the examination of a package's inputs: every input validator over every case, and the checker over the jury's own answers.

    validator [arguments] < input       42: good; of testlib's kind 0: good; any other code of its own: the input is not good
    validator CASE LANGUAGE < input     omegaUp's kind, beside data.in: it prints 1 for a good one

A validator that is killed, crashes or does not compile is broken: that is said once, and it is not asked again; nor is a checker that fails.
All programs together have `MOST_MS`. To what somebody waits for it gives way at once (`services.runner.haste`), in the middle of a case too: the
answers that it has are kept, the program that was broken off is asked again. Time that was broken off does not count.
Source: ICPC problem package format, "Input validators"; what `verifyproblem` says of judge answers.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial

from contest.limits import CHECKER_LIMITS
from contest.verdicts import Verdict
from mesh.errors import Invalid
from services.runner.blobs import BlobCache
from services.runner.builds import SHOWN_BYTES, BuildFailed, Builds, Built, readable
from services.runner.checkers.checking import Check, built_checker, checking, missing_header
from services.runner.checkers.programs import Asker
from services.runner.checkers.validator import RIGHT, is_broken, why_broken
from services.runner.haste import Haste
from services.runner.inputs import Pair, fetching_ahead
from services.runner.places import answer_of, input_of, name_of, validator_of
from services.runner.programs import Programs
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import Turns, taking_turns
from wire.judging import CheckerKind, Examined, InputValidator, JudgingManifest, RunOrder, TestCase
from wire.problems import Finding

MOST_FINDINGS = 50
MOST_MS = 600_000
"""What the programs of one examination may take on the clock, all together: a slot belongs to a package no longer than that."""
CHECKER = -1
"""The checker's place among those who are asked; an input validator's is that in the order."""
SAID_CHARACTERS = 600
_ERROR, _WARNING = "error", "warning"
_ANSWERS_ARE_OUTPUTS = frozenset({CheckerKind.TESTLIB, CheckerKind.OMEGAUP, CheckerKind.CMS})


@dataclass(slots=True)
class _Findings:
    """What was found, at most `MOST_FINDINGS` of it; ``more`` counts the rest."""

    found: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, severity: str, code: str, path: str, message: str) -> None:
        if len(self.found) < MOST_FINDINGS:
            self.found.append(Finding(severity, code, path, message[:SAID_CHARACTERS]))
        else:
            self.more += 1

    def all(self) -> tuple[Finding, ...]:
        rest = Finding(_WARNING, "more-findings", "", f"{self.more} more findings of this kind are not shown")
        return (*self.found, rest) if self.more else tuple(self.found)


@dataclass(slots=True)
class _Examiner:
    """An input validator at work."""

    validator: InputValidator
    program: Built
    boxes: Turns
    path: str
    place: int


@dataclass(slots=True)
class _Course:
    """How far an examination is; ``silent`` are the places of those who failed, and are asked no more."""

    findings: _Findings
    silent: set[int]
    cases: int
    spent_ms: float
    asked: int = 0
    broken_off: int = 0

    @classmethod
    def behind(cls, done: Examined) -> _Course:
        """Where an attempt before this one handed back."""
        findings = _Findings(list(done.findings), done.more)
        return cls(findings, set(done.silent), done.cases, done.spent_ms, done.asked, done.broken_off)

    def examined(self) -> Examined:
        findings = self.findings
        silent = tuple(sorted(self.silent))
        return Examined(self.cases, tuple(findings.found), findings.more, silent, round(self.spent_ms), self.asked, self.broken_off)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Counts what the programs take."""
        began = time.perf_counter()
        yield
        self.spent_ms += (time.perf_counter() - began) * 1000


class Examination:
    """Validates the inputs of one order. ``examined`` is how far it is."""

    def __init__(self, pool: BoxPool, builds: Builds, blobs: BlobCache) -> None:
        self._pool = pool
        self._builds = builds
        self._blobs = blobs
        self._programs = Programs(blobs)
        self.examined = Examined()

    async def findings(self, order: RunOrder, until_urged: Callable[[], Awaitable[None]]) -> tuple[Finding, ...] | None:
        """What is to be said of the inputs and the answers of a package; None when it gave way before the last case.

        It goes on behind ``order.examined``. Raises: `BoxLost`, and what fetching raises.
        """
        course, haste = _Course.behind(order.examined or self.examined), Haste(until_urged)
        cases = order.manifest.cases
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(haste.listening())
            wanted = [(place, one) for place, one in enumerate(order.input_validators) if place not in course.silent]
            examiners = [one for place, validator in wanted async for one in self._examiner(order, place, validator, course, stack)]
            inputs = await stack.enter_async_context(fetching_ahead(self._blobs, order.manifest))
            check = None if CHECKER in course.silent else await stack.enter_async_context(self._checking(order.manifest))
            if any(one.program.is_new for one in examiners):
                haste.advance()
            asked = [one.place for one in examiners] + [CHECKER] * (check is not None)
            while course.cases < len(cases) and not course.silent.issuperset(asked):
                if course.spent_ms >= MOST_MS:
                    return (*course.findings.all(), _cut(course.cases, len(cases)))
                if haste.is_over:
                    self.examined = course.examined()
                    return None
                case = cases[course.cases]
                async with inputs.case(course.cases) as pair:
                    pieces = {one.place: partial(_examine, one, case, pair, course) for one in examiners}
                    if check is not None:
                        pieces[CHECKER] = partial(_check_answer, check, order.manifest, case, pair, course)
                    if not await _all_asked(pieces, course, haste):
                        self.examined = course.examined()
                        return None
                course.cases, course.asked = course.cases + 1, 0
        return course.findings.all()

    async def _examiner(
        self, order: RunOrder, place: int, validator: InputValidator, course: _Course, stack: AsyncExitStack
    ) -> AsyncIterator[_Examiner]:
        """The validator, built and with a box; none, with a finding, when it cannot be built."""
        findings = course.findings
        path = validator_of(validator)
        sources = await self._programs.sources(order.manifest.problem, validator.program)
        try:
            program = await self._builds.build(validator.program.language, sources)
        except BuildFailed as failed:
            said = f"{name_of(validator)} does not compile:\n{failed.message[:SHOWN_BYTES]}{missing_header(failed.message)}"
            course.silent.add(place)
            findings.add(_ERROR, "input-validator-broken", path, said)
        except Invalid as failed:
            course.silent.add(place)
            findings.add(_ERROR, "input-validator-broken", path, f"{name_of(validator)}: {failed.message}")
        else:
            boxes = await stack.enter_async_context(taking_turns(self._pool, program.furnish))
            yield _Examiner(validator, program, boxes, path, place)

    @asynccontextmanager
    async def _checking(self, manifest: JudgingManifest) -> AsyncIterator[Check | None]:
        """The checker, where it is one that could refuse an answer as an output; what is wrong with itself, the submissions will show."""
        is_asked = manifest.checker.program is not None and not manifest.is_interactive and manifest.passes == 1
        try:
            if is_asked:
                await built_checker(manifest.problem, manifest.checker, self._programs, self._builds)
        except Invalid:
            is_asked = False
        if not is_asked:
            yield None
            return
        async with checking(manifest, self._programs, self._builds, self._pool) as check:
            yield check


async def _all_asked(pieces: Mapping[int, Callable[[], Awaitable[None]]], course: _Course, haste: Haste) -> bool:
    """Whether every program has answered for this case; False: it gives way. The checker is the last."""
    for place, piece in pieces.items():
        if 0 <= place < course.asked or place in course.silent:
            continue
        if haste.is_over:
            return False
        if not await haste.ended(piece, course.broken_off):
            course.broken_off += 1
            return False
        course.asked, course.broken_off = (place + 1 if place != CHECKER else course.asked), 0
    return True


async def _examine(examiner: _Examiner, case: TestCase, pair: Pair, course: _Course) -> None:
    validator, findings = examiner.validator, course.findings
    if validator.kind is CheckerKind.OMEGAUP:
        await _examine_by_score(examiner, case, pair, course)
        return
    launch = examiner.program.launch(CHECKER_LIMITS)
    arguments = (*validator.arguments, *case.input_arguments)
    job = Job((*launch.argv, *arguments), launch.limits, launch.environment, stdin=pair.question.fd, cuts_output=True, purpose="validator")
    async with examiner.boxes.turn() as box:
        with course.asking():
            execution = await box.execute(job)
    try:
        if execution.is_lost and execution.killed_by is None:
            raise BoxLost("the input validator's box was lost")
        if is_broken(execution):
            course.silent.add(examiner.place)
            said = why_broken(name_of(validator), execution, f"it was reading {input_of(case)}, and was asked no more")
            findings.add(_ERROR, "input-validator-broken", examiner.path, said)
        elif execution.exit_code != (0 if validator.kind is CheckerKind.TESTLIB else RIGHT):
            findings.add(_ERROR, "input-invalid", input_of(case), _refusal(validator, execution))
    finally:
        execution.output.close()


async def _examine_by_score(examiner: _Examiner, case: TestCase, pair: Pair, course: _Course) -> None:
    """The same of omegaUp's kind, which is a checker that gets the input as the output too. Source: omegaup/quark ``runner/ci/ci.go``."""
    asker = Asker(CheckerKind.OMEGAUP, examiner.program, examiner.boxes, CHECKER_LIMITS, language="cpp")
    copied = Spool.over(pair.question.fd, pair.question.size_bytes)
    try:
        with course.asking():
            judgement = await asker.ask(case, examiner.validator.arguments, copied, pair)
    finally:
        copied.close()
    if judgement.verdict is Verdict.VE:
        course.silent.add(examiner.place)
        said = f"{name_of(examiner.validator)}: {judgement.message}\nit was reading {input_of(case)}, and was asked no more"
        course.findings.add(_ERROR, "input-validator-broken", examiner.path, said)
    elif judgement.verdict is not Verdict.AC:
        said = f"{name_of(examiner.validator)} does not give it 1\n{judgement.message}".strip()
        course.findings.add(_ERROR, "input-invalid", input_of(case), said)


def _refusal(validator: InputValidator, execution: Execution) -> str:
    words = [readable(execution.stderr).strip(), readable(execution.output.head(SAID_CHARACTERS)).strip()]
    return "\n".join(part for part in (f"{name_of(validator)} refuses it with exit code {execution.exit_code}", *words) if part)


async def _check_answer(check: Check, manifest: JudgingManifest, case: TestCase, pair: Pair, course: _Course) -> None:
    answer = Spool.over(pair.answer.fd, pair.answer.size_bytes)
    try:
        with course.asking():
            judgement = await check(case, answer, pair)
    finally:
        answer.close()
    if judgement.verdict is Verdict.AC:
        return
    is_sure = case.is_sample and manifest.checker.kind in _ANSWERS_ARE_OUTPUTS
    rest = ""
    if judgement.verdict is Verdict.VE:
        course.silent.add(CHECKER)
        rest = "; it failed, and was asked no more"
    said = f"the checker says {judgement.verdict} of the jury's own answer, given to it as an output{rest}\n{judgement.message}".strip()
    course.findings.add(_ERROR if is_sure else _WARNING, "answer-rejected", answer_of(case), said)


def _cut(examined: int, count: int) -> Finding:
    said = f"the programs took more than {MOST_MS // 1000} s for {examined} of {count} cases: the rest was not examined; make them faster"
    return Finding(_WARNING, "examination-cut", "", said)
