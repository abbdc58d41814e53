"""A verdict that a person gives is one that a judge could have given: what contradicts itself is refused, and it says why."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mesh.errors import Invalid
from services.recorder import rows
from services.recorder.rules.overrides import _checked_score
from tests.services.recorder.makers import NOW
from wire.rejudging import OverrideVerdict


def checked(verdict: str, score: str, *, is_scoring: bool) -> Fraction:
    most = Fraction(101 if is_scoring else 1)
    problem = rows.Problem("apples", "Apples", "olga", "a" * 40, "v1", {}, 3, 1, ["en"], has_pdf=False, is_scoring=is_scoring, max_score=most, changed_at=NOW)
    return _checked_score(OverrideVerdict("x", verdict, "why", Fraction(score) if score else None), problem)


@pytest.mark.parametrize(
    ("verdict", "score", "is_scoring", "comes_to"),
    [
        ("AC", "", False, "1"), ("AC", "1", False, "1"), ("WA", "", False, "0"), ("WA", "0", False, "0"), ("JE", "", False, "0"),
        ("AC", "", True, "101"), ("AC", "60", True, "60"), ("PA", "60", True, "60"), ("PA", "1/3", True, "1/3"), ("TLE", "", True, "0"),
    ],
)  # fmt: skip
def test_what_a_judge_could_say_is_taken(verdict: str, score: str, is_scoring: bool, comes_to: str) -> None:
    assert checked(verdict, score, is_scoring=is_scoring) == Fraction(comes_to)


@pytest.mark.parametrize(
    ("verdict", "score", "is_scoring", "words"),
    [
        ("PA", "", False, "no points in part"), ("PA", "1/2", False, "no points in part"), ("AC", "1/2", False, "AC is worth 1 here, not 1/2"),
        ("WA", "1", False, "WA is worth nothing, not 1"), ("WA", "50", True, "WA is worth nothing, not 50"), ("CE", "1", True, "CE is worth nothing"),
        ("PA", "101", True, "between 0 and 101"), ("PA", "0", True, "between 0 and 101"), ("PA", "", True, "between 0 and 101"),
        ("PA", "102", True, "the score is not between 0 and 101"), ("WA", "9" * 999, True, "more than 60 digits"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_and_said(verdict: str, score: str, is_scoring: bool, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        checked(verdict, score, is_scoring=is_scoring)
    assert (refused.value.code, len(refused.value.message) < 1200) == ("override-invalid", True)
