"""Owns what came out of running one test case and one whole submission. Never computes a score: grading does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from contest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One test case of one attempt.

    ``index`` is the case's place in the judging manifest (0-based); ``time_ms`` is CPU time; ``score`` is what a
    scoring validator gave, in [0, 1] of the case's worth, and None for pass-fail; ``message`` is for the jury.
    """

    index: int
    verdict: Verdict
    time_ms: int
    memory_bytes: int
    wall_ms: int = 0
    score: Fraction | None = None
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """What a run is worth as a whole.

    ``score`` is exact: 0 or 1 for pass-fail, points for scoring problems. ``time_ms`` and ``memory_bytes`` are the
    largest of any case. ``decisive_case`` is the index of the case that decided the verdict, None on AC and CE.
    """

    verdict: Verdict
    score: Fraction
    time_ms: int
    memory_bytes: int
    decisive_case: int | None = None
