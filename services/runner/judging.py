"""Owns one attempt's work: compile, run case after case, check. Never speaks to the grader: it returns what to say.

Whose fault it was decides the outcome: the contestant's is judged, the setter's is ``checker-error``, ours ``judge-error``; where no box starts it is
handed back. Building, every
case and every question to a package's own grader is a piece that something urgent may break off (`services.runner.haste`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from contest.grading import Grading
from contest.results import CaseResult
from contest.rulings import Ruling
from contest.verdicts import Verdict
from mesh.errors import Invalid, MeshError
from services.runner.arbiter import Arbiter, GraderFailed, Hearing, arbiter_of
from services.runner.blobs import BlobCache
from services.runner.builds import BuildFailed, Builds, Built
from services.runner.flows.details import Details
from services.runner.flows.flow import Desk, Flow
from services.runner.flows.opening import flowing
from services.runner.flows.repeats import Repeats
from services.runner.flows.static import static_first
from services.runner.haste import BUILD_S, MOST_CASE_S, GivesWay, Haste
from services.runner.inputs import Inputs, fetching_ahead
from services.runner.languages.table import Toolchain
from services.runner.programs import Programs
from services.runner.sandbox.errors import BoxLost, NoBoxes
from services.runner.sandbox.pool import BoxPool
from services.runner.sources import built_submission
from services.runner.validating import Examination
from wire.judging import VALIDATE, AttemptEnd, CheckerKind, JudgingManifest, RunOrder, Step

GIVES_WAY = "gives way to something more urgent"


class Listener(Protocol):
    """Hears how far an attempt is. Never blocks."""

    @property
    def gives_way(self) -> bool:
        """Whether something more urgent waits for this slot."""
        ...

    async def until_urged(self) -> None:
        """Returns when it does."""
        ...

    def step(self, step: Step) -> None:
        """A new step begins."""
        ...

    def result(self, result: CaseResult) -> None:
        """A case has ended."""
        ...


class Judge:
    """Judges one order at a time; a runner has one per slot. ``core`` binds the contestants' programs to one core."""

    def __init__(  # noqa: PLR0917  what a runner has, made once
        self, pool: BoxPool, builds: Builds, blobs: BlobCache, toolchains: Mapping[str, Toolchain], core: int | None, repeats: Repeats | None = None
    ) -> None:
        self._pool = pool
        self._builds = builds
        self._blobs = blobs
        self._programs = Programs(blobs)
        self._toolchains = toolchains
        self._core = core
        self._repeats = repeats or Repeats()

    async def judge(self, order: RunOrder, listener: Listener) -> AttemptEnd:
        """The last word on the attempt, ``runner`` left empty. Cancelling it leaves nothing behind."""
        if order.task == VALIDATE:
            return await self._validated(order, listener)
        haste = Haste(listener.until_urged, order.broken_off)
        async with haste.listening():
            return await self._judged(order, listener, haste)

    async def _judged(self, order: RunOrder, listener: Listener, haste: Haste) -> AttemptEnd:
        listener.step(Step.COMPILING)
        try:
            program = await haste.result_of(partial(built_submission, order, self._toolchains, self._programs, self._builds), BUILD_S)
        except GivesWay:
            return _handed_back(order, haste, order.done, order.rulings)
        except BuildFailed as refused:
            return AttemptEnd(order.attempt, "compile-error", compile_output=refused.message)
        except MeshError as ours:
            return AttemptEnd(order.attempt, self._outcome(ours), message=f"{ours.code}: {ours.message}")
        results, rulings = list(order.done), list[Ruling]()
        outcome, message, about = "judged", "", ""
        try:
            await self._run_cases(order, program, listener, haste, results=results, rulings=rulings)
        except GivesWay:
            return _handed_back(order, haste, results, rulings)
        except BuildFailed as setters:
            outcome, message = "checker-error", f"the validator does not compile:\n{setters.message}"
        except Invalid as setters:
            outcome, message = "checker-error", f"{setters.code}: {setters.message}"
            about = setters.about if isinstance(setters, GraderFailed) else ""
        except MeshError as ours:
            outcome, message = self._outcome(ours), f"{ours.code}: {ours.message}"
        else:
            failed = next((result for result in results if result.verdict is Verdict.VE), None)
            if failed:
                outcome, message = "checker-error", failed.message
        return AttemptEnd(
            order.attempt, outcome, results=tuple(results), compile_output=program.output, message=message, rulings=tuple(rulings), about=about,
        )  # fmt: skip

    async def _validated(self, order: RunOrder, listener: Listener) -> AttemptEnd:
        listener.step(Step.RUNNING)
        examination = Examination(self._pool, self._builds, self._blobs)
        try:
            findings = await examination.findings(order, listener.until_urged)
        except GivesWay:
            return AttemptEnd(order.attempt, "handed-back", message=GIVES_WAY, examined=examination.examined)
        except MeshError as ours:
            return AttemptEnd(order.attempt, self._outcome(ours), message=f"{ours.code}: {ours.message}", examined=examination.examined)
        return AttemptEnd(order.attempt, "validated", findings=findings)

    def _outcome(self, ours: MeshError) -> str:
        """What a failure of ours comes to. Where no box starts nothing was tried at all: another runner judges it, or this one when it is mended."""
        is_for_want_of_boxes = isinstance(ours, NoBoxes) or (isinstance(ours, BoxLost) and self._pool.trouble)
        return "handed-back" if is_for_want_of_boxes else "judge-error"

    async def _run_cases(
        self, order: RunOrder, program: Built, listener: Listener, haste: Haste, *, results: list[CaseResult], rulings: list[Ruling]
    ) -> None:
        """Adds what comes out to ``results`` and ``rulings``. Raises: `GivesWay`, and what building, judging and the package's grader raise."""
        manifest = order.manifest
        try:
            grading = Grading(manifest.groups, len(manifest.cases), is_scoring=manifest.is_scoring)
        except ValueError as wrong:
            raise Invalid(f"the problem cannot be graded: {wrong}", code="bad-manifest") from wrong
        if program.is_new:
            haste.advance()
        async with AsyncExitStack() as stack:
            listener.step(Step.FETCHING)
            at_work = await haste.result_of(partial(self._opened, order, program, haste, stack), BUILD_S)
            hearing = Hearing(grading, at_work.arbiter, haste, order.rulings, rulings)
            results[:] = await hearing.replayed(order.done)
            listener.step(Step.RUNNING)
            while not grading.is_over:
                if listener.gives_way and haste.has_advanced:
                    raise GivesWay
                index = grading.next_case
                if index is None:
                    await hearing.answer()
                    continue
                result = _known(manifest, index, results)
                if result is None:
                    result = await haste.result_of(partial(self._judged_case, at_work, index, manifest), _own_time_s(manifest, index))
                results.append(result)
                listener.result(result)
                haste.advance()
                if result.verdict is Verdict.VE:
                    break
                grading.record(result)

    async def _opened(self, order: RunOrder, program: Built, haste: Haste, stack: AsyncExitStack) -> _AtWork:
        """What the cases are judged with, the setter's programs built; it ends with the stack. Raises: as `arbiter_of`, `flowing`, `static_first`."""
        manifest, enter = order.manifest, stack.enter_async_context
        arbiter = await arbiter_of(manifest, self._programs, self._builds, self._pool)
        overtime_ms = self._repeats.overtime_ms(manifest.limits)
        desk = Desk(self._pool, self._builds, self._programs, self._core, Details(is_compared=_has_outputs_for_answers(manifest)), overtime_ms, haste.end_allowance)
        inputs = await enter(fetching_ahead(self._blobs, manifest))
        flow = await enter(static_first(manifest, program, desk, await enter(flowing(manifest, program, desk))))
        return _AtWork(arbiter, inputs, flow)

    async def _judged_case(self, at_work: _AtWork, index: int, manifest: JudgingManifest) -> CaseResult:
        """One case; once more when the first time came so near a limit that the machine may have decided it."""
        async with at_work.inputs.case(index) as pair:
            result = await at_work.flow.judge(index, manifest.cases[index], pair)
            if not self._repeats.is_due(result, manifest.limits):
                return result
            return self._repeats.better(result, await at_work.flow.judge(index, manifest.cases[index], pair))


