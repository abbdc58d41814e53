"""Owns what each kind of interactor is given, and who reads its end. Never runs one.

    ICPC      validator INPUT ANSWER FEEDBACK/ [arguments]      talks on stdin and stdout; 42, 43, the feedback folder
    testlib   interactor INPUT OUTPUT ANSWER [arguments]        talks on stdin and stdout; testlib's table; OUTPUT is for the checker
    CMS       manager FROM TO [FROM TO …] [arguments] < INPUT   talks over two FIFOs a process; a score on stdout, words on stderr
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction

from contest.limits import CHECKER_LIMITS, Limits
from contest.verdicts import Verdict
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
from services.runner.sandbox.watch import MOST_HELD_UP
from wire.manifest import Checker, CheckerKind, Talks

KINDS = frozenset({CheckerKind.CUSTOM, CheckerKind.TESTLIB, CheckerKind.CMS})
EXTRA_WALL_MS = 10_000
OUTPUT = f"{WORK}/interactor.out"
MOST_PROCESSES = 3
"""As many processes of one submission a manager may talk with: a shell names descriptors by one digit."""
FIFO_ARGUMENTS = {Talks.FIFOS: ("/dev/stdin", "/dev/stdout"), Talks.FIFOS_WRITE_FIRST: ("/dev/stdout", "/dev/stdin"), Talks.STREAMS: ()}
"""What a solution of CMS's kind gets for its FIFOs."""
_SHELL = "/bin/sh"


class Interactor:
    """A built interactor: its command, and the reading of its end."""

    def __init__(self, checker: Checker, program: Built, wall_ms: int, *, is_scoring: bool, talks: Talks = Talks.FIFOS, processes: int = 1) -> None:
        if checker.kind not in KINDS:
            raise Invalid(f"an interactor cannot be of the kind {checker.kind}", code="bad-manifest")
        if processes > (MOST_PROCESSES if checker.kind is CheckerKind.CMS else 1):
            raise Invalid(f"an interactor of the kind {checker.kind} cannot talk with {processes} processes", code="bad-manifest")
        limits = checker.limits or CHECKER_LIMITS
        self._kind = checker.kind
        self._limits = patient(limits, wall_ms)
        self._launch = program.launch(self._limits)
        self._is_scoring = is_scoring
        self._talks = talks
        self._processes = processes

    def solution_arguments(self, number: int = 0) -> tuple[str, ...]:
        """What a process of the solution is given on its command line; its number where there are several."""
        fifos = FIFO_ARGUMENTS[self._talks] if self._kind is CheckerKind.CMS else ()
        return (*fifos, str(number)) if self._processes > 1 else fifos

    @property
    def has_output(self) -> bool:
        """Whether it leaves an output for the checker to judge."""
        return self._kind is CheckerKind.TESTLIB

    async def side(self, box: Box, arguments: tuple[str, ...], question: int, answer: int) -> Side:
        """Its side of one conversation. Descriptors are left open. Raises: `BoxLost`."""
        argv, limits, environment = self._launch.argv, self._launch.limits, self._launch.environment
        if self._kind is CheckerKind.CMS:
            await box.put(f"{WORK}/input.txt", question)
            ways = [("to", "from") if self._talks is Talks.FIFOS_WRITE_FIRST else ("from", "to")] * self._processes
            fifos = [f"{name}{number}" for number, way in enumerate(ways) for name in way]
            command = (_SHELL, "-c", _fifos(self._processes), "manager", *argv, *fifos, *arguments)
            places = tuple((4 + 2 * number, 5 + 2 * number) for number in range(self._processes))
            return Side(box, Job(command, limits, environment, stdin=question, purpose="interactor"), places)
        operands = OPERANDS if self._kind is CheckerKind.CUSTOM else (INPUT, OUTPUT, ANSWER)
        job = Job((*argv, *operands, *arguments), limits, environment, files=(question, answer), purpose="interactor")
        return Side(box, job)

    def has_accepted(self, execution: Execution) -> bool:
        """Whether it ended well and rejects nothing, so that the solution may still go on; right in part is right."""
        if self._kind is CheckerKind.TESTLIB:
            return read_testlib(execution).verdict in {Verdict.AC, Verdict.PA}
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


def patient(limits: Limits, wall_ms: int) -> Limits:
    """Limits of a program that waits for one that may take ``wall_ms`` on the clock, and longer where that is held up."""
    return dataclasses.replace(limits, wall_ms=max(limits.wall_ms, (1 + MOST_HELD_UP) * wall_ms + EXTRA_WALL_MS))


def _fifos(count: int) -> str:
    """What the shell does: a manager opens its FIFOs by name, and its last words must arrive after it has ended.

    Nobody holds an end that is not its own: whoever closes one is heard of at once.
    """
    made, carried, waited = "mkfifo -m 600", "", ""
    shut = "".join(f" {fd}<&-" for fd in range(4, 4 + 2 * count))
    for number in range(count):
        made += f" from{number} to{number}"
        carried += f"cat <&{4 + 2 * number}{shut} >from{number} & cat >&{5 + 2 * number}{shut} <to{number} & last{number}=$!; "
        waited += f"exec 3<>to{number}; exec 3>&-; wait $last{number}; "
    return f'{made} || exit 1; {carried}exec{shut}; "$@" <&0; code=$?; {waited}exit $code'
