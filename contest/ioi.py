"""Owns IOI scoring: the best score per problem, scaled to the problem's points, exactly. Never breaks a tie: ranks are shared."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from contest.cell import ZERO, Moment, Totals, Try, Worth
from contest.facts import BoardProblem


class IoiScoring:
    """Points per problem. ``scale`` is a common denominator of every total seen, so that totals compare as integers."""

    def __init__(self) -> None:
        self.scale = 1

    def weigh(self, tries: Sequence[Try], problem: BoardProblem, /) -> Worth:
        """Takes the best score; counts up to the first try with the full score."""
        judged = pending = 0
        best = ZERO
        reached: Moment | None = None
        for one in tries:
            if one.is_counted:
                judged += 1
                if one.score > best:
                    best, reached = min(one.score, problem.max_score), one.moment
                    if best == problem.max_score:
                        break
            elif one.verdict is None:
                pending += 1
        if reached is None:
            return Worth(judged, pending)
        points = best if problem.points == problem.max_score else best * problem.points / problem.max_score
        return Worth(judged, pending, best == problem.max_score, points, 0, reached.at_us // 1_000_000, reached)

    def merit(self, totals: Totals, /) -> int:
        """The total in units of ``1 / scale``, negative; grows ``scale`` when the total does not fit."""
        score = totals.score
        if self.scale % score.denominator:
            self.scale = lcm(self.scale, score.denominator)
        return -score.numerator * (self.scale // score.denominator)
