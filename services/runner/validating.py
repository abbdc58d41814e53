"""Owns the examination of a package's inputs: every input validator over every case, and the checker over the jury's own answers.

Behind the cases stand the probes, by which the package tries its validators themselves: `services.runner.probing`. A validator that is killed, crashes or does not compile is broken: that is said once, and it is not asked again; nor is a checker that fails. What a package judges by is built
whether it is asked something or not: `services.runner.rehearsal`.
All programs together have `MOST_MS`. To what somebody waits for it gives way at once (`services.runner.haste`), in the middle of a case too: the
answers that it has are kept, the program that was broken off is asked again, and put off when that was in vain too often: then the package has to be
tried out once more. Time that was broken off does not count.
Source: ICPC problem package format, "Input validators"; what `verifyproblem` says of judge answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from contest.verdicts import Verdict
from mesh.errors import Invalid
from services.runner.blobs import BlobCache
from services.runner.builds import SHOWN_BYTES, BuildFailed, Builds
from services.runner.checkers.checking import Check, built_checker, checking, missing_header
from services.runner.course import ERROR, WARNING, Course
from services.runner.examiners import Examiner, said_against
from services.runner.haste import BUILD_S, MOST_SLICE_S, GivesWay, Haste
from services.runner.inputs import Inputs, Pair, fetching_ahead
from services.runner.places import FOLDER, answer_of, input_of, name_of, validator_of
from services.runner.probing import Probing
from services.runner.programs import Programs
from services.runner.rehearsal import rehearse
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import Spool
from services.runner.setters import built_program, data_of
from services.runner.sandbox.turns import taking_turns
from wire.judging import MOST_BREAKS, PUT_OFF, CheckerKind, Examined, InputValidator, JudgingManifest, RunOrder, TestCase
from wire.problems import Finding

MOST_MS = 600_000
"""What the programs of one examination may take on the clock, all together: a slot belongs to a package no longer than that."""
CHECKER, PROBE = -1, -2
"""The places of the checker, and of all together, among those who are asked; an input validator's is that in the order."""
_ANSWERS_ARE_OUTPUTS = frozenset({CheckerKind.TESTLIB, CheckerKind.OMEGAUP, CheckerKind.CMS})


class Examination:
    """Validates the inputs of one order. ``examined`` is how far it is."""

    def __init__(self, pool: BoxPool, builds: Builds, blobs: BlobCache) -> None:
        self._pool = pool
        self._builds = builds
        self._blobs = blobs
        self._programs = Programs(blobs)
        self.examined = Examined()

    async def findings(self, order: RunOrder, until_urged: Callable[[], Awaitable[None]]) -> tuple[Finding, ...]:
        """What is to be said of the inputs and the answers of a package.

        It goes on behind ``order.examined``. Raises: `GivesWay`, before the last case; `BoxLost`, and what fetching raises.
        """
        known = order.examined or Examined()
        course, haste = Course.behind(known), Haste(until_urged, known.broken_off)
        try:
            return await self._findings(order, course, haste)
        except GivesWay:
            if not haste.is_futile:
                raise
            course.findings.add(WARNING, PUT_OFF, FOLDER, _put_off("the programs do not compile soon enough, or the inputs do not come"))
            return course.findings.all()
        finally:
            self.examined = course.examined(haste.broken_off)

    async def _findings(self, order: RunOrder, course: Course, haste: Haste) -> tuple[Finding, ...]:
        count = len(order.manifest.cases) + len(order.probes)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(haste.listening())
            at_work = await haste.result_of(partial(self._opened, order, course, stack), BUILD_S)
            if any(one.program.is_new for one in at_work.examiners):
                haste.advance()
            if not at_work.looks_at_cases:
                course.cases = max(course.cases, len(order.manifest.cases))
            while course.cases < count and not course.silent.issuperset(at_work.asked):
                if course.spent_ms >= MOST_MS:
                    return (*course.findings.all(), _cut(course.cases, count))
                if haste.is_over:
                    raise GivesWay
                async with AsyncExitStack() as held:
                    pair = await haste.result_of(partial(held.enter_async_context, at_work.inputs.case(course.cases)), BUILD_S)
                    await _ask_all(at_work, course.cases, pair, haste)
                course.cases, course.asked = course.cases + 1, 0
        return course.findings.all()

    async def _opened(self, order: RunOrder, course: Course, stack: AsyncExitStack) -> _AtWork:
        """Those who are asked, built; they end with the stack."""
        manifest = order.manifest
        wanted = [(place, one) for place, one in enumerate(order.input_validators) if place not in course.silent]
        examiners = [one for place, validator in wanted async for one in self._examiner(order, place, validator, course, stack)]
        every = replace(manifest, cases=(*manifest.cases, *(probe.case for probe in order.probes)))
        inputs = await stack.enter_async_context(fetching_ahead(self._blobs, every))
        await rehearse(manifest, self._programs, self._builds, course)
        check = None if CHECKER in course.silent else await stack.enter_async_context(self._checking(order))
        return _AtWork(order, examiners, check, inputs, self._blobs, course)

    async def _examiner(
        self, order: RunOrder, place: int, validator: InputValidator, course: Course, stack: AsyncExitStack
    ) -> AsyncIterator[Examiner]:
        """The validator, built and with a box; none, with a finding, when it cannot be built."""
        findings = course.findings
        path = validator_of(validator)
        sources = await self._programs.sources(order.manifest.problem, validator.program)
        try:
            program = await built_program(order.manifest.problem, validator.program, self._programs, self._builds)
        except BuildFailed as failed:
            said = f"{name_of(validator)} does not compile:\n{failed.message[:SHOWN_BYTES]}{missing_header(failed.message)}"
            course.silent.add(place)
            findings.add(ERROR, "input-validator-broken", path, said)
        except Invalid as failed:
            course.silent.add(place)
            findings.add(ERROR, "input-validator-broken", path, f"{name_of(validator)}: {failed.message}")
        else:
            boxes = await stack.enter_async_context(taking_turns(self._pool, program.furnish))
            yield Examiner(validator, program, boxes, path, place, data_of(program, sources))

    @asynccontextmanager
    async def _checking(self, order: RunOrder) -> AsyncIterator[Check | None]:
        """The checker, where it is one that could refuse an output that is at hand; whether it compiles was seen before."""
        manifest = order.manifest
        has_program = manifest.checker.program is not None
        is_asked = (has_program or any(probe.output for probe in order.probes)) and not manifest.is_interactive and manifest.passes == 1
        try:
            if is_asked and has_program:
                for one in (manifest.checker, *manifest.more_checkers):
                    await built_checker(manifest.problem, one, self._programs, self._builds)
        except Invalid:
            is_asked = False
        if not is_asked:
            yield None
            return
        async with checking(manifest, self._programs, self._builds, self._pool) as check:
            yield check


