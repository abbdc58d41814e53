"""Owns the asking of a package's own grader, in a box of its own for each question. Never counts points: `contest.grading` does.

    grader [arguments] < lines        0, and one line "VERDICT SCORE"; anything else is the setter's fault (VE)

It is built before the first case, so that a fault of it costs nobody a run of all cases, and asked as soon as a group is over, since what it
says decides whether the cases after that are run. An attempt that goes on where another was handed back asks again: nothing of a grader is kept.
"""

from __future__ import annotations

import os

from contest.limits import CHECKER_LIMITS
from contest.rulings import Question, Ruling, read_ruling
from mesh.errors import Invalid
from services.runner.builds import BuildFailed, Builds, Built, readable
from services.runner.checkers.validator import is_broken, why_broken
from services.runner.programs import Programs
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import sealed
from wire.judging import JudgingManifest

ANSWER_BYTES = 4 << 10


class GraderFailed(Invalid):
    """A package's own grader crashed, was stopped, or wrote what is no verdict and score. The setter's fault: its words are in the message."""

    default_code = "grader-failed"


class Arbiter:
    """The package's own grader, ready to be asked. ``program`` None: the package has none."""

    def __init__(self, manifest: JudgingManifest, program: Built | None, pool: BoxPool) -> None:
        self._limits = manifest.checker.limits or CHECKER_LIMITS
        self._program = program
        self._pool = pool
        self.rulings: list[Ruling] = []

    async def rule(self, question: Question) -> Ruling:
        """What it says of a group; kept in ``rulings`` too. Raises: `GraderFailed`, `BoxLost`."""
        if self._program is None:
            raise GraderFailed(f"the group {_name(question)} asks for a grader, and the package brings none")
        async with self._pool.box() as box:
            await self._program.furnish(box)
            launch = self._program.launch(self._limits)
            stdin = sealed("".join(f"{one}\n" for one in question.lines).encode())
            try:
                job = Job((*launch.argv, *question.arguments), launch.limits, launch.environment, stdin=stdin, cuts_output=True, purpose="validator")
                execution = await box.execute(job)
            finally:
                os.close(stdin)
            try:
                ruling = _read(question, execution)
            finally:
                execution.output.close()
        self.rulings.append(ruling)
        return ruling


async def arbiter_of(manifest: JudgingManifest, programs: Programs, builds: Builds, pool: BoxPool) -> Arbiter:
    """The arbiter of a problem, its grader built. Raises: `GraderFailed` when it does not compile; `BoxLost`; what fetching raises."""
    if manifest.grader is None:
        return Arbiter(manifest, None, pool)
    sources = await programs.sources(manifest.problem, manifest.grader)
    try:
        return Arbiter(manifest, await builds.build(manifest.grader.language, sources), pool)
    except BuildFailed as failed:
        raise GraderFailed(f"the package's grader does not compile:\n{failed.message}") from failed


def _read(question: Question, execution: Execution) -> Ruling:
    if execution.is_lost and execution.killed_by is None:
        raise BoxLost("the grader's box was lost")
    asked = f"it was asked about the group {_name(question)}, of {len(question.lines)} results"
    if is_broken(execution) or execution.exit_code:
        raise GraderFailed(why_broken("the package's grader", execution, asked))
    written = readable(execution.output.head(ANSWER_BYTES)) if execution.output.size <= ANSWER_BYTES else ""
    try:
        return read_ruling(question, written)
    except ValueError as wrong:
        said = readable(execution.stderr[:ANSWER_BYTES]).strip()
        raise GraderFailed("\n".join(part for part in (f"the package's grader failed: {wrong}", asked, said) if part)) from wrong


def _name(question: Question) -> str:
    return f"data/{question.path}".rstrip("/")