@dataclass(frozen=True, slots=True)
class _AtWork:
    """What an attempt's cases are judged with."""

    arbiter: Arbiter
    inputs: Inputs
    flow: Flow


def _has_outputs_for_answers(manifest: JudgingManifest) -> bool:
    """Whether an answer is an output. What a validator of the ICPC kind, or a pass, makes of it is the validator's own affair."""
    return manifest.passes == 1 and manifest.checker.kind is not CheckerKind.CUSTOM


def _handed_back(order: RunOrder, haste: Haste, results: Iterable[CaseResult], rulings: Iterable[Ruling]) -> AttemptEnd:
    return AttemptEnd(
        order.attempt, "handed-back", results=tuple(results), message=GIVES_WAY, rulings=tuple(rulings), broken_off=haste.broken_off
    )


def _known(manifest: JudgingManifest, index: int, results: Iterable[CaseResult]) -> CaseResult | None:
    """The result of a case that another one is the same as, where that was judged."""
    case, cases = manifest.cases[index], manifest.cases
    alike = (one for one in results if cases[one.index].name == case.same_as and cases[one.index].threshold == case.threshold)
    twin = next(alike, None) if case.same_as else None
    return replace(twin, index=index) if twin is not None else None


def _own_time_s(manifest: JudgingManifest, index: int) -> float:
    """What the submission itself may take for a case, on the clock; the programs of its setter have none of it."""
    if manifest.is_output_only or manifest.cases[index].is_static:
        return 0.0
    return min(manifest.limits.wall_ms * manifest.passes / 1000, MOST_CASE_S)