@dataclass(frozen=True, slots=True)
class _AtWork:
    """Those who are asked, and about what."""

    order: RunOrder
    examiners: Sequence[Examiner]
    check: Check | None
    inputs: Inputs
    blobs: BlobCache
    course: Course

    @property
    def asked(self) -> set[int]:
        """Their places."""
        return {one.place for one in self.examiners} | ({CHECKER} if self.check is not None else set())

    @property
    def looks_at_cases(self) -> bool:
        """Whether anybody has a question about the cases themselves."""
        return bool(self.examiners) or self.check_of_answers is not None

    @property
    def check_of_answers(self) -> Check | None:
        """The checker where answers are no matter of course: the default one would compare each with itself."""
        return self.check if self.order.manifest.checker.program is not None else None

    def put_off(self, place: int, number: int) -> tuple[str, str]:
        """The path of the program, or of the probe, that takes too long about a case, and what is said of it."""
        cases, probes = self.order.manifest.cases, self.order.probes
        where = input_of(cases[number] if number < len(cases) else probes[number - len(cases)].case)
        if place >= 0:
            validator = self.order.input_validators[place]
            return validator_of(validator), _put_off(f"{name_of(validator)} takes more than {MOST_SLICE_S:g} s for {where}")
        if place == CHECKER:
            return answer_of(cases[number]), _put_off(f"the checker takes more than {MOST_SLICE_S:g} s for it")
        return probes[number - len(cases)].path, _put_off(f"the validators take more than {MOST_SLICE_S:g} s for it")

    def pieces(self, number: int, pair: Pair) -> dict[int, Callable[[], Awaitable[None]]]:
        """What is to be asked about a case or a probe, by who is asked."""
        cases = self.order.manifest.cases
        if number >= len(cases):
            probing = Probing(self.examiners, self.check, self.blobs, len(self.order.input_validators), self.course)
            return {PROBE: partial(probing.examine, self.order.manifest.problem, self.order.probes[number - len(cases)], pair)}
        case, check = cases[number], self.check_of_answers
        if case.is_static or case.same_as:
            return {}
        found: dict[int, Callable[[], Awaitable[None]]] = {one.place: partial(_examine, one, case, pair, self.course) for one in self.examiners}
        if check is not None:
            found[CHECKER] = partial(_check_answer, check, self.order.manifest, case, pair, self.course)
        return found


async def _ask_all(at_work: _AtWork, number: int, pair: Pair, haste: Haste) -> None:
    """Asks everybody who has not answered for this case. The checker is the last.

    Who was broken off too often is put off: that is found, and he is asked no more. Raises: `GivesWay`.
    """
    course = at_work.course
    for place, piece in at_work.pieces(number, pair).items():
        if 0 <= place < course.asked or place in course.silent:
            continue
        if haste.is_over:
            raise GivesWay
        try:
            await haste.result_of(piece)
        except GivesWay:
            if haste.is_futile:
                course.silent.add(place)
                course.findings.add(WARNING, PUT_OFF, *at_work.put_off(place, number))
                haste.advance()
            raise
        haste.advance()
        course.asked = place + 1 if place >= 0 else course.asked


async def _examine(examiner: Examiner, case: TestCase, pair: Pair, course: Course) -> None:
    said = await said_against(examiner, case, pair, course)
    if said:
        course.findings.add(ERROR, "input-invalid", input_of(case), said)


async def _check_answer(check: Check, manifest: JudgingManifest, case: TestCase, pair: Pair, course: Course) -> None:
    answer = Spool.over(pair.answer.fd, pair.answer.size_bytes)
    try:
        with course.asking():
            judgement = await check(case, answer, pair)
    finally:
        answer.close()
    if judgement.verdict is Verdict.AC:
        return
    has_failed = judgement.verdict is Verdict.VE
    is_sure = has_failed or (case.is_sample and manifest.checker.kind in _ANSWERS_ARE_OUTPUTS)
    rest = "; it failed, and was asked no more" if has_failed else ""
    if has_failed:
        course.silent.add(CHECKER)
    said = f"the checker says {judgement.verdict} of the jury's own answer, given to it as an output{rest}\n{judgement.message}".strip()
    course.findings.add(ERROR if is_sure else WARNING, "answer-rejected", answer_of(case), said)


def _put_off(why: str) -> str:
    return f"{why}: broken off {MOST_BREAKS} times for submissions that somebody waited for, and asked no more. It is tried out again by itself, later"


def _cut(examined: int, count: int) -> Finding:
    said = f"the programs took more than {MOST_MS // 1000} s for {examined} of {count} cases: the rest was not examined; make them faster"
    return Finding(WARNING, "examination-cut", "", said)
