"""Owns the fold of case results into a grade, and the question which case to run next. Never runs or compares anything.

A pass-fail run has the verdict of its first case, in judging order, that was not accepted. A scoring run is accepted
with full score, partially accepted with some; but an error of the setter's or ours spoils it as a whole, since what
the other cases earned would be a score that nobody can trust.
Source: Kattis problem package format, legacy, "Test data groups" and "Graders" (sum, min, max, avg; on_reject).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from contest.groups import CaseGroup, OnReject, attainable_score, indices
from contest.results import CaseResult, Grade
from contest.verdicts import Verdict

_SPOILING = (Verdict.JE, Verdict.VE)
_GOOD = frozenset({Verdict.AC, Verdict.PA})


class Grading:
    """The results of one attempt so far.

    Cases are run in the order of their indices; what a rejection skips is never looked at, not even when it was run:
    the grade does not depend on how eager the runner was.
    Raises: ValueError when the tree names a case twice, or one that is not there.
    """

    def __init__(self, groups: CaseGroup, case_count: int, *, is_scoring: bool) -> None:
        named = indices(groups)
        if len(set(named)) != len(named) or any(not 0 <= index < case_count for index in named):
            raise ValueError(f"test groups must name each of the {case_count} cases at most once, and no others")
        self._case_count = case_count
        self._is_scoring = is_scoring
        self._attainable = attainable_score(groups, case_count)
        self._leaves: dict[int, _Node] = {}
        self._root = _Node(groups, None, self._leaves)
        for index in range(case_count):
            if index not in self._leaves:
                self._root.adopt(index, self._leaves)
        self._held: dict[int, CaseResult] = {}
        self._folded: dict[int, CaseResult] = {}
        self._next = 0
        self._advance()

    @property
    def next_case(self) -> int | None:
        """The index of the case to run now; None when all that remains is skipped or done."""
        return self._next if self._next < self._case_count else None

    @property
    def is_decided(self) -> bool:
        """Whether the verdict is certain: what may still be run cannot change it."""
        return self.next_case is None or (not self._is_scoring and self._first_rejected() is not None)

    def record(self, result: CaseResult) -> None:
        """Takes one result, in any order; one already there is not replaced.

        Raises: ValueError when there is no such case, or its score does not lie in [0, 1].
        """
        if not 0 <= result.index < self._case_count:
            raise ValueError(f"there is no case {result.index}, only {self._case_count}")
        if result.score is not None and not 0 <= result.score <= 1:
            raise ValueError(f"score {result.score} of case {result.index} does not lie between 0 and 1")
        self._held.setdefault(result.index, result)
        self._advance()

    def grade(self) -> Grade:
        """What the results so far are worth; cases without one count as skipped."""
        ran = self._folded.values()
        time_ms = max((one.time_ms for one in ran), default=0)
        memory_bytes = max((one.memory_bytes for one in ran), default=0)
        verdict, score, decisive = self._scored() if self._is_scoring else self._passed()
        return Grade(verdict, score, time_ms, memory_bytes, decisive)

    def _passed(self) -> tuple[Verdict, Fraction, int | None]:
        rejected = self._first_rejected()
        return (Verdict.AC, Fraction(1), None) if rejected is None else (rejected.verdict, Fraction(0), rejected.index)

    def _scored(self) -> tuple[Verdict, Fraction, int | None]:
        for spoiling in _SPOILING:
            for one in self._folded.values():
                if one.verdict is spoiling:
                    return spoiling, Fraction(0), one.index
        score = self._root.score(self._folded)
        rejected = self._first_rejected()
        decisive = rejected.index if rejected else None
        if score >= self._attainable and (score or rejected is None):
            return Verdict.AC, score, None
        if score > 0:
            return Verdict.PA, score, decisive
        return rejected.verdict if rejected else Verdict.WA, score, decisive

    def _first_rejected(self) -> CaseResult | None:
        return next((one for one in self._folded.values() if one.verdict is not Verdict.AC), None)

    def _advance(self) -> None:
        while self._next < self._case_count:
            leaf = self._leaves[self._next]
            if not leaf.is_skipped:
                result = self._held.get(self._next)
                if result is None:
                    return
                self._folded[self._next] = result
                leaf.end_case(is_rejected=result.verdict not in _GOOD)
            self._next += 1


def grade(groups: CaseGroup, case_count: int, results: Iterable[CaseResult], *, is_scoring: bool) -> Grade | None:
    """The grade of a whole attempt; None when a case that had to be run has no result.

    Raises: ValueError as `Grading` does.
    """
    grading = Grading(groups, case_count, is_scoring=is_scoring)
    for result in results:
        grading.record(result)
    return grading.grade() if grading.next_case is None else None


class _Node:
    """A group while it is judged: how many of its cases are still to come, whether it is rejected or closed."""

    def __init__(self, group: CaseGroup, parent: _Node | None, leaves: dict[int, _Node]) -> None:
        self._group = group
        self._parent = parent
        self._cases: list[int] = []
        self._left = 0
        self._is_rejected = False
        self._is_closed = False
        for index in group.cases:
            self.adopt(index, leaves)
        self._inner = [_Node(inner, self, leaves) for inner in group.groups]

    def adopt(self, index: int, leaves: dict[int, _Node]) -> None:
        self._cases.append(index)
        leaves[index] = self
        self.take(-1)

    @property
    def is_skipped(self) -> bool:
        return self._is_closed or (self._parent is not None and self._parent.is_skipped)

    def end_case(self, *, is_rejected: bool) -> None:
        self.take(1)
        self.end_part(is_rejected=is_rejected)

    def score(self, folded: dict[int, CaseResult]) -> Fraction:
        own = [self._worth(folded.get(index)) for index in self._cases]
        return self._group.capped(own + [inner.score(folded) for inner in self._inner])

    def _worth(self, result: CaseResult | None) -> Fraction:
        if result is None or result.verdict not in _GOOD:
            return self._group.reject_score
        whole = Fraction(1) if result.verdict is Verdict.AC else Fraction(0)
        return self._group.accept_score * (whole if result.score is None else result.score)

    def end_part(self, *, is_rejected: bool) -> None:
        if is_rejected:
            self._is_rejected = True
            if self._group.on_reject is OnReject.BREAK and self._left:
                self._is_closed = True
                self.take(self._left)
        if self._left == 0 and self._parent is not None:
            self._parent.end_part(is_rejected=self._is_rejected)

    def take(self, count: int) -> None:
        self._left -= count
        if self._parent is not None:
            self._parent.take(count)
