"""Owns the tree of test groups of a problem: what counts together, how, and when judging stops. Never folds results: `contest.grading` does."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


class Aggregation(enum.StrEnum):
    """How a group makes one score of those of its cases and subgroups, its *parts*.

    SUM, MIN, MAX and AVG take the parts' scores. SUM_IF_NOT_ZERO is their sum, or 0 as soon as one of them is 0 (omegaUp's
    ``sum-if-not-zero``: a group counts only when every case of it passes). LEAST_SHARE is what the whole group is worth times
    the least share that a part got of its own worth (omegaUp's ``min``). PRODUCT is what the best part is worth times the shares of all
    (CMS's ``GroupMul``, whose cases are all worth the same). PASS is ``max_score`` when every part is accepted, else 0.
    """

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM_IF_NOT_ZERO = "sum-if-not-zero"
    LEAST_SHARE = "least-share"
    PRODUCT = "product"
    PASS = "pass-fail"  # noqa: S105  a way to count, not a secret

    def of(self, scores: Sequence[Fraction], worths: Sequence[Fraction] = ()) -> Fraction:
        """The one score; 0 when there are none. ``worths`` are what the same parts can get at most: LEAST_SHARE and PRODUCT divide by
        them, and with SUM_IF_NOT_ZERO a part that is worth nothing spoils nothing.
        """
        if not scores:
            return Fraction(0)
        total = sum(scores, Fraction(0))
        match self:
            case Aggregation.SUM:
                return total
            case Aggregation.MIN | Aggregation.PASS:
                return min(scores)
            case Aggregation.MAX:
                return max(scores)
            case Aggregation.AVG:
                return total / len(scores)
            case Aggregation.SUM_IF_NOT_ZERO:
                counted = [score for score, worth in zip(scores, worths, strict=True) if worth] if worths else scores
                return total if all(counted) else Fraction(0)
            case Aggregation.LEAST_SHARE:
                shares = [score / worth for score, worth in zip(scores, worths, strict=True) if worth]
                return min(shares) * sum(worths, Fraction(0)) if shares else Fraction(0)
            case Aggregation.PRODUCT:
                return math.prod((score / worth for score, worth in zip(scores, worths, strict=True) if worth), start=max(worths))


class OnReject(enum.StrEnum):
    """What a rejected case or subgroup does to the rest of its group: BREAK skips it, CONTINUE judges it all the same."""

    BREAK = "break"
    CONTINUE = "continue"


class VerdictRule(enum.StrEnum):
    """Which verdict a group has when a part of it is rejected: that of the first such part, the worst of any, or accepted all the same.

    Source: Kattis legacy format, "Default Grader Specification": first_error, worst_error, always_accept.
    """

    FIRST = "first"
    WORST = "worst"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """A node of the tree of test groups.

    ``path`` is empty for the root; ``cases`` are indices into the manifest's cases, which stand in judging order; a case
    that no group names belongs to the root. ``accept_score`` is a case's worth when accepted, ``reject_score`` when
    rejected or skipped; ``max_score`` caps the group, None does not. ``case_scores``, when there are any, are the worths of
    ``cases`` one by one, in place of ``accept_score``.

    ``rule`` and ``accepts_any`` (accepted as soon as one part is) make the group's verdict, which its parent sees. ``is_ignored``: it
    is judged, and its parent counts neither its verdict nor its score. ``requires`` are paths of groups that stand earlier: unless every
    case of theirs was accepted this one is not run. ``gives_points``: the validator gives points outright, and ``accept_score`` says
    nothing of what can be had. ``is_exact``: points above a case's worth, a sum above ``max_score``, and points that are missing where
    ``gives_points`` are the setter's error (VE); they are capped or stand in for ``accept_score`` otherwise.
    ``is_strict`` (of the root of a scoring problem): no points at all unless the root's verdict is accepted.
    ``has_grader``: its verdict and score are what the package's own grader says of its parts, called with ``grader_arguments``; ``rule``,
    ``accepts_any`` and ``aggregation`` say nothing then.
    """

    path: str = ""
    cases: tuple[int, ...] = ()
    groups: tuple[CaseGroup, ...] = ()
    aggregation: Aggregation = Aggregation.SUM
    accept_score: Fraction = Fraction(1)
    reject_score: Fraction = Fraction(0)
    on_reject: OnReject = OnReject.BREAK
    max_score: Fraction | None = None
    case_scores: tuple[Fraction, ...] = ()
    rule: VerdictRule = VerdictRule.FIRST
    accepts_any: bool = False
    is_ignored: bool = False
    requires: tuple[str, ...] = ()
    gives_points: bool = False
    is_exact: bool = False
    is_strict: bool = False
    has_grader: bool = False
    grader_arguments: tuple[str, ...] = ()

    def worth_of(self, place: int) -> Fraction:
        """What the case at that place of ``cases`` is worth when accepted; beyond them stand the cases that no group names."""
        return self.case_scores[place] if place < len(self.case_scores) else self.accept_score

    def capped(self, score: Fraction) -> Fraction:
        """The score, or the most that the group can have."""
        return score if self.max_score is None else min(score, self.max_score)


def attainable_score(groups: CaseGroup, case_count: int) -> Fraction | None:
    """The score of a program that every case accepts in full, a scoring problem's ``max_score``; None when there is no bound."""
    return best_of(groups, case_count - len(indices(groups)))


def best_of(group: CaseGroup, extra: int = 0) -> Fraction | None:
    """The same of one group; ``extra`` cases are its own besides those that it names."""
    if group.has_grader:
        return group.max_score
    count = len(group.cases) + extra
    parts: list[Fraction | None] = [None if group.gives_points else group.worth_of(place) for place in range(count)]
    parts += [best_of(inner) for inner in group.groups if not inner.is_ignored]
    if group.aggregation is Aggregation.PASS:
        return (group.max_score or Fraction(0)) if parts else Fraction(0)
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) and not (known and group.aggregation is Aggregation.MIN):
        return group.max_score
    return group.capped(group.aggregation.of(known, known))


def indices(groups: CaseGroup) -> list[int]:
    """Every case that a group of the tree names, once for each time that it is named."""
    return [*groups.cases, *(index for inner in groups.groups for index in indices(inner))]


def fault_of(groups: CaseGroup, case_count: int) -> str:
    """Why the tree cannot be graded by, empty when it can."""
    named = indices(groups)
    if len(set(named)) != len(named) or any(not 0 <= index < case_count for index in named):
        return f"test groups must name each of the {case_count} cases at most once, and no others"
    return _fault_of_group(groups)


def _fault_of_group(group: CaseGroup) -> str:
    if group.case_scores and len(group.case_scores) != len(group.cases):
        return f"test group {group.path!r} gives {len(group.case_scores)} scores for {len(group.cases)} cases"
    return next((fault for fault in map(_fault_of_group, group.groups) if fault), "")
