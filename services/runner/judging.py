"""Owns one attempt's work: compile, run case after case, check. Never speaks to the grader: it returns what to say.

Whose fault it was decides the outcome: the contestant's is judged, the setter's is ``checker-error``, ours ``judge-error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from contest.grading import Grading
from contest.limits import COMPILE_LIMITS
from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.errors import Invalid, MeshError
from services.runner.blobs import BlobCache
from services.runner.builds import BuildFailed, Builds, Built, readable
from services.runner.checkers.checking import Check, checking
from services.runner.checkers.judgement import Judgement
from services.runner.inputs import Pair, fetching_ahead
from services.runner.languages.table import Toolchain
from services.runner.programs import Programs
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.turns import Turns, taking_turns
from wire.judging import AttemptEnd, RunOrder, Step, TestCase

MESSAGE_CHARACTERS = 1000
_LINE_BYTES = 400
_BOX_TRIES = 3


class Listener(Protocol):
    """Hears how far an attempt is. Never blocks."""

    def step(self, step: Step) -> None:
        """A new step begins."""
        ...

    def result(self, result: CaseResult) -> None:
        """A case has ended."""
        ...


class Judge:
    """Judges one order at a time; a runner has one per slot. ``core`` binds the contestants' programs to one core."""

    def __init__(
        self, pool: BoxPool, builds: Builds, blobs: BlobCache, toolchains: Mapping[str, Toolchain], core: int | None
    ) -> None:
        self._pool = pool
        self._builds = builds
        self._blobs = blobs
        self._toolchains = toolchains
        self._core = core

    async def judge(self, order: RunOrder, listener: Listener) -> AttemptEnd:
        """The last word on the attempt, ``runner`` left empty. Cancelling it leaves nothing behind."""
        listener.step(Step.COMPILING)
        try:
            program = await self._compiled(order)
        except BuildFailed as refused:
            return AttemptEnd(order.attempt, "compile-error", compile_output=refused.message)
        except MeshError as ours:
            return AttemptEnd(order.attempt, "judge-error", message=f"{ours.code}: {ours.message}")
        results: list[CaseResult] = []
        outcome, message = "judged", ""
        try:
            await self._run_cases(order, program, listener, results)
        except BuildFailed as setters:
            outcome, message = "checker-error", f"the validator does not compile:\n{setters.message}"
        except Invalid as setters:
            outcome, message = "checker-error", f"{setters.code}: {setters.message}"
        except MeshError as ours:
            outcome, message = "judge-error", f"{ours.code}: {ours.message}"
        else:
            failed = next((result for result in results if result.verdict is Verdict.VE), None)
            if failed:
                outcome, message = "checker-error", failed.message
        return AttemptEnd(order.attempt, outcome, results=tuple(results), message=message)

    async def _compiled(self, order: RunOrder) -> Built:
        toolchain = self._toolchains.get(order.language)
        name = toolchain.language.name_source(order.source.encode(), order.filename) if toolchain else ""
        sources = {name: order.source.encode("utf-8", errors="surrogatepass")}
        return await self._builds.build(order.language, sources, order.manifest.compile_limits or COMPILE_LIMITS)

    async def _run_cases(self, order: RunOrder, program: Built, listener: Listener, results: list[CaseResult]) -> None:
        manifest = order.manifest
        try:
            grading = Grading(manifest.groups, len(manifest.cases), is_scoring=manifest.is_scoring)
        except ValueError as wrong:
            raise Invalid(f"the problem cannot be graded: {wrong}", code="bad-manifest") from wrong
        listener.step(Step.FETCHING)
        async with (
            fetching_ahead(self._blobs, manifest) as inputs,
            checking(manifest, Programs(self._blobs), self._builds, self._pool) as check,
            taking_turns(self._pool, program.furnish) as turns,
        ):
            listener.step(Step.RUNNING)
            while (index := grading.next_case) is not None:
                async with inputs.case(index) as pair:
                    result = await self._case(index, manifest.cases[index], program, order, turns, pair, check)
                results.append(result)
                listener.result(result)
                if result.verdict is Verdict.VE:
                    return
                grading.record(result)

    async def _case(  # noqa: PLR0917  the nouns of one case
        self, index: int, case: TestCase, program: Built, order: RunOrder, turns: Turns, pair: Pair, check: Check
    ) -> CaseResult:
        execution = await self._executed(program, order, turns, pair)
        try:
            verdict, detail = _verdict_of(execution, program)
            if verdict is Verdict.JE:
                raise BoxLost(f"case {case.name}: {detail}")
            judgement = await check(case, execution.output, pair) if verdict is None else Judgement(verdict, _with_stderr(detail, execution))
        finally:
            execution.output.close()
        return CaseResult(
            index=index, verdict=judgement.verdict, time_ms=execution.time_ms, memory_bytes=execution.memory_bytes, wall_ms=execution.wall_ms,
            score=judgement.score, exit_code=execution.exit_code, signal=execution.signal, message=judgement.message[:MESSAGE_CHARACTERS],
        )  # fmt: skip

    async def _executed(self, program: Built, order: RunOrder, turns: Turns, pair: Pair) -> Execution:
        """Runs the program on one input; in another box when a box is lost through no fault of the program's."""
        launch = program.launch(order.manifest.limits)
        job = Job(launch.argv, launch.limits, launch.environment, stdin=pair.question.fd, core=self._core)
        for left in reversed(range(_BOX_TRIES)):
            try:
                async with turns.turn() as box:
                    execution = await box.execute(job)
            except BoxLost:
                if not left:
                    raise
            else:
                if execution.verdict is not Verdict.JE or not left:
                    return execution
                execution.output.close()
        raise AssertionError("the last try returns or raises")


def _verdict_of(execution: Execution, program: Built) -> tuple[Verdict | None, str]:
    """The execution's own verdict, with what the run-time says about its heap taken into account."""
    language = program.toolchain.language
    if (
        execution.verdict is Verdict.RTE
        and language.memory_exit_code is not None
        and execution.exit_code == language.memory_exit_code
        and language.memory_line in execution.output.tail(_LINE_BYTES)
    ):
        return Verdict.MLE, "the heap is full"
    return execution.verdict, execution.detail


def _with_stderr(detail: str, execution: Execution) -> str:
    said = readable(execution.stderr).strip()
    return f"{detail}\n{said}" if said else detail
