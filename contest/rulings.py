"""Owns what a package's own grader is asked about a test group, and how its answer is read. Never runs one.

    grader [arguments] < lines        one line "VERDICT SCORE" for each case and group of the group that was judged, in judging order
    VERDICT SCORE                     what it writes, and nothing else; it ends with 0

Source: Kattis problem package format, legacy, "Graders"; problemtools, ``judge/grade.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from contest.verdicts import Verdict

WORDS: Final = {
    Verdict.AC: "AC", Verdict.PA: "AC", Verdict.WA: "WA", Verdict.OLE: "OLE", Verdict.TLE: "TLE", Verdict.MLE: "MLE",
    Verdict.RTE: "RTE", Verdict.RFE: "RTE",
}  # fmt: skip
"""How a verdict is called to a grader, which knows no others."""

MOST_SCORE: Final = 10**12
_ANSWER: Final = re.compile(r"\s*(AC|WA|OLE|TLE|MLE|RTE|JE)\s+([+-]?(?:\d{1,40}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,2})?)\s*")


@dataclass(frozen=True, slots=True)
class Question:
    """A group that is over, and what its grader is to be told. ``most`` is the most that it may give, None where nothing says."""

    path: str
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    most: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a grader said of the group with that path."""

    path: str
    verdict: Verdict
    score: Fraction


def line(verdict: Verdict, score: Fraction) -> str:
    """One sub-result as a grader reads it."""
    return f"{WORDS[verdict]} {written(score)}"


def written(score: Fraction) -> str:
    """A score as a decimal number: exact where it has an end, else the nearest double."""
    rest = score.denominator
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1 or (digits := max(twos, fives)) > 30:
        return f"{float(score):.12f}".rstrip("0").rstrip(".")
    whole = abs(score.numerator) * 10**digits // score.denominator
    sign = "-" if score < 0 else ""
    if not digits:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}}"


def read_ruling(question: Question, text: str) -> Ruling:
    """The answer to a question. Raises: ValueError with words for the setter when it is none."""
    match = _ANSWER.fullmatch(text)
    if match is None:
        raise ValueError(f"it must write one line, a verdict (AC, WA, OLE, TLE, MLE, RTE) and a score, and wrote {text.strip()[:80]!r}")
    if match.group(1) == "JE":
        raise ValueError("it says JE: it could make nothing of the results")
    return checked(question, Ruling(question.path, Verdict(match.group(1)), Fraction(match.group(2))))


def checked(question: Question, ruling: Ruling) -> Ruling:
    """The ruling, when it may stand. Raises: ValueError with words for the setter."""
    if ruling.verdict not in WORDS or ruling.verdict in {Verdict.PA, Verdict.RFE}:
        raise ValueError(f"a grader does not say {ruling.verdict}")
    if not 0 <= ruling.score <= MOST_SCORE:
        raise ValueError(f"its score {float(ruling.score):g} is negative or beyond all bounds")
    if question.most is not None and ruling.score > question.most:
        raise ValueError(f"its score {written(ruling.score)} is above the `range` of the group, which ends at {written(question.most)}")
    return ruling
