"""Owns what came out of running one test case and one whole submission. Never computes a score: grading does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from contest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One test case of one attempt.

    ``index`` is the case's place in the judging manifest (0-based); ``time_ms`` is CPU time; ``score`` is what a
    scoring validator gave, in [0, 1] of the case's worth, and None for pass-fail; ``points`` is what it gave outright, in place of the
    case's worth. ``message`` is for the jury, and so are the head of the output and how it differs from the answer, kept for the
    first rejected cases only. ``name`` and ``is_sample`` are the manifest's, filled in where the run is folded. ``is_repeated``: the figures are those of a second run, since the first came near a limit.
    ``is_open``: its author sees it as he sees a sample. ``given`` says what the program got besides its input, ``hint`` is for who
    fails the case, ``description`` for the jury: the manifest's too.
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
    points: Fraction | None = None
    output_head: str = ""
    difference: str = ""
    is_repeated: bool = False
    name: str = ""
    is_sample: bool = False
    is_open: bool = False
    given: str = ""
    hint: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What one test group (a subtask) of a scoring problem came to.

    ``verdict`` is None where none of its cases was judged; ``max_score`` is None where there is no bound; ``case_count`` counts the
    cases in it and below, ``judged_count`` those that were judged.
    """

    path: str
    verdict: Verdict | None
    score: Fraction
    max_score: Fraction | None
    case_count: int
    judged_count: int


@dataclass(frozen=True, slots=True)
class Grade:
    """What a run is worth as a whole.

    ``score`` is exact: 0 or 1 for pass-fail, points for scoring problems. ``time_ms`` and ``memory_bytes`` are the
    largest of any case. ``groups`` are those of a scoring problem, parents before what is in them. ``decisive_case`` is the index of the case that decided the verdict, None on AC and CE. ``why`` is for the jury: what is
    wrong with the points of that case, where they are what makes it VE.
    """

    verdict: Verdict
    score: Fraction
    time_ms: int
    memory_bytes: int
    decisive_case: int | None = None
    why: str = ""
    groups: tuple[GroupResult, ...] = ()
