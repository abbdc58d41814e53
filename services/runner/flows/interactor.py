"""Owns what each kind of interactor is given, and who reads its end. Never runs one.

    ICPC      validator INPUT ANSWER FEEDBACK/ [arguments]      talks on stdin and stdout; 42, 43, the feedback folder
    testlib   interactor INPUT OUTPUT ANSWER [arguments]        talks on stdin and stdout; testlib's table; OUTPUT is for the checker
    CMS       manager FROM TO [arguments] < INPUT               talks over two FIFOs; a score on stdout, words on stderr
"""

from __future__ import annotations

from fractions import Fraction

from contest.limits import CHECKER_LIMITS, Limits
from mesh.errors import Invalid
from services.runner.builds import Built
from services.runner.checkers.judgement import Judgement
from services.runner.checkers.scores import read_cms
from services.runner.checkers.testlib import read_testlib
from services.runner.checkers.validator import OPERANDS, RIGHT, is_broken, read_icpc
from services.runner.flows.talk import Side
from services.runner.sandbox.box import Box
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.rootfs import ANSWER, INPUT, WORK
from services.runner.sandbox.spool import Spool
from wire.judging import Checker, CheckerKind

KINDS = frozenset({CheckerKind.CUSTOM, CheckerKind.TESTLIB, CheckerKind.CMS})
EXTRA_WALL_MS = 10_000
OUTPUT = f"{WORK}/interactor.out"
FIFO_ARGUMENTS = ("/dev/stdin", "/dev/stdout")
"""What a solution of CMS's kind gets for its FIFOs: from the manager, to the manager."""
_SHELL = "/bin/sh"
_FIFOS = (
    'mkfifo -m 600 from to || exit 1; cat <&4 >from & cat <to >&5 & last=$!; exec 4<&- 5>&-; "$@" <&0; code=$?; '
    "exec 6<>to; exec 6>&-; wait $last; exit $code"
)
"""A manager opens its FIFOs by name, and its last words must arrive after it has ended."""


class Interactor:
    """A built interactor: its command, and the reading of its end."""

    def __init__(self, checker: Checker, program: Built, wall_ms: int, *, is_scoring: bool, by_streams: bool = False) -> None:
        if checker.kind not in KINDS:
            raise Invalid(f"an interactor cannot be of the kind {checker.kind}", code="bad-manifest")
        limits = checker.limits or CHECKER_LIMITS
        self._kind = checker.kind
        self._limits = Limits(
            limits.cpu_ms, max(limits.wall_ms, wall_ms + EXTRA_WALL_MS), limits.memory_bytes, limits.output_bytes, limits.file_bytes,
            limits.processes,
        )  # fmt: skip
        self._launch = program.launch(self._limits)
        self._is_scoring = is_scoring
        self._by_streams = by_streams

    @property
    def solution_arguments(self) -> tuple[str, ...]:
        """What a solution is given on its command line."""
        return FIFO_ARGUMENTS if self._kind is CheckerKind.CMS and not self._by_streams else ()

    @property
    def has_output(self) -> bool:
        """Whether it leaves an output for the checker to judge."""
        return self._kind is CheckerKind.TESTLIB

    async def side(self, box: Box, arguments: tuple[str, ...], question: int, answer: int) -> Side:
        """Its side of one conversation. Descriptors are left open. Raises: `BoxLost`."""
        argv, limits, environment = self._launch.argv, self._launch.limits, self._launch.environment
        if self._kind is CheckerKind.CMS:
            await box.put(f"{WORK}/input.txt", question)
            command = (_SHELL, "-c", _FIFOS, "manager", *argv, "from", "to", *arguments)
            return Side(box, Job(command, limits, environment, stdin=question, purpose="interactor"), listens=4, speaks=5)
        operands = OPERANDS if self._kind is CheckerKind.CUSTOM else (INPUT, OUTPUT, ANSWER)
        job = Job((*argv, *operands, *arguments), limits, environment, files=(question, answer), purpose="interactor")
        return Side(box, job)

    def has_accepted(self, execution: Execution) -> bool:
        """Whether it ended well, so that the solution may still go on."""
        return not is_broken(execution) and execution.exit_code == (RIGHT if self._kind is CheckerKind.CUSTOM else 0)

    async def judgement(self, box: Box, execution: Execution, threshold: Fraction | None = None) -> Judgement:
        """What it said by its end; ``threshold`` is the case's. Raises: `BoxLost`."""
        match self._kind:
            case CheckerKind.TESTLIB:
                return read_testlib(execution, "the interactor")
            case CheckerKind.CMS:
                return read_cms(execution, "the manager", threshold)
            case _:
                return await read_icpc(box, execution, is_scoring=self._is_scoring)

    async def output(self, box: Box) -> Spool:
        """What it left for the checker. The caller closes it. Raises: `BoxLost`."""
        spool = Spool()
        fetched = await box.get(OUTPUT, self._limits.file_bytes)
        if fetched:
            spool.write(fetched.content)
        return spool
