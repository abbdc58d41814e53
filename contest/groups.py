"""Owns the tree of test groups of a problem: what counts together, how, and when judging stops. Never folds results: `contest.grading` does."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


class Aggregation(enum.StrEnum):
    """How a group makes one score of those of its cases and subgroups."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVG = "avg"

    def of(self, scores: Sequence[Fraction]) -> Fraction:
        """The one score; 0 when there are none."""
        if not scores:
            return Fraction(0)
        match self:
            case Aggregation.SUM:
                return sum(scores, Fraction(0))
            case Aggregation.MIN:
                return min(scores)
            case Aggregation.MAX:
                return max(scores)
            case Aggregation.AVG:
                return sum(scores, Fraction(0)) / len(scores)


class OnReject(enum.StrEnum):
    """What a rejected case or subgroup does to the rest of its group: BREAK skips it, CONTINUE judges it all the same."""

    BREAK = "break"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """A node of the tree of test groups.

    ``path`` is empty for the root; ``cases`` are indices into the manifest's cases, which stand in judging order; a case
    that no group names belongs to the root. ``accept_score`` is a case's worth when accepted, ``reject_score`` when
    rejected or skipped; ``max_score`` caps the group, None does not.
    """

    path: str = ""
    cases: tuple[int, ...] = ()
    groups: tuple[CaseGroup, ...] = ()
    aggregation: Aggregation = Aggregation.SUM
    accept_score: Fraction = Fraction(1)
    reject_score: Fraction = Fraction(0)
    on_reject: OnReject = OnReject.BREAK
    max_score: Fraction | None = None

    def capped(self, scores: Sequence[Fraction]) -> Fraction:
        """The group's score from those of its cases and subgroups."""
        score = self.aggregation.of(scores)
        return score if self.max_score is None else min(score, self.max_score)


def attainable_score(groups: CaseGroup, case_count: int) -> Fraction:
    """The score of a program that every case accepts in full: a scoring problem's ``max_score``."""
    unnamed = case_count - len(indices(groups))

    def best(group: CaseGroup, extra: int) -> Fraction:
        own = [group.accept_score] * (len(group.cases) + extra)
        return group.capped(own + [best(inner, 0) for inner in group.groups])

    return best(groups, unnamed)


def indices(groups: CaseGroup) -> list[int]:
    """Every case that a group of the tree names, once for each time that it is named."""
    return [*groups.cases, *(index for inner in groups.groups for index in indices(inner))]
