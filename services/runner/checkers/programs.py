"""Owns the asking of a setter's own checker, in a box: what each kind is given, and who reads its end. Never compares."""

from __future__ import annotations

from contest.limits import Limits
from contest.verdicts import Verdict
from services.runner.builds import Built
from services.runner.checkers.judgement import Judgement
from services.runner.checkers.scores import read_cms, read_omegaup
from services.runner.checkers.testlib import read_testlib
from services.runner.checkers.validator import OPERANDS, read_icpc
from services.runner.inputs import Pair
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.rootfs import ANSWER, INPUT, WORK
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import Turns
from wire.judging import CheckerKind, TestCase

OUTPUT = "/proc/self/fd/6"
"""The output as a file, for those who do not read it from their stdin: the third file that a checker gets."""


class Asker:
    """A built checker and the boxes that it is asked in, emptied between cases."""

    def __init__(
        self, kind: CheckerKind, program: Built, boxes: Turns, limits: Limits, *, language: str = "", is_scoring: bool = False
    ) -> None:
        self._kind = kind
        self._launch = program.launch(limits)
        self._boxes = boxes
        self._language = language
        self._is_scoring = is_scoring

    async def ask(self, case: TestCase, arguments: tuple[str, ...], output: Spool, pair: Pair) -> Judgement:
        """What it says of one output. Raises: `BoxLost`."""
        async with self._boxes.turn() as box:
            return await self.ask_in(box, case, arguments, output, pair.question.fd, pair.answer.fd)

    async def ask_in(  # noqa: PLR0917  the nouns of one question
        self, box: Box, case: TestCase, arguments: tuple[str, ...], output: Spool, question: int, answer: int
    ) -> Judgement:
        """The same in a box that the caller holds; descriptors are left open. Raises: `BoxLost`."""
        if self._kind is CheckerKind.OMEGAUP:
            await box.put(f"{WORK}/data.in", question)
            await box.put(f"{WORK}/data.out", answer)
        execution = await box.execute(self._job(case, arguments, output, question, answer))
        try:
            if execution.is_lost and execution.killed_by is None:
                raise BoxLost("the validator's box was lost")
            return await self._read(box, execution, case)
        finally:
            execution.output.close()

    def _job(self, case: TestCase, arguments: tuple[str, ...], output: Spool, question: int, answer: int) -> Job:
        stdin: int | None = None
        files: tuple[int, ...] = (question, answer)
        match self._kind:
            case CheckerKind.TESTLIB:
                operands: tuple[str, ...] = (INPUT, OUTPUT, ANSWER)
                files = (question, answer, output.fd())
            case CheckerKind.CMS:
                operands = (INPUT, ANSWER, OUTPUT)
                files = (question, answer, output.fd())
            case CheckerKind.OMEGAUP:
                operands = (case.name.rpartition("/")[2], self._language)
                stdin, files = output.fd(), ()
            case _:
                operands, stdin = OPERANDS, output.fd()
        launch = self._launch
        return Job(
            (*launch.argv, *operands, *arguments), launch.limits, launch.environment, stdin=stdin, files=files, cuts_output=True,
            purpose="validator",
        )  # fmt: skip

    async def _read(self, box: Box, execution: Execution, case: TestCase) -> Judgement:
        match self._kind:
            case CheckerKind.TESTLIB:
                judgement = read_testlib(execution)
                if judgement.points is not None and not self._is_scoring:
                    return Judgement(Verdict.VE, f"the checker gives points, and the problem counts none: {judgement.message}")
                return judgement
            case CheckerKind.CMS:
                return read_cms(execution, threshold=case.threshold)
            case CheckerKind.OMEGAUP:
                return read_omegaup(execution)
            case _:
                return await read_icpc(box, execution, is_scoring=self._is_scoring)
