"""Owns one attempt's work: compile, run case after case, check. Never speaks to the grader: it returns what to say.

Whose fault it was decides the outcome: the contestant's is judged, the setter's is ``checker-error``, ours ``judge-error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Protocol

from contest.grading import Grading
from contest.results import CaseResult
from contest.rulings import Ruling
from contest.verdicts import Verdict
from mesh.errors import Invalid, MeshError
from services.runner.arbiter import GraderFailed, Hearing, arbiter_of
from services.runner.blobs import BlobCache
from services.runner.builds import BuildFailed, Builds, Built
from services.runner.flows.details import Details
from services.runner.flows.flow import Desk, Flow
from services.runner.flows.opening import flowing
from services.runner.flows.repeats import Repeats
from services.runner.flows.static import static_first
from services.runner.haste import Haste
from services.runner.inputs import Pair, fetching_ahead
from services.runner.languages.table import Toolchain
from services.runner.programs import Programs
from services.runner.sandbox.pool import BoxPool
from services.runner.sources import built_submission
from services.runner.validating import Examination
from wire.judging import VALIDATE, AttemptEnd, JudgingManifest, RunOrder, Step

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
        listener.step(Step.COMPILING)
        try:
            program = await built_submission(order, self._toolchains, self._programs, self._builds)
        except BuildFailed as refused:
            return AttemptEnd(order.attempt, "compile-error", compile_output=refused.message)
        except MeshError as ours:
            return AttemptEnd(order.attempt, "judge-error", message=f"{ours.code}: {ours.message}")
        results: list[CaseResult] = []
        rulings: list[Ruling] = []
        outcome, message, about = "judged", "", ""
        broken_off: int | None = None
        try:
            broken_off = await self._run_cases(order, program, listener, results, rulings)
            if broken_off is not None:
                outcome, message = "handed-back", GIVES_WAY
        except BuildFailed as setters:
            outcome, message = "checker-error", f"the validator does not compile:\n{setters.message}"
        except Invalid as setters:
            outcome, message = "checker-error", f"{setters.code}: {setters.message}"
            about = setters.about if isinstance(setters, GraderFailed) else ""
        except MeshError as ours:
            outcome, message = "judge-error", f"{ours.code}: {ours.message}"
        else:
            failed = next((result for result in results if result.verdict is Verdict.VE), None)
            if failed:
                outcome, message = "checker-error", failed.message
        return AttemptEnd(
            order.attempt, outcome, results=tuple(results), compile_output=program.output, message=message, rulings=tuple(rulings),
            broken_off=broken_off or 0, about=about,
        )  # fmt: skip

    async def _validated(self, order: RunOrder, listener: Listener) -> AttemptEnd:
        listener.step(Step.RUNNING)
        examination = Examination(self._pool, self._builds, self._blobs)
        try:
            findings = await examination.findings(order, listener.until_urged)
        except MeshError as ours:
            return AttemptEnd(order.attempt, "judge-error", message=f"{ours.code}: {ours.message}")
        if findings is None:
            return AttemptEnd(order.attempt, "handed-back", message=GIVES_WAY, examined=examination.examined)
        return AttemptEnd(order.attempt, "validated", findings=findings)

    async def _run_cases(
        self, order: RunOrder, program: Built, listener: Listener, results: list[CaseResult], rulings: list[Ruling]
    ) -> int | None:
        """None when it came to the end; when it gave way, how often the package's own grader was broken off over what it is asked next."""
        manifest = order.manifest
        try:
            grading = Grading(manifest.groups, len(manifest.cases), is_scoring=manifest.is_scoring)
        except ValueError as wrong:
            raise Invalid(f"the problem cannot be graded: {wrong}", code="bad-manifest") from wrong
        arbiter = await arbiter_of(manifest, self._programs, self._builds, self._pool)
        listener.step(Step.FETCHING)
        haste = Haste(listener.until_urged)
        if program.is_new:
            haste.advance()
        hearing = Hearing(grading, arbiter, haste, order.rulings, order.broken_off)
        desk = Desk(self._pool, self._builds, self._programs, self._core, Details(), self._repeats.overtime_ms(manifest.limits))
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            await enter(haste.listening())
            known = await hearing.replayed(order.done)
            results += order.done if known is None else known
            gives_way = known is None
            inputs = await enter(fetching_ahead(self._blobs, manifest))
            flow = await enter(static_first(manifest, program, desk, await enter(flowing(manifest, program, desk))))
            listener.step(Step.RUNNING)
            while not gives_way and not grading.is_over:
                if listener.gives_way and haste.has_advanced:
                    gives_way = True
                elif (index := grading.next_case) is None:
                    gives_way = not await hearing.answered()
                else:
                    async with inputs.case(index) as pair:
                        result = await self._judged_case(flow, index, manifest, pair)
                    results.append(result)
                    listener.result(result)
                    haste.advance()
                    if result.verdict is Verdict.VE:
                        break
                    grading.record(result)
        rulings += hearing.rulings
        return hearing.broken_off if gives_way else None

    async def _judged_case(self, flow: Flow, index: int, manifest: JudgingManifest, pair: Pair) -> CaseResult:
        """One case; once more when the first time came so near a limit that the machine may have decided it."""
        result = await flow.judge(index, manifest.cases[index], pair)
        if not self._repeats.is_due(result, manifest.limits):
            return result
        return self._repeats.better(result, await flow.judge(index, manifest.cases[index], pair))
