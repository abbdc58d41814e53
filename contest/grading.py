"""Owns the fold of case results into a grade, and the question which case to run next. Never runs or compares anything.

A pass-fail run has the verdict of its root group: of its first case, in judging order, that was not accepted, unless the root
says otherwise. A scoring run is accepted with full score, partially accepted with some, unless the root is strict: then it has no
score when the root rejects it. An error of the setter's or ours spoils it as a whole, since what the other cases earned would be
a score that nobody can trust. Where points know no bound, a run that no case rejects is accepted.
Source: Kattis problem package format, legacy, "Test data groups" and "Graders"; 2025-09, "Result aggregation".
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from contest.groups import CaseGroup, VerdictRule, attainable_score, fault_of
from contest.marking import GOOD, SPOILING, Book, Marking
from contest.results import CaseResult, Grade
from contest.rulings import Question, Ruling, checked
from contest.verdicts import Verdict

MOST_TOLD_GROUPS = 500
"""Of a tree with more groups none is told of: nobody reads so many."""


class Grading:
    """The results of one attempt so far.

    Cases are run in the order of their indices; what a rejection skips is never looked at, not even when it was run:
    the grade does not depend on how eager the runner was.
    Raises: ValueError when the tree names a case twice, or one that is not there.
    """

    def __init__(self, groups: CaseGroup, case_count: int, *, is_scoring: bool) -> None:
        if fault := fault_of(groups, case_count):
            raise ValueError(fault)
        self._case_count = case_count
        self._is_scoring = is_scoring
        self._attainable = attainable_score(groups, case_count)
        self._book = Book(GOOD if is_scoring else frozenset({Verdict.AC}))
        self._root = Marking(groups, self._book)
        for index in range(case_count):
            if index not in self._book.leaves:
                self._root.adopt(index, self._book)
        self._held: dict[int, CaseResult] = {}
        self._folded: dict[int, CaseResult] = {}
        self._next = 0
        self._is_spotless = True
        self._advance()

    @property
    def next_case(self) -> int | None:
        """The index of the case to run now; None when all that remains is skipped or done, and while there is a `question`."""
        return self._next if self._next < self._case_count and self._book.waiting is None else None

    @property
    def question(self) -> Question | None:
        """What the package's own grader has to be asked before anything goes on; None when there is nothing."""
        waiting = self._book.waiting
        return None if waiting is None else waiting.question(self._folded)

    @property
    def is_over(self) -> bool:
        """Whether no case is to be run any more, and nobody to be asked."""
        return self.next_case is None and self._book.waiting is None

    @property
    def is_decided(self) -> bool:
        """Whether the verdict is certain: what may still be run cannot change it."""
        if self.is_over:
            return True
        if self._book.waiting is not None:
            return False
        is_simple = self._root.group.rule is VerdictRule.FIRST and not self._root.group.accepts_any
        return not self._is_scoring and is_simple and not self._is_spotless and self._root.verdict(self._folded) is not None

    def record(self, result: CaseResult) -> None:
        """Takes one result, in any order; one already there is not replaced.

        Raises: ValueError when there is no such case, or its score does not lie in [0, 1], or its points are below 0.
        """
        if not 0 <= result.index < self._case_count:
            raise ValueError(f"there is no case {result.index}, only {self._case_count}")
        if result.score is not None and not 0 <= result.score <= 1:
            raise ValueError(f"score {result.score} of case {result.index} does not lie between 0 and 1")
        if result.points is not None and result.points < 0:
            raise ValueError(f"points {result.points} of case {result.index} are below 0")
        self._held.setdefault(result.index, result)
        self._advance()

    def rule(self, ruling: Ruling) -> None:
        """Takes the answer to the `question`.

        Raises: ValueError when that is not what was asked, or the answer may not stand (`contest.rulings.checked`).
        """
        waiting = self._book.waiting
        if waiting is None or waiting.group.path != ruling.path:
            raise ValueError(f"nothing was asked about the group {ruling.path!r}")
        checked(waiting.question(self._folded), ruling)
        self._book.waiting = None
        waiting.rule(ruling, self._folded)
        self._advance()

    def score_of(self, path: str) -> Fraction | None:
        """What the group of that path is worth so far; None when there is none."""
        marking = self._book.by_path.get(path)
        return None if marking is None else marking.score(self._folded)

    def grade(self) -> Grade:
        """What the results so far are worth; cases without one count as skipped."""
        ran = self._folded.values()
        time_ms = max((one.time_ms for one in ran), default=0)
        memory_bytes = max((one.memory_bytes for one in ran), default=0)
        verdict, score, decisive = self._scored() if self._is_scoring else self._passed()
        is_fault = verdict is Verdict.VE and decisive is not None and self._folded[decisive].verdict is not Verdict.VE
        fault = self._root.fault(self._folded) if is_fault else None
        groups = self._root.told(self._folded) if self._is_scoring and len(self._book.by_path) <= MOST_TOLD_GROUPS else ()
        return Grade(verdict, score, time_ms, memory_bytes, decisive, fault.why if fault is not None else "", groups)

    def _passed(self) -> tuple[Verdict, Fraction, int | None]:
        rejected = self._root.verdict(self._folded)
        return (Verdict.AC, Fraction(1), None) if rejected is None else (rejected.verdict, Fraction(0), self._decisive(rejected))

    def _scored(self) -> tuple[Verdict, Fraction, int | None]:
        for spoiling in SPOILING:
            for one in self._folded.values():
                if one.verdict is spoiling:
                    return spoiling, Fraction(0), one.index
        if (wrong := self._root.fault(self._folded)) is not None:
            return Verdict.VE, Fraction(0), wrong.index
        rejected = self._root.verdict(self._folded)
        if rejected is not None and self._root.group.is_strict:
            return rejected.verdict, Fraction(0), self._decisive(rejected)
        score = self._root.score(self._folded)
        first = next((one for one in self._folded.values() if one.verdict is not Verdict.AC), None)
        if self._is_full(score, first) and (score or rejected is None):
            return Verdict.AC, score, None
        if score > 0:
            return Verdict.PA, score, first.index if first else None
        return first.verdict if first else Verdict.WA, score, first.index if first else None

    def _decisive(self, rejected: CaseResult) -> int | None:
        """The case that decided; none when the package's grader rejects what no case of that verdict stands for."""
        return rejected.index if self._folded[rejected.index].verdict is rejected.verdict else None

    def _is_full(self, score: Fraction, first_rejected: CaseResult | None) -> bool:
        return first_rejected is None if self._attainable is None else score >= self._attainable

    def _advance(self) -> None:
        while self._next < self._case_count and self._book.waiting is None:
            leaf = self._book.leaves[self._next]
            if not leaf.skips(self._folded):
                result = self._held.get(self._next)
                if result is None:
                    return
                self._folded[self._next] = result
                self._is_spotless = self._is_spotless and result.verdict is Verdict.AC
                leaf.end_case(result, self._folded)
            self._next += 1


def grade(
    groups: CaseGroup, case_count: int, results: Iterable[CaseResult], *, is_scoring: bool, rulings: Iterable[Ruling] = ()
) -> Grade | None:
    """The grade of a whole attempt; None when a case that had to be run has no result, or a group that had to be ruled on no ruling.

    Raises: ValueError as `Grading` does.
    """
    grading = Grading(groups, case_count, is_scoring=is_scoring)
    for result in results:
        grading.record(result)
    by_path = {ruling.path: ruling for ruling in rulings}
    while (question := grading.question) is not None and question.path in by_path:
        grading.rule(by_path[question.path])
    return grading.grade() if grading.is_over else None
