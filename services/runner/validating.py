"""Owns the examination of a package's inputs: every input validator over every case, and the checker over the jury's own answers.

Behind the cases stand the probes, by which the package tries its validators themselves: `services.runner.probing`. A validator that is killed, crashes or does not compile is broken: that is said once, and it is not asked again; nor is a checker that fails.
All programs together have `MOST_MS`. To what somebody waits for it gives way at once (`services.runner.haste`), in the middle of a case too: the
answers that it has are kept, the program that was broken off is asked again. Time that was broken off does not count.
Source: ICPC problem package format, "Input validators"; what `verifyproblem` says of judge answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
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
from services.runner.flows.beside import data_among
from services.runner.haste import Haste
from services.runner.inputs import Pair, fetching_ahead
from services.runner.places import answer_of, input_of, name_of, validator_of
from services.runner.probing import Probing
from services.runner.programs import Programs
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import taking_turns
from wire.judging import CheckerKind, Examined, InputValidator, JudgingManifest, RunOrder, TestCase
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

    async def findings(self, order: RunOrder, until_urged: Callable[[], Awaitable[None]]) -> tuple[Finding, ...] | None:
        """What is to be said of the inputs and the answers of a package; None when it gave way before the last case.

        It goes on behind ``order.examined``. Raises: `BoxLost`, and what fetching raises.
        """
        course, haste = Course.behind(order.examined or self.examined), Haste(until_urged)
        manifest, count = order.manifest, len(order.manifest.cases) + len(order.probes)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(haste.listening())
            wanted = [(place, one) for place, one in enumerate(order.input_validators) if place not in course.silent]
            examiners = [one for place, validator in wanted async for one in self._examiner(order, place, validator, course, stack)]
            every = replace(manifest, cases=(*manifest.cases, *(probe.case for probe in order.probes)))
            inputs = await stack.enter_async_context(fetching_ahead(self._blobs, every))
            check = None if CHECKER in course.silent else await stack.enter_async_context(self._checking(order))
            if any(one.program.is_new for one in examiners):
                haste.advance()
            at_work = _AtWork(order, examiners, check, self._blobs, course)
            if not at_work.looks_at_cases:
                course.cases = max(course.cases, len(manifest.cases))
            asked = [one.place for one in examiners] + [CHECKER] * (check is not None)
            while course.cases < count and not course.silent.issuperset(asked):
                if course.spent_ms >= MOST_MS:
                    return (*course.findings.all(), _cut(course.cases, count))
                if haste.is_over:
                    self.examined = course.examined()
                    return None
                async with inputs.case(course.cases) as pair:
                    if not await _all_asked(at_work.pieces(course.cases, pair), course, haste):
                        self.examined = course.examined()
                        return None
                course.cases, course.asked = course.cases + 1, 0
        return course.findings.all()

    async def _examiner(
        self, order: RunOrder, place: int, validator: InputValidator, course: Course, stack: AsyncExitStack
    ) -> AsyncIterator[Examiner]:
        """The validator, built and with a box; none, with a finding, when it cannot be built."""
        findings = course.findings
        path = validator_of(validator)
        sources = await self._programs.sources(order.manifest.problem, validator.program)
        try:
            program = await self._builds.build(validator.program.language, sources)
        except BuildFailed as failed:
            said = f"{name_of(validator)} does not compile:\n{failed.message[:SHOWN_BYTES]}{missing_header(failed.message)}"
            course.silent.add(place)
            findings.add(ERROR, "input-validator-broken", path, said)
        except Invalid as failed:
            course.silent.add(place)
            findings.add(ERROR, "input-validator-broken", path, f"{name_of(validator)}: {failed.message}")
        else:
            boxes = await stack.enter_async_context(taking_turns(self._pool, program.furnish))
            yield Examiner(validator, program, boxes, path, place, data_among(program.toolchain.language, sources))

    @asynccontextmanager
    async def _checking(self, order: RunOrder) -> AsyncIterator[Check | None]:
        """The checker, where it is one that could refuse an output that is at hand; what is wrong with itself, the submissions will show."""
        manifest = order.manifest
        has_program = manifest.checker.program is not None
        is_asked = (has_program or any(probe.output for probe in order.probes)) and not manifest.is_interactive and manifest.passes == 1
        try:
            if is_asked and has_program:
                await built_checker(manifest.problem, manifest.checker, self._programs, self._builds)
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
    blobs: BlobCache
    course: Course

    @property
    def looks_at_cases(self) -> bool:
        """Whether anybody has a question about the cases themselves."""
        return bool(self.examiners) or self.check_of_answers is not None

    @property
    def check_of_answers(self) -> Check | None:
        """The checker where answers are no matter of course: the default one would compare each with itself."""
        return self.check if self.order.manifest.checker.program is not None else None

    def pieces(self, number: int, pair: Pair) -> dict[int, Callable[[], Awaitable[None]]]:
        """What is to be asked about a case or a probe, by who is asked."""
        cases = self.order.manifest.cases
        if number >= len(cases):
            probing = Probing(self.examiners, self.check, self.blobs, len(self.order.input_validators), self.course)
            return {PROBE: partial(probing.examine, self.order.manifest.problem, self.order.probes[number - len(cases)], pair)}
        case, check = cases[number], self.check_of_answers
        if case.is_static:
            return {}
        found: dict[int, Callable[[], Awaitable[None]]] = {one.place: partial(_examine, one, case, pair, self.course) for one in self.examiners}
        if check is not None:
            found[CHECKER] = partial(_check_answer, check, self.order.manifest, case, pair, self.course)
        return found


async def _all_asked(pieces: Mapping[int, Callable[[], Awaitable[None]]], course: Course, haste: Haste) -> bool:
    """Whether every program has answered for this case; False: it gives way. The checker is the last."""
    for place, piece in pieces.items():
        if 0 <= place < course.asked or place in course.silent:
            continue
        if haste.is_over:
            return False
        if not await haste.ended(piece, course.broken_off):
            course.broken_off += 1
            return False
        course.asked, course.broken_off = (place + 1 if place >= 0 else course.asked), 0
    return True


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
    is_sure = case.is_sample and manifest.checker.kind in _ANSWERS_ARE_OUTPUTS
    rest = ""
    if judgement.verdict is Verdict.VE:
        course.silent.add(CHECKER)
        rest = "; it failed, and was asked no more"
    said = f"the checker says {judgement.verdict} of the jury's own answer, given to it as an output{rest}\n{judgement.message}".strip()
    course.findings.add(ERROR if is_sure else WARNING, "answer-rejected", answer_of(case), said)


def _cut(examined: int, count: int) -> Finding:
    said = f"the programs took more than {MOST_MS // 1000} s for {examined} of {count} cases: the rest was not examined; make them faster"
    return Finding(WARNING, "examination-cut", "", said)
