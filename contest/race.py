"""Owns who solved a problem first, as tries end and verdicts are taken back. Never hands the mark out too early."""

from __future__ import annotations

from heapq import heappop, heappush

from contest.cell import Moment


class Race:
    """The race for one problem. ``holder`` is the team that solved it first, None while nobody is sure to be.

    Nobody is sure to be first while an earlier try is undecided: a balloon given cannot be taken back.
    Heaps are cleaned when looked at, so a fact costs the logarithm of what is open.
    """

    __slots__ = ("_by_solved", "_by_undecided", "_solved", "_undecided", "holder")

    def __init__(self) -> None:
        self.holder: int | None = None
        self._solved: dict[int, Moment] = {}
        self._by_solved: list[tuple[Moment, int]] = []
        self._undecided: set[Moment] = set()
        self._by_undecided: list[Moment] = []

    def open(self, moment: Moment) -> None:
        """A try is undecided."""
        if moment not in self._undecided:
            self._undecided.add(moment)
            heappush(self._by_undecided, moment)

    def close(self, moment: Moment) -> None:
        """It is decided."""
        self._undecided.discard(moment)

    def solve(self, team: int, moment: Moment | None) -> None:
        """A team's solving try is now this one; None: it has not solved the problem (any more)."""
        if moment is None:
            self._solved.pop(team, None)
        elif self._solved.get(team) != moment:
            self._solved[team] = moment
            heappush(self._by_solved, (moment, team))

    def settle(self) -> int | None:
        """Finds the holder anew and returns it."""
        while self._by_solved and self._solved.get(self._by_solved[0][1]) != self._by_solved[0][0]:
            heappop(self._by_solved)
        while self._by_undecided and self._by_undecided[0] not in self._undecided:
            heappop(self._by_undecided)
        self.holder = None
        if self._by_solved and not (self._by_undecided and self._by_undecided[0] < self._by_solved[0][0]):
            self.holder = self._by_solved[0][1]
        return self.holder
