"""Owns what grader, runner and gitserver say about judging: manifests, orders, reports. Never holds a test case's bytes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from contest import groups as tree
from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from wire import problems
from wire.problems import Finding
from wire.runners import DirectRunner, RunnerFacts


class CheckerKind(enum.StrEnum):
    """How an output is compared."""

    TOKEN = "token"  # noqa: S105  a token of an output, not a secret
    CUSTOM = "custom"
    TESTLIB = "testlib"
    OMEGAUP = "omegaup"
    CMS = "cms"
    LITERAL = "literal"


ProgramFile: TypeAlias = problems.ProgramFile
"""One file of a program."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a package, as source: its language id and its files."""

    language: str
    files: tuple[ProgramFile, ...]


@dataclass(frozen=True, slots=True)
class Checker:
    """How outputs are judged.

    TOKEN compares tokens as the ICPC default validator does: case and space as the flags say, numbers within the
    tolerances when one is set (decimal strings, exact); ``numbers_only``: every letter that is no part of a number is
    taken for space. CUSTOM runs ``program`` as ``validator input answer feedback_dir
    [arguments] < output`` and reads exit code 42 as right and 43 as wrong; anything else is VE. TESTLIB runs ``program input output
    answer`` and reads testlib's exit codes. OMEGAUP runs ``program < output`` beside ``data.in`` and ``data.out`` and reads a score in [0, 1]
    from its stdout. CMS runs ``program input answer output`` and reads a score in [0, 1] from its stdout, a message from its stderr.
    LITERAL takes the first token of the output as the score in [0, 1].
    """

    kind: CheckerKind = CheckerKind.TOKEN
    case_sensitive: bool = False
    space_change_sensitive: bool = False
    float_absolute_tolerance: str | None = None
    float_relative_tolerance: str | None = None
    arguments: tuple[str, ...] = ()
    program: Program | None = None
    limits: Limits | None = None
    numbers_only: bool = False


@dataclass(frozen=True, slots=True)
class TestCase:
    """One case. ``name`` is its path without ending, as ``secret/02-big``; digests are SHA-256 of input and answer.

    ``threshold``: what a program of CMS's kind prints is no share but any number, right when it is above 0 and at most this.
    """

    name: str
    input: str
    answer: str
    input_bytes: int
    answer_bytes: int
    is_sample: bool = False
    group: str = ""
    checker_arguments: tuple[str, ...] = ()
    input_arguments: tuple[str, ...] = ()
    threshold: Fraction | None = None


CaseGroup: TypeAlias = tree.CaseGroup
"""A node of the tree of test groups: the meaning is `contest.groups`' own, so is the shape."""


@dataclass(frozen=True, slots=True)
class JudgingManifest:
    """All that judging needs to know of one version of a problem, in judging order. Source: its private tree.

    How a submission meets a case: ``is_interactive`` it talks over two pipes with ``interactor``, or with the checker where that is None
    (ICPC: then the checker's word counts); an interactor of the kind TESTLIB writes an output that the checker judges. ``passes`` more than
    1: it is run again on what the checker writes as ``nextpass.in``, at most so often. ``is_output_only``: it is no program, but the output.
    ``includes`` are files that are compiled with a submission of that language (``*``: of every language that no other names).
    ``source_name`` is what they call the submission's own file, without ending; empty: it is called as its author likes.
    ``processes`` more than 1: so many processes of the submission talk with an interactor of the kind CMS at once. ``talks_by_streams``: they
    use stdin and stdout, and are given no names of FIFOs. ``input_file``: its input lies in a file of that name too; ``output_file``: what it
    writes there is its output, stdout if it makes no such file.
    ``languages`` empty: whatever the contest allows. ``is_provisional``: its time limit is a generous one until the package was tried out
    and one was measured; ask again soon.
    """

    problem: str
    version: str
    limits: Limits
    cases: tuple[TestCase, ...]
    checker: Checker
    groups: CaseGroup
    is_scoring: bool = False
    compile_limits: Limits | None = None
    is_interactive: bool = False
    interactor: Checker | None = None
    passes: int = 1
    is_output_only: bool = False
    includes: tuple[Program, ...] = ()
    languages: tuple[str, ...] = ()
    source_name: str = ""
    is_provisional: bool = False
    processes: int = 1
    talks_by_streams: bool = False
    input_file: str = ""
    output_file: str = ""


