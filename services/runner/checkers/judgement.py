"""Owns what a checker says of one output. Never decides how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from contest.verdicts import Verdict

MOST_POINTS = 10**12
_NUMBER = re.compile(r"\+?(?:\d{1,40}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Judgement:
    """AC, PA, WA, or VE when the checker itself failed.

    ``score`` in [0, 1] of the case's worth; ``points`` are given outright, in place of it; ``message`` is for the jury.
    """

    verdict: Verdict
    message: str = ""
    score: Fraction | None = None
    points: Fraction | None = None


def number(text: str) -> Fraction | None:
    """A decimal number that is not negative, exactly; None for anything else, and for more than `MOST_POINTS`."""
    if not _NUMBER.fullmatch(text):
        return None
    value = Fraction(text)
    return value if value <= MOST_POINTS else None


def scored(score: Fraction, message: str) -> Judgement:
    """The judgement of a checker that says nothing but a score in [0, 1]: all of it is AC, some is PA, nothing is WA."""
    if score == 1:
        return Judgement(Verdict.AC, message, score)
    return Judgement(Verdict.PA if score else Verdict.WA, message, score)
