"""What a score counts is the same on a submission's page as on the board."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from contest.facts import BoardProblem, BoardSubmission, BoardTeam
from contest.rules import Audience, ContestRules, Mode
from contest.scoreboard import rebuild
from contest.verdicts import Verdict
from services.frontend.reads.contests import ContestProblem

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("points", "max_score", "score"),
    [(Fraction(100), Fraction(1), Fraction(1)), (Fraction(100), Fraction(1), Fraction(5, 18)), (Fraction(40), Fraction(200), Fraction(35, 2)), (Fraction(7, 2), Fraction(3), Fraction(4))],
)  # fmt: skip
def test_a_score_is_worth_what_the_board_says(points: Fraction, max_score: Fraction, score: Fraction) -> None:
    column = BoardProblem("sum", "A", "", points, "Sum", max_score)
    submission = BoardSubmission("1", "ana", "sum", START + timedelta(minutes=5), Verdict.PA, score)
    board = rebuild("finals", ContestRules(Mode.IOI, START, 3600), [column], [BoardTeam("ana", "Ana", "")], Audience.JURY, submissions=[submission])
    (row,) = board.rows()
    assert ContestProblem("sum", "Sum", "A", "", points, max_score=max_score).worth(score) == Fraction(row["score"])


def test_what_has_no_score_is_worth_nothing_that_could_be_told() -> None:
    assert ContestProblem("sum", "Sum", "A", "", Fraction(100)).worth(None) is None
