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

    @property
    def at_s(self) -> int:
        """Whole seconds after the start."""
        return self.at_us // 1_000_000


class Try:
    """One submission on a board: where it belongs, and its verdict as far as this board may know it."""

    __slots__ = ("moment", "problem", "score", "team", "verdict")

    def __init__(self, moment: Moment, team: int, problem: int) -> None:
        self.moment = moment
        self.team = team
        self.problem = problem
        self.verdict: Verdict | None = None
        self.score = Fraction(0)


class Worth(NamedTuple):
    """What a cell shows and adds to its row. ``reached`` is the try that reached the score, None without a score.

    A tuple, since it is made for every fact and compared with the one before.
    """

    tries: int = 0
    pending: int = 0
    is_solved: bool = False
    score: Fraction | int = 0
    penalty_s: int = 0
    reached: Moment | None = None

    @property
    def state(self) -> str:
        """The one word for the cell: solved, else pending while a try is undecided, else partial, tried or empty."""
        if self.is_solved:
            return "solved"
        if self.pending:
            return "pending"
        if self.score:
            return "partial"
        return "tried" if self.tries else "empty"


UNTOUCHED = Worth()
"""A cell without a submission."""


class Totals(NamedTuple):
    """The sums of a row."""

    solved: int = 0
    score: Fraction | int = 0
    penalty_s: int = 0
    last_s: int = 0


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


def insert_try(tries: list[Try], new: Try) -> bool:
    """Puts a try where its moment belongs; False when it is there already."""
    place = len(tries)
    if tries and new.moment <= tries[-1].moment:
        place = bisect_left(tries, new.moment, key=_moment_of)
        if tries[place].moment == new.moment:
            return False
    tries.insert(place, new)
    return True


def _moment_of(one: Try) -> Moment:
    return one.moment
