"""Owns the asking of a package's own grader, in a box of its own for each question. Never counts points: `contest.grading` does.

    grader [arguments] < lines        0, and one line "VERDICT SCORE"; anything else is the setter's fault (VE)

It is built before the first case, so that a fault of it costs nobody a run of all cases, and asked as soon as a group is over, since what it
says decides whether the cases after that are run. What it said goes along with an attempt that is handed back; a question that was broken off for
something urgent (`services.runner.haste`) is asked anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from contest.grading import Grading
from contest.limits import GRADER_LIMITS, Limits
from contest.results import CaseResult
from contest.rulings import Question, Ruling, read_ruling
from mesh.errors import Invalid
from services.runner.builds import BuildFailed, Builds, Built, readable
from services.runner.checkers.validator import is_broken, why_broken
from services.runner.haste import GivesWay, Haste
from services.runner.programs import Programs
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.spool import sealed
from services.runner.setters import built_program
from wire.judging import JudgingManifest

ANSWER_BYTES = 4 << 10
FOLDER = "graders"


class GraderFailed(Invalid):
    """A package's own grader crashed, was stopped, or wrote what is no verdict and score. The setter's fault: its words are in the message.

    ``about`` is the group that it was asked about, or where it lies: a path in the package.
    """

    default_code = "grader-failed"

    def __init__(self, message: str, about: str) -> None:
        super().__init__(message)
        self.about = about


class Arbiter:
    """The package's own grader, ready to be asked. ``program`` None: the package has none."""

    def __init__(self, manifest: JudgingManifest, program: Built | None, pool: BoxPool) -> None:
        self._limits = _limits_of(manifest)
        self._program = program
        self._pool = pool

    async def rule(self, question: Question) -> Ruling:
        """What it says of a group. Raises: `GraderFailed`, `BoxLost`."""
        if self._program is None:
            raise GraderFailed(f"the group {_name(question)} asks for a grader, and the package brings none", _name(question))
        async with self._pool.box() as box:
            await self._program.furnish(box)
            launch = self._program.launch(self._limits)
            stdin = sealed("".join(f"{one}\n" for one in question.lines).encode())
            try:
                job = Job((*launch.argv, *question.arguments), launch.limits, launch.environment, stdin=stdin, purpose="validator")
                execution = await box.execute(job)
            finally:
                os.close(stdin)
            try:
                return _read(question, execution)
            finally:
                execution.output.close()


class Hearing:
    """The questions of one attempt, one after the other. ``rulings`` are the answers, ``known`` those that an attempt before this one had."""

    def __init__(self, grading: Grading, arbiter: Arbiter, haste: Haste, known: Iterable[Ruling], rulings: list[Ruling]) -> None:
        self._grading = grading
        self._arbiter = arbiter
        self._haste = haste
        self._known = {ruling.path: ruling for ruling in known}
        self._rulings = rulings

    async def answer(self) -> None:
        """The question of the grading gets its answer. Raises: `GivesWay`, and as `Arbiter.rule`."""
        question = self._grading.question
        assert question is not None, "nobody hears what nobody asks"
        ruling = self._known.pop(question.path, None)
        if ruling is None:
            ruling = await self._haste.result_of(partial(self._arbiter.rule, question))
            self._haste.advance()
        self._grading.rule(ruling)
        self._rulings.append(ruling)

    async def replayed(self, done: Iterable[CaseResult]) -> list[CaseResult]:
        """Those results of an attempt before this one that count as they are: that the order of judging asks for. Raises: as `answer`."""
        taken: list[CaseResult] = []
        for result in done:
            while self._grading.question is not None:
                if self._haste.is_over:
                    raise GivesWay
                await self.answer()
            if self._grading.next_case != result.index:
                self._known.clear()  # it was said of what is run anew
                break
            self._grading.record(result)
            taken.append(result)
        return taken


async def arbiter_of(manifest: JudgingManifest, programs: Programs, builds: Builds, pool: BoxPool) -> Arbiter:
    """The arbiter of a problem, its grader built. Raises: `GraderFailed` when it does not compile; `BoxLost`; what fetching raises."""
    if manifest.grader is None:
        return Arbiter(manifest, None, pool)
    try:
        return Arbiter(manifest, await built_program(manifest.problem, manifest.grader, programs, builds), pool)
    except BuildFailed as failed:
        raise GraderFailed(f"the package's grader does not compile:\n{failed.message}", FOLDER) from failed


def _read(question: Question, execution: Execution) -> Ruling:
    if execution.is_lost and execution.killed_by is None:
        raise BoxLost("the grader's box was lost")
    where, count = _name(question), len(question.lines)
    who = f"the package's grader, asked about {count} result{'s' * (count != 1)} of the group {where},"
    if is_broken(execution) or execution.exit_code:
        raise GraderFailed(why_broken(who, execution), where)
    written = readable(execution.output.head(ANSWER_BYTES)) if execution.output.size <= ANSWER_BYTES else ""
    try:
        return read_ruling(question, written)
    except ValueError as wrong:
        said = readable(execution.stderr[:ANSWER_BYTES]).strip()
        raise GraderFailed("\n".join(part for part in (f"{who} failed: {wrong}", said) if part), where) from wrong


def _limits_of(manifest: JudgingManifest) -> Limits:
    """The validator's, and never more time nor output than a grader needs."""
    usual = GRADER_LIMITS
    given = manifest.checker.limits or usual
    time = {"cpu_ms": min(given.cpu_ms, usual.cpu_ms), "wall_ms": min(given.wall_ms, usual.wall_ms)}
    return replace(usual, **time, memory_bytes=given.memory_bytes, processes=given.processes)


def _name(question: Question) -> str:
    return f"data/{question.path}".rstrip("/")
