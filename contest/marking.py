"""Owns one test group while it is judged: what of it is still to come, its verdict, its score. Never decides what a whole run is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, CaseGroup, OnReject, VerdictRule, best_of
from contest.results import CaseResult, GroupResult
from contest.rulings import Question, Ruling, line, written
from contest.verdicts import Verdict

_BY_WORTH = frozenset({Aggregation.LEAST_SHARE, Aggregation.SUM_IF_NOT_ZERO, Aggregation.PRODUCT})
GOOD: Final = frozenset({Verdict.AC, Verdict.PA})
SPOILING: Final = (Verdict.JE, Verdict.VE)
_WORST: Final = (
    Verdict.JE, Verdict.VE, Verdict.CE, Verdict.RFE, Verdict.RTE, Verdict.MLE, Verdict.TLE, Verdict.OLE, Verdict.WA, Verdict.PA, Verdict.AC,
)  # fmt: skip
"""Source: Kattis legacy format, worst_error: JE, IF, RTE, MLE, TLE, OLE, WA."""

Results = Mapping[int, CaseResult]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the points of a case, in words for the jury."""

    index: int
    why: str


@dataclass(slots=True)
class Book:
    """Where the groups of one tree are found: by their cases, by their paths. ``good`` are the verdicts of a case that is not rejected.

    ``waiting`` is a group that is over and waits for the word of the package's own grader: nothing goes on before.
    """

    good: frozenset[Verdict]
    leaves: dict[int, Marking] = field(default_factory=dict)
    by_path: dict[str, Marking] = field(default_factory=dict)
    waiting: Marking | None = None