@dataclass(frozen=True, slots=True)
class JudgeSubmission:
    """The body of `SubmissionQueue` messages: judge this. ``run`` is the id of this judging; ``author`` is for fair share.

    ``sends`` counts the messages about this run: where two differ in their priority, the one that was sent later counts. ``rejudging``
    names the set that the run belongs to: its submission is not in judging, so that nobody is told how far it is. ``feedback`` is the
    contest's (`contest.visibility.FEEDBACK`): whether its author may hear which case is being judged.
    """

    run: str
    submission: str
    contest: str
    problem: str
    version: str
    language: str
    source: str
    author: str
    priority: str
    filename: str = ""
    correlation: str = ""
    allowed_languages: tuple[str, ...] = ()
    sends: int = 1
    rejudging: str = ""
    feedback: str = "verdict"


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A runner asks for one run. ``languages`` it has, ``warm`` the problem versions in its cache; waits up to ``wait_s``.

    ``is_choosy``: nothing, when all there is yields: it asks every grader for what somebody waits for, before it takes the rest.
    """

    runner: str
    languages: tuple[str, ...]
    warm: tuple[str, ...] = ()
    wait_s: float = 20.0
    facts: RunnerFacts | None = None
    is_choosy: bool = False


@dataclass(frozen=True, slots=True)
class InputValidator:
    """A program of a package that says of one input, on its stdin, whether it keeps the statement's promises: 42 yes, 43 no.

    ``arguments`` are for every case; those of one case stand in `TestCase.input_arguments`. ``kind`` TESTLIB: exit code 0 is yes.
    OMEGAUP: it runs as that checker does, with the input as the output too; a score of 1 is yes.
    """

    program: Program
    arguments: tuple[str, ...] = ()
    kind: CheckerKind = CheckerKind.CUSTOM


JUDGE: Final = "judge"
VALIDATE: Final = "validate"
TASKS: Final = (JUDGE, VALIDATE)
"""What a runner can be asked for: to judge a submission, or to run a package's input validators over its inputs."""


@dataclass(frozen=True, slots=True)
class Examined:
    """How far a `VALIDATE` came before it was handed back: the first ``cases``, in ``spent_ms`` of the programs' time on the clock.

    ``more`` counts the findings that are not among ``findings``; ``silent`` are programs that failed and are asked no more: places in
    ``RunOrder.input_validators``, -1 for the checker. Of the case that follows, ``asked`` programs have answered; the next one was broken
    off ``broken_off`` times.
    """

    cases: int = 0
    findings: tuple[Finding, ...] = ()
    more: int = 0
    silent: tuple[int, ...] = ()
    spent_ms: int = 0
    asked: int = 0
    broken_off: int = 0


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One attempt at one run, handed to one runner. Dead when not reported on within ``lease_s``.

    ``task`` VALIDATE asks for ``input_validators`` to be run over every case of the manifest; there is no source then.
    ``done`` are the cases, in order, that an attempt before this one had ended when it was handed back: they are not run again;
    ``examined`` is the same of a VALIDATE. ``yields``: nobody waits for it; while it works on that, the slot stands by for the other graders.
    """

    attempt: str
    run: str
    submission: str
    language: str
    source: str
    filename: str
    manifest: JudgingManifest
    lease_s: float
    correlation: str = ""
    task: str = JUDGE
    input_validators: tuple[InputValidator, ...] = ()
    done: tuple[CaseResult, ...] = ()
    examined: Examined | None = None
    yields: bool = False


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """The order, or None when nothing came up in time. ``direction`` is what an operator said of this runner and it does not know yet."""

    order: RunOrder | None = None
    direction: DirectRunner | None = None


class Step(enum.StrEnum):
    """Where an attempt stands, for people who watch."""

    FETCHING = "fetching"
    COMPILING = "compiling"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Progress:
    """A runner's report while it works: extends the lease. ``results`` are the cases ended since the last report, in order."""

    attempt: str
    step: Step
    results: tuple[CaseResult, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgressAnswer:
    """``cancel`` tells the runner to stop and forget the attempt; ``give_way`` to end its case and hand back: something more urgent waits."""

    cancel: bool = False
    give_way: bool = False


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """A runner's last word on an attempt.

    ``outcome`` is "judged" (fold the cases), "compile-error" (CE with ``compile_output``), "checker-error" (VE: the
    setter's program failed), "judge-error" (ours: try again elsewhere) or "handed-back" (the runner leaves, or gives way; costs no try, and the next attempt begins after ``results``).
    ``results`` is every case in order, so that a lost progress report costs nothing. "validated" ends a `VALIDATE`: ``findings`` say what
    the input validators had against the inputs, or why one could not be run. ``examined`` is what a `VALIDATE` that is handed back has done.
    """

    attempt: str
    outcome: str
    results: tuple[CaseResult, ...] = ()
    compile_output: str = ""
    message: str = ""
    runner: str = ""
    findings: tuple[Finding, ...] = ()
    examined: Examined | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The grader's eye on a runner at work: answered when the attempt is over or cancelled; a broken line means the runner died."""

    attempt: str


@dataclass(frozen=True, slots=True)
class BlobRequest:
    """One file of a problem version by its SHA-256."""

    problem: str
    digest: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty request or answer."""


ATTEMPT_OUTCOMES = ("judged", "compile-error", "checker-error", "judge-error", "handed-back", "validated")
VERDICT_OF_OUTCOME = {"compile-error": Verdict.CE, "checker-error": Verdict.VE, "judge-error": Verdict.JE}
