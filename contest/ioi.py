"""Owns IOI scoring: the best score per problem, scaled to the problem's points, exactly. Never breaks a tie: ranks are shared."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from contest.cell import Moment, Totals, Try, Worth, plain
from contest.facts import BoardProblem


class IoiScoring:
    """Points per problem. ``scale`` is a common denominator of every total seen, so that totals compare as integers."""

    def __init__(self) -> None:
        self.scale = 1
        self._terms: dict[str, tuple[Fraction | int, Fraction | int]] = {}

    def weigh(self, tries: Sequence[Try], problem: BoardProblem, /) -> Worth:
        """Takes the best score; counts up to the first try with the full score."""
        terms = self._terms.get(problem.alias)
        if terms is None:
            terms = self._terms[problem.alias] = plain(problem.max_score), plain(problem.points / problem.max_score)
        full, points_each = terms
        judged = pending = 0
        best: Fraction | int = 0
        reached: Moment | None = None
        for one in tries:
            if one.is_counted:
                judged += 1
                if one.score > best:
                    best, reached = one.score, one.moment
                    if best >= full:
                        best = full
                        break
            elif one.verdict is None:
                pending += 1
        if reached is None:
            return Worth(judged, pending)
        points = best if points_each == 1 else plain(best * points_each)
        return Worth(judged, pending, best == full, points, 0, reached.at_us // 1_000_000, reached)

    def merit(self, totals: Totals, /) -> int:
        """The total in units of ``1 / scale``, negative; grows ``scale`` when the total does not fit."""
        score = totals.score
        if score.__class__ is int:
            return -score * self.scale
        if self.scale % score.denominator:
            self.scale = lcm(self.scale, score.denominator)
        return -score.numerator * (self.scale // score.denominator)