class Marking:
    """A group that counts its cases down; it is over when every case was judged, skipped, or ruled out."""

    def __init__(self, group: CaseGroup, book: Book, parent: Marking | None = None) -> None:
        self.group = group
        self._parent = parent
        self._book = book
        self._good = book.good
        self._ruling: Ruling | None = None
        self._cases: list[int] = []
        self._left = 0
        self._is_closed = False
        self._required = [book.by_path[path] for path in group.requires if path in book.by_path]
        for index in group.cases:
            self.adopt(index, book)
        self._inner = [Marking(inner, book, self) for inner in group.groups]
        self._counted = [inner for inner in self._inner if not inner.group.is_ignored]
        book.by_path[group.path] = self

    def adopt(self, index: int, book: Book) -> None:
        """Takes a case in."""
        self._cases.append(index)
        book.leaves[index] = self
        self.take(-1)

    def skips(self, results: Results) -> bool:
        """Whether its cases are not to be run any more; a group whose requirements failed is closed by being asked."""
        if self._parent is not None and self._parent.skips(results):
            return True
        required, self._required = self._required, []
        if not self._is_closed and not all(one.is_passed(results) for one in required):
            self._is_closed = True
            self.take(self._left)
            if self._parent is not None:
                self._parent.end_part(results, is_rejected=not self.group.is_ignored)
        return self._is_closed

    def end_case(self, result: CaseResult, results: Results) -> None:
        """One of its cases was judged; ``results`` holds it already."""
        self.take(1)
        self.end_part(results, is_rejected=result.verdict not in self._good)

    def is_passed(self, results: Results) -> bool:
        """Whether every case in it and below was run and accepted."""
        own = all(index in results and results[index].verdict is Verdict.AC for index in self._cases)
        return own and all(inner.is_passed(results) for inner in self._inner)

    def verdict(self, results: Results) -> CaseResult | None:
        """The result that decides the group's verdict; None when it is accepted. What was skipped decides nothing."""
        parts = self._parts(results)
        if self._ruling is not None:
            return self._blamed(self._ruling, parts, results)
        rejected = [part for part in parts if part is not None]
        spoilt = [part for part in rejected if part.verdict in SPOILING]
        if self.group.rule is VerdictRule.ACCEPT or (self.group.accepts_any and len(rejected) < len(parts)):
            return spoilt[0] if spoilt else None
        if self.group.rule is VerdictRule.WORST:
            return min(rejected, key=lambda part: (_WORST.index(part.verdict), part.index), default=None)
        return rejected[0] if rejected else None

    def score(self, results: Results) -> Fraction:
        """What it is worth so far; cases without a result count as rejected."""
        group = self.group
        if group.has_grader:
            return self._ruling.score if self._ruling is not None else Fraction(0)
        if group.aggregation is Aggregation.PASS:
            return (group.max_score or Fraction(0)) if self.is_passed(results) and (self._cases or self._inner) else Fraction(0)
        own = [self._worth(place, results.get(index)) for place, index in enumerate(self._cases)]
        scores = own + [inner.score(results) for inner in self._counted]
        return group.capped(group.aggregation.of(scores, self._worths() if group.aggregation in _BY_WORTH else ()))

    def fault(self, results: Results) -> Fault | None:
        """The first result by which an exact group has points that it must not have, or lacks those that it must."""
        group = self.group
        if group.is_exact:
            for place, index in enumerate(self._cases):
                if index in results and (why := self._why_wrong(place, results[index])):
                    return Fault(index, why)
            last = max((index for index in self._cases if index in results), default=None)
            if last is not None and not group.has_grader and group.max_score is not None and (sum_of := self._uncapped(results)) > group.max_score:
                return Fault(last, f"the group {group.path} comes to a score of {written(sum_of)}, and may have at most {written(group.max_score)}")
        return next((found for inner in self._inner if (found := inner.fault(results)) is not None), None)

    def told(self, results: Results) -> tuple[GroupResult, ...]:
        """What its subgroups came to, each before what is in it; those that count nothing are left out."""
        return tuple(one for inner in self._counted for one in (inner.result(results), *inner.told(results)))

    def result(self, results: Results) -> GroupResult:
        """What it came to itself. Points short of the most make an accepted group PA."""
        score, most, rejected = self.score(results), best_of(self.group), self.verdict(results)
        judged = sum(index in results for index in self.indices())
        verdict = (Verdict.AC if most is None or score >= most else Verdict.PA) if rejected is None else rejected.verdict
        return GroupResult(self.group.path, verdict if judged else None, score, most, len(self.indices()), judged)

    def indices(self) -> list[int]:
        """Its cases, at any depth."""
        return [*self._cases, *(index for inner in self._inner for index in inner.indices())]

    def question(self, results: Results) -> Question:
        """What the package's own grader is asked when the group is over."""
        lines = [(index, line(results[index].verdict, self._worth(place, results[index]))) for place, index in enumerate(self._cases) if index in results]
        for inner in self._inner:
            if (first := inner.first(results)) is not None:
                rejected = inner.verdict(results)
                lines.append((first, line(Verdict.AC if rejected is None else rejected.verdict, inner.score(results))))
        return Question(self.group.path, self.group.grader_arguments, tuple(one for _, one in sorted(lines)), self.group.max_score)

    def rule(self, ruling: Ruling, results: Results) -> None:
        """Takes the grader's word; its parent hears of it."""
        self._ruling = ruling
        self._close(results)

    def _blamed(self, ruling: Ruling, parts: list[CaseResult | None], results: Results) -> CaseResult | None:
        """The result that a ruling is blamed on: the last part with that verdict, else the last that was judged, whatever it got."""
        if ruling.verdict is Verdict.AC:
            return None
        alike = [part for part in parts if part is not None and part.verdict is ruling.verdict]
        return alike[-1] if alike else replace(results[self.last(results)], verdict=ruling.verdict)

    def last(self, results: Results) -> int:
        """The last of its judged cases, at any depth; -1 when none was."""
        return max([index for index in self._cases if index in results] + [inner.last(results) for inner in self._inner], default=-1)

    def _parts(self, results: Results) -> list[CaseResult | None]:
        """The verdicts of its judged cases and subgroups in judging order: None for one that was accepted."""
        judged = [results[index] for index in self._cases if index in results]
        found = [(result.index, None if result.verdict in self._good else result) for result in judged]
        found += [(first, inner.verdict(results)) for inner in self._counted if (first := inner.first(results)) is not None]
        return [part for _, part in sorted(found, key=lambda pair: pair[0])]

    def first(self, results: Results) -> int | None:
        """The first of its judged cases, at any depth; None when none was."""
        own = [index for index in self._cases if index in results]
        return min(own + [one for inner in self._inner if (one := inner.first(results)) is not None], default=None)

    def _worth(self, place: int, result: CaseResult | None) -> Fraction:
        if result is None or result.verdict not in GOOD:
            return self.group.reject_score
        if result.points is not None:
            return result.points
        whole = Fraction(1) if result.verdict is Verdict.AC else Fraction(0)
        return self.group.worth_of(place) * (whole if result.score is None else result.score)

    def _worths(self) -> list[Fraction]:
        below = [best_of(inner.group) or Fraction(0) for inner in self._counted]
        return [self.group.worth_of(place) for place in range(len(self._cases))] + below

    def _uncapped(self, results: Results) -> Fraction:
        if self.group.aggregation is Aggregation.PASS:
            return Fraction(0)
        own = [self._worth(place, results.get(index)) for place, index in enumerate(self._cases)]
        below = [inner.score(results) for inner in self._counted]
        return self.group.aggregation.of(own + below, self._worths())

    def _why_wrong(self, place: int, result: CaseResult) -> str:
        """In words; empty when nothing is."""
        if result.verdict not in GOOD:
            return ""
        if self.group.gives_points:
            is_wrong = result.points is None or result.score is not None
            return "the validator must give points here, and gives none" if is_wrong else ""
        if self.group.aggregation is Aggregation.PASS:
            is_wrong = result.points is not None or result.score is not None
            return "the validator gives a score, and here one can only pass or fail" if is_wrong else ""
        most = self.group.worth_of(place)
        is_wrong = result.points is not None and result.points > most
        return f"the validator gives a score of {written(result.points or most)}, and at most {written(most)} can be had here" if is_wrong else ""

    def end_part(self, results: Results, *, is_rejected: bool) -> None:
        """A case or subgroup of it is over."""
        if is_rejected and self.group.on_reject is OnReject.BREAK and self._left:
            self._is_closed = True
            self.take(self._left)
        if self._left == 0 and self.group.has_grader and self._ruling is None:
            self._book.waiting = self
        elif self._left == 0:
            self._close(results)

    def _close(self, results: Results) -> None:
        if self._parent is not None:
            self._parent.end_part(results, is_rejected=not self.group.is_ignored and self.verdict(results) is not None)

    def take(self, count: int) -> None:
        """So many cases fewer are to come."""
        self._left -= count
        if self._parent is not None:
            self._parent.take(count)
