"""Owns the rows that are about judging, as values: submissions, runs, sets of runs, reports on packages. Never reads or writes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Submission:
    """A row of ``submissions``; ``source`` is empty where nobody asked for it."""

    id: str
    contest: str
    problem: str
    username: str
    language: str
    filename: str
    source: str
    submitted_at: datetime
    recorded_at: datetime
    priority: str
    is_on_board: bool
    status: str
    run: str
    verdict: str | None
    score: Fraction | None
    time_ms: int | None
    memory_bytes: int | None
    judged_at: datetime | None
    correlation: str
    webhook_url: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A row of ``runs``; ``cases``, ``group_results`` and ``compile_output`` are None where it was loaded to be judged."""

    id: str
    submission: str
    version: str
    priority: str
    created_at: datetime
    sent_at: datetime
    sends: int
    attempt: str | None = None
    verdict: str | None = None
    score: Fraction | None = None
    time_ms: int | None = None
    memory_bytes: int | None = None
    cases: Any = None
    decisive_case: int | None = None
    compile_output: str | None = None
    runner: str | None = None
    judged_at: datetime | None = None
    rejudging: str | None = None
    trimmed_at: datetime | None = None
    replaces: str | None = None
    by_hand: str | None = None
    reason: str | None = None
    group_results: Any = None


@dataclass(frozen=True, slots=True)
class Rejudging:
    """A row of ``rejudgings``; ``selected`` is None where nobody asked for it."""

    id: str
    contest: str
    actor: str
    reason: str
    filter: Any
    version: str
    state: str
    count: int
    judged: int
    created_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    filled: int = 0
    selected: Any = None
    changed: int | None = None
    kept: int | None = None


@dataclass(frozen=True, slots=True)
class ProblemReport:
    """A row of ``reports``."""

    alias: str
    commit_hash: str
    version: str
    state: str
    asked_at: datetime
    sent_at: datetime
    sends: int
    findings: Any
    submissions: Any
    evidence: Any = None
    ended_at: datetime | None = None
