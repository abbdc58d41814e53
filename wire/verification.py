"""Owns what is said about trying a package out: its inputs checked by its validators, its own submissions judged. Never does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from contest.verdicts import Verdict
from wire.judging import InputValidator, JudgingManifest, Probe
from wire.problems import ExpectedSubmission, Finding

WAITING: Final = "waiting"
PASSED: Final = "passed"
WARNED: Final = "warned"
FAILED: Final = "failed"
OVERTAKEN: Final = "overtaken"
POSTPONED: Final = "postponed"
STATES: Final = (WAITING, PASSED, WARNED, FAILED, OVERTAKEN, POSTPONED)
"""Where a report stands: not made yet; nothing to say; only warnings; at least one error; not made, since a newer commit came first; no error,
and something was left out that was in the way of what is urgent: it is tried again.
"""


@dataclass(frozen=True, slots=True)
class VerifyProblem:
    """The body of `VerificationQueue` messages: try this commit of a package out. ``sends`` counts the messages about it."""

    alias: str
    commit: str
    version: str
    owner: str
    correlation: str = ""
    sends: int = 1


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """What is to be tried of one commit."""

    alias: str
    commit: str


@dataclass(frozen=True, slots=True)
class LimitRule:
    """How a time limit follows from reference solutions: the slowest that must be accepted, times ``accepted_multiplier``, up to ``step_ms``.

    What must exceed the limit has to need ``exceeding_multiplier`` times it. ``is_stated``: the package names its limit; else it is measured.
    """

    accepted_multiplier: Fraction = Fraction(2)
    exceeding_multiplier: Fraction = Fraction(3, 2)
    step_ms: int = 1000
    is_stated: bool = True


@dataclass(frozen=True, slots=True)
class PackageTrial:
    """All that a trial needs: how submissions are judged, the input validators, the submissions with what their setter allows.

    ``is_newest``: no later commit was accepted. ``manifest.limits`` are those in force: measured ones once they are pinned. ``findings`` are
    what the checks had to say when the commit came. ``probes`` try the validators themselves. ``programs`` says of a file of what judges (``checker/check.cpp``
    in the judging version) what its path in the package is.
    """

    manifest: JudgingManifest
    input_validators: tuple[InputValidator, ...]
    submissions: tuple[ExpectedSubmission, ...]
    limit_rule: LimitRule = LimitRule()
    is_newest: bool = True
    findings: tuple[Finding, ...] = ()
    probes: tuple[Probe, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PinLimit:
    """The measured time limit of a judging version, in milliseconds of CPU. The first that is pinned stays: verdicts must be comparable."""

    alias: str
    version: str
    cpu_ms: int


@dataclass(frozen=True, slots=True)
class PinnedLimit:
    """The time limit that a judging version is judged by from now on."""

    cpu_ms: int


@dataclass(frozen=True, slots=True)
class SubmissionReport:
    """What came of one submission of a package. ``time_ms`` is that of its slowest case, whose name is ``slowest_case``.

    ``limit_ms`` is its own limit where its language gets more time than others; 0: the problem's.
    """

    path: str
    language: str
    expected: tuple[str, ...]
    verdict: Verdict
    score: Fraction
    time_ms: int
    memory_bytes: int
    slowest_case: str = ""
    is_allowed: bool = True
    message: str = ""
    limit_ms: int = 0


@dataclass(frozen=True, slots=True)
class LimitEvidence:
    """What the time limit rests on: the slowest submission that must be accepted, the fastest that must not, and what follows.

    ``measured_ms`` is the limit that the rule gives, None when nothing must be accepted; times in milliseconds of CPU.
    ``fastest_exceeding_ms`` is at most ``exceeding_multiplier`` times ``limit_ms`` and a little: what takes longer is stopped there.
    Both times are what counts beside the limit: what a language gets above it is taken off.
    """

    limit_ms: int
    rule: LimitRule
    slowest_accepted: str = ""
    slowest_accepted_ms: int | None = None
    fastest_exceeding: str = ""
    fastest_exceeding_ms: int | None = None
    measured_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordReport:
    """The end of a trial, a command of the grader's. ``state`` is one of `STATES` but WAITING."""

    alias: str
    commit: str
    version: str
    state: str
    findings: tuple[Finding, ...]
    submissions: tuple[SubmissionReport, ...]
    limit: LimitEvidence | None = None


@dataclass(frozen=True, slots=True)
class AskForReport:
    """The problem's owner, or an admin, wants the newest commit tried out, once more if it was. One that is being tried goes on."""

    alias: str
