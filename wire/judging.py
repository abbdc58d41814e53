"""Owns what grader and runner say about judging: orders, progress, reports. Never what a problem is: `wire.manifest` does."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from contest.results import CaseResult
from contest.rulings import Ruling
from contest.verdicts import Verdict
from wire.manifest import CaseGroup, Checker, CheckerKind, JudgingManifest, Program, TestCase
from wire.problems import Finding, ProgramFile
from wire.runners import DirectRunner, RunnerFacts

__all__ = [
    "ATTEMPT_OUTCOMES", "JUDGE", "MOST_BREAKS", "PUT_OFF", "TASKS", "VALIDATE", "VERDICT_OF_OUTCOME", "AttemptEnd", "BlobRequest", "CaseGroup", "Checker", "CheckerKind",
    "ClaimAnswer", "ClaimRequest", "Examined", "Hold", "InputValidator", "JudgeSubmission", "JudgingManifest", "Nothing", "Program", "ProgramFile",
    "Progress", "ProgressAnswer", "RunOrder", "Step", "TestCase",
]  # fmt: skip


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
    OMEGAUP: it runs as that checker does, with the input as the output too; a score of 1 is yes. ``path`` is where it lies in the package.
    ``case_arguments`` are those of single cases, by name, which stand in place of what the case says for every validator.
    """

    program: Program
    arguments: tuple[str, ...] = ()
    kind: CheckerKind = CheckerKind.CUSTOM
    path: str = ""
    case_arguments: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Claim(enum.StrEnum):
    """What a package says of a probe: some input validator refuses its input, the checker refuses its output, or accepts it."""

    INVALID_INPUT = "invalid-input"
    INVALID_OUTPUT = "invalid-output"
    VALID_OUTPUT = "valid-output"


NOT_REFUSED: Final = "invalid-input-accepted"
"""The code of what is found where none of those who were asked refuses an input that the package calls invalid; others may."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A case by which a package tries its own validators out; no submission is ever run on it.

    ``path`` is that of the file that the claim is about, inside the package. ``output`` is a digest, empty: only the input is looked at.
    Of an INVALID_INPUT the case has no answer.
    """

    claim: Claim
    path: str
    case: TestCase
    output: str = ""
    output_bytes: int = 0


JUDGE: Final = "judge"
VALIDATE: Final = "validate"
TASKS: Final = (JUDGE, VALIDATE)
"""What a runner can be asked for: to judge a submission, or to run a package's input validators over its inputs."""


MOST_BREAKS: Final = 5
"""A piece of work that nobody waits for and that was broken off so often, for what somebody waits for, has to wait until it is quiet."""

PUT_OFF: Final = "put-off"
"""The code of what was found about a trial that something had to be left out of for that reason: it is tried again later, by itself."""


@dataclass(frozen=True, slots=True)
class Examined:
    """How far a `VALIDATE` came before it was handed back: the first ``cases``, in ``spent_ms`` of the programs' time on the clock.

    ``more`` counts the findings that are not among ``findings``; ``silent`` are programs that failed and are asked no more: places in
    ``RunOrder.input_validators``, -1 for the checker. Of the case that follows, the first ``asked`` validators have answered; who comes next was
    broken off ``broken_off`` times.
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
    ``examined`` is the same of a VALIDATE; ``probes`` are examined behind the cases. ``rulings`` is what the package's own grader
    said by then; the piece that comes next, a case or a question to that program, was broken off ``broken_off`` times. ``yields``: nobody waits for it; while it works on that, the slot stands by for the other graders.
    ``author`` tells whether judge errors in a row come from one hand.
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
    probes: tuple[Probe, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    broken_off: int = 0
    author: str = ""


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
    ``rulings`` is what the package's own grader said of its groups: it runs beside the cases, never in the grader; handed
    back with it is how often what comes next was ``broken_off``: a case, a question to that program, or building. ``about`` is what failed, where that is no case: a path in the package.
    """

    attempt: str
    outcome: str
    results: tuple[CaseResult, ...] = ()
    compile_output: str = ""
    message: str = ""
    runner: str = ""
    findings: tuple[Finding, ...] = ()
    examined: Examined | None = None
    rulings: tuple[Ruling, ...] = ()
    broken_off: int = 0
    about: str = ""


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
