"""Owns IOI scoring: the best score per problem, scaled to the problem's points, exactly. Never breaks a tie: ranks are shared."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from contest.cell import UNCOUNTED, Moment, Totals, Try, Worth
from contest.facts import BoardProblem


class IoiScoring:
    """Points per problem. ``scale`` is a common denominator of every total seen, so that totals compare as integers."""

    def __init__(self) -> None:
        self.scale = 1

    def weigh(self, tries: Sequence[Try], problem: BoardProblem, /) -> Worth:
        """Takes the best score; counts up to the first try with the full score."""
        judged = pending = 0
        best = Fraction(0)
        reached: Moment | None = None
        for one in tries:
            if one.verdict is None:
                pending += 1
                continue
            if one.verdict in UNCOUNTED:
                continue
            judged += 1
            if one.score > best:
                best, reached = min(one.score, problem.max_score), one.moment
                if best == problem.max_score:
                    break
        is_solved = reached is not None and best == problem.max_score
        points = best * problem.points / problem.max_score if best else 0
        return Worth(judged, pending, is_solved=is_solved, score=points, reached=reached)

    def merit(self, totals: Totals, /) -> int:
        """The total in units of ``1 / scale``, negative; grows ``scale`` when the total does not fit."""
        score = totals.score
        if self.scale % score.denominator:
            self.scale = lcm(self.scale, score.denominator)
        return -score.numerator * (self.scale // score.denominator)
