"""Owns the running of the contestant's program on one input, and what its end means. Never judges an output."""

from __future__ import annotations

from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from services.runner.builds import Built, readable
from services.runner.checkers.judgement import Judgement
from services.runner.flows.beside import NOTHING, Beside, lay_contents
from services.runner.flows.named_files import NamedFiles
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.rootfs import WORK
from services.runner.sandbox.turns import Turns

MESSAGE_CHARACTERS = 1000
BOX_TRIES = 3
_LINE_BYTES = 400


class Solution:
    """A built submission, the limits it runs under, and the boxes that it runs in."""

    def __init__(  # noqa: PLR0917  what a program runs with
        self, program: Built, limits: Limits, turns: Turns, core: int | None, overtime_ms: int = 0, files: NamedFiles = NamedFiles(), *,  # noqa: B008  a frozen value
        writes_files: bool = True,
    ) -> None:
        self.program = program
        self.turns = turns
        self._launch = program.launch(limits)
        self._core = core
        self._overtime_ms = overtime_ms
        self._files = files
        self._writes_files = writes_files

    async def lay(self, box: Box, beside: Beside = NOTHING) -> None:
        """Puts into the working directory what was handed in, or comes with the problem, to be read there; then the case's own.

        Nothing can be made there afterwards where the problem does not allow it. Raises: `BoxLost`.
        """
        await lay_contents(box, self.program.data)
        await beside.lay(box)
        if not self._writes_files:
            await box.shut(WORK)

    def job(self, stdin: int | None = None, arguments: tuple[str, ...] = ()) -> Job:
        """One execution of it."""
        launch = self._launch
        argv = (*launch.argv, *arguments)
        return Job(argv, launch.limits, launch.environment, stdin=stdin, core=self._core, overtime_ms=self._overtime_ms)

    async def run(self, stdin: int, beside: Beside = NOTHING) -> Execution:
        """Runs it on one input, a descriptor; in another box when one is lost through no fault of the program's. Raises: `BoxLost`."""
        job = self.job(stdin, beside.arguments)
        for left in reversed(range(BOX_TRIES)):
            try:
                async with self.turns.turn() as box:
                    await self.lay(box, beside)
                    await self._files.lay(box, stdin)
                    execution = await self._files.taken(box, await box.execute(job))
            except BoxLost:
                if not left:
                    raise
            else:
                if execution.verdict is not Verdict.JE or not left:
                    return execution
                execution.output.close()
        raise AssertionError("the last try returns or raises")


def own_verdict(execution: Execution, program: Built) -> tuple[Verdict | None, str]:
    """The verdict that an execution has by itself, with what the run-time says about its heap taken into account; None: look at the output."""
    if execution.verdict is Verdict.RTE:
        said = execution.output.tail(_LINE_BYTES) + b"\n" + execution.stderr
        if program.toolchain.language.is_heap_full(execution.exit_code, execution.signal, said):
            return Verdict.MLE, "the heap is full"
    return execution.verdict, execution.detail


def own_judgement(execution: Execution, program: Built, name: str) -> Judgement | None:
    """The judgement that an execution has by itself, None when its output decides. Raises: `BoxLost` when it is nobody's but ours."""
    verdict, detail = own_verdict(execution, program)
    if verdict is None:
        return None
    if verdict is Verdict.JE:
        raise BoxLost(f"case {name}: {detail}")
    said = readable(execution.stderr).strip()
    return Judgement(verdict, f"{detail}\n{said}" if said else detail)


def case_result(index: int, execution: Execution, judgement: Judgement, details: tuple[str, str] = ("", "")) -> CaseResult:
    """The result of a case that took one execution."""
    return CaseResult(
        index=index, verdict=judgement.verdict, time_ms=execution.time_ms, memory_bytes=execution.memory_bytes, wall_ms=execution.wall_ms,
        score=judgement.score, exit_code=execution.exit_code, signal=execution.signal, message=judgement.message[:MESSAGE_CHARACTERS],
        points=judgement.points, output_head=details[0], difference=details[1],
    )  # fmt: skip
