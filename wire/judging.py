"""Owns what grader, runner and gitserver say about judging: manifests, orders, reports. Never holds a test case's bytes."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TypeAlias

from contest import groups as tree
from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict


class CheckerKind(enum.StrEnum):
    """How an output is compared."""

    TOKEN = "token"  # noqa: S105  a token of an output, not a secret
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """One file of a program: its path inside the program's folder, and the SHA-256 of its content."""

    path: str
    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a package, as source: its language id and its files."""

    language: str
    files: tuple[ProgramFile, ...]


@dataclass(frozen=True, slots=True)
class Checker:
    """How outputs are judged.

    TOKEN compares tokens as the ICPC default validator does: case and space as the flags say, numbers within the
    tolerances when one is set (decimal strings, exact). CUSTOM runs ``program`` as ``validator input answer feedback_dir
    [arguments] < output`` and reads exit code 42 as right and 43 as wrong; anything else is VE.
    """

    kind: CheckerKind = CheckerKind.TOKEN
    case_sensitive: bool = False
    space_change_sensitive: bool = False
    float_absolute_tolerance: str | None = None
    float_relative_tolerance: str | None = None
    arguments: tuple[str, ...] = ()
    program: Program | None = None
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class TestCase:
    """One case. ``name`` is its path without ending, as ``secret/02-big``; digests are SHA-256 of input and answer."""

    name: str
    input: str
    answer: str
    input_bytes: int
    answer_bytes: int
    is_sample: bool = False
    group: str = ""
    checker_arguments: tuple[str, ...] = ()


CaseGroup: TypeAlias = tree.CaseGroup
"""A node of the tree of test groups: the meaning is `contest.groups`' own, so is the shape."""


@dataclass(frozen=True, slots=True)
class JudgingManifest:
    """All that judging needs to know of one version of a problem, in judging order. Source: its private tree."""

    problem: str
    version: str
    limits: Limits
    cases: tuple[TestCase, ...]
    checker: Checker
    groups: CaseGroup
    is_scoring: bool = False
    compile_limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class JudgeSubmission:
    """The body of `SubmissionQueue` messages: judge this. ``run`` is the id of this judging; ``author`` is for fair share.

    ``sends`` counts the messages about this run: where two differ in their priority, the one that was sent later counts.
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


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A runner asks for one run. ``languages`` it has, ``warm`` the problem versions in its cache; waits up to ``wait_s``."""

    runner: str
    languages: tuple[str, ...]
    warm: tuple[str, ...] = ()
    wait_s: float = 20.0


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One attempt at one run, handed to one runner. Dead when not reported on within ``lease_s``."""

    attempt: str
    run: str
    submission: str
    language: str
    source: str
    filename: str
    manifest: JudgingManifest
    lease_s: float
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """The order, or None when nothing came up in time."""

    order: RunOrder | None = None


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
    """``cancel`` tells the runner to stop and forget the attempt."""

    cancel: bool = False


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """A runner's last word on an attempt.

    ``outcome`` is "judged" (fold the cases), "compile-error" (CE with ``compile_output``), "checker-error" (VE: the
    setter's program failed), "judge-error" (ours: try again elsewhere) or "handed-back" (the runner leaves; costs no try).
    ``results`` is every case in order, so that a lost progress report costs nothing.
    """

    attempt: str
    outcome: str
    results: tuple[CaseResult, ...] = ()
    compile_output: str = ""
    message: str = ""
    runner: str = ""


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
class RunnerStatus:
    """A runner as the grader sees it. ``seen_s_ago`` in seconds; ``attempt`` is what it works on, empty when idle."""

    name: str
    languages: tuple[str, ...]
    seen_s_ago: float
    attempt: str = ""
    submission: str = ""


@dataclass(frozen=True, slots=True)
class GraderStatus:
    """A grader's own view of its work.

    ``waiting`` counts runs per priority, in its queue and here, None when the broker does not say; ``held`` those here. ``mean_run_s`` is how long a
    runner needed for a run in the last five minutes, ``estimated_wait_s`` how long a submission to a running contest would
    wait for one; None when nobody can say.
    """

    waiting: dict[str, int | None] = field(default_factory=dict)
    running: int = 0
    runners: tuple[RunnerStatus, ...] = ()
    judged_since_start: int = 0
    oldest_waiting_s: float = 0.0
    mean_run_s: float | None = None
    estimated_wait_s: float | None = None
    held: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty request or answer."""


ATTEMPT_OUTCOMES = ("judged", "compile-error", "checker-error", "judge-error", "handed-back")
VERDICT_OF_OUTCOME = {"compile-error": Verdict.CE, "checker-error": Verdict.VE, "judge-error": Verdict.JE}
