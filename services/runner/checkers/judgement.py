"""Owns what a checker says of one output. Never decides how."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from contest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """AC, PA, WA, or VE when the checker itself failed.

    ``score`` in [0, 1] of the case's worth; ``points`` are given outright, in place of it; ``message`` is for the jury.
    """

    verdict: Verdict
    message: str = ""
    score: Fraction | None = None
    points: Fraction | None = None
