"""Owns one team's tries at one problem and the promise of a way of scoring them. Never knows which way: `contest.icpc`, `contest.ioi`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, Protocol

from contest.facts import BoardProblem
from contest.verdicts import Blame, Verdict

UNCOUNTED = frozenset({Verdict.CE}) | {verdict for verdict in Verdict if verdict.blame in {Blame.SETTER, Blame.JUDGE}}
"""Verdicts that are no try at all: CE costs nothing, VE and JE are not the contestant's fault."""


class Moment(NamedTuple):
    """When something was submitted: microseconds after the start, then the submission's id. Totally ordered."""

    at_us: int
    submission: str


class Worth(NamedTuple):
    """What a cell shows and adds to its row. ``reached`` is the try that reached the score, ``time_s`` its whole seconds after
    the start; both None without a score. A tuple, since one is made for every fact and compared with the one before.
    """

    tries: int = 0
    pending: int = 0
    is_solved: bool = False
    score: Fraction | int = 0
    penalty_s: int = 0
    time_s: int | None = None
    reached: Moment | None = None


UNTOUCHED = Worth()
"""A cell without a submission."""


class Totals:
    """The sums of a row: problems solved, score, penalty, and when the last try that raised the score was made."""

    __slots__ = ("last_s", "penalty_s", "score", "solved")

    def __init__(self) -> None:
        self.solved = 0
        self.score: Fraction | int = 0
        self.penalty_s = 0
        self.last_s = 0


class Cell:
    """One team's tries at one problem, in order of their moments, and what they are worth. ``team`` and ``column`` are numbers."""

    __slots__ = ("column", "problem", "team", "tries", "worth")

    def __init__(self, team: int, column: int, problem: BoardProblem) -> None:
        self.team = team
        self.column = column
        self.problem = problem
        self.tries: list[Try] = []
        self.worth = UNTOUCHED

    def insert(self, new: Try) -> bool:
        """Puts a try where its moment belongs; False when it is there already."""
        tries = self.tries
        place = len(tries)
        if tries and new.moment <= tries[-1].moment:
            place = bisect_left(tries, new.moment, key=_moment_of)
            if tries[place].moment == new.moment:
                return False
        tries.insert(place, new)
        return True


class Try:
    """One submission on a board: where it belongs, and its verdict as far as this board may know it."""

    __slots__ = ("cell", "is_counted", "moment", "score", "verdict")

    def __init__(self, moment: Moment, cell: Cell) -> None:
        self.moment = moment
        self.cell = cell
        self.verdict: Verdict | None = None
        self.score: Fraction | int = 0
        self.is_counted = False

    def judge(self, verdict: Verdict | None, score: Fraction) -> None:
        """The verdict, or None: undecided."""
        self.verdict = verdict
        self.score = plain(score)
        self.is_counted = verdict is not None and verdict not in UNCOUNTED


class Scoring(Protocol):
    """A way of scoring. Both calls depend on their arguments alone, but for ``scale``, which only grows.

    ``scale`` is the unit of merits: when it has changed, merits handed out before do not compare with new ones.
    """

    scale: int

    def weigh(self, tries: Sequence[Try], problem: BoardProblem, /) -> Worth:
        """What these tries at that problem, in order of their moments, are worth. Tries after the solving one never matter."""
        ...

    def merit(self, totals: Totals, /) -> int:
        """A number that is smaller for the better row and equal for rows that share a rank."""
        ...


def plain(score: Fraction | int) -> Fraction | int:
    """The same exact number, as an int when it is whole: nearly all are, and ints add and compare in a tenth of the time."""
    return score.numerator if score.denominator == 1 else score


def _moment_of(one: Try) -> Moment:
    return one.moment
