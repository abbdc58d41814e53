"""Owns who solved a problem first, as tries end and verdicts are taken back. Never hands the mark out too early."""

from __future__ import annotations

from collections.abc import Iterable

from contest.cell import Cell, Moment


class Race:
    """The race for one problem. ``holder`` is the team that solved it first, None while nobody is sure to be.

    Nobody is sure to be first while an earlier try is undecided: a balloon given cannot be taken back.
    Whatever is later than the earliest solve is not even noted, so nearly every fact costs one comparison. When that
    solve is taken back (a rejudge), all cells of the problem are looked at once: see `begin_anew`.
    """

    __slots__ = ("_earliest", "_team", "_undecided", "holder", "is_lost")

    def __init__(self) -> None:
        self.holder: int | None = None
        self.is_lost = False
        self._earliest: Moment | None = None
        self._team = -1
        self._undecided: set[Moment] = set()

    def open(self, moment: Moment) -> None:
        """A try is undecided."""
        if self._earliest is None or moment < self._earliest:
            self._undecided.add(moment)

    def close(self, moment: Moment) -> None:
        """It is decided."""
        if self._undecided:
            self._undecided.discard(moment)

    def solve(self, team: int, moment: Moment | None) -> None:
        """A team's solving try is now this one; None: it has not solved the problem (any more)."""
        if team == self._team and moment != self._earliest:
            self.is_lost = True
        elif moment is not None and (self._earliest is None or moment < self._earliest):
            self._earliest, self._team = moment, team
            self._undecided = {one for one in self._undecided if one < moment}

    def begin_anew(self, cells: Iterable[Cell]) -> None:
        """Finds the earliest solve among all cells of the problem, and what is undecided before it."""
        self._earliest, self._team, self._undecided, self.is_lost = None, -1, set(), False
        undecided: list[Moment] = []
        for cell in cells:
            if cell.worth.is_solved:
                self.solve(cell.team, cell.worth.reached)
            undecided += [one.moment for one in cell.tries if one.verdict is None]  # hidden ones are later than any solve
        for moment in undecided:
            self.open(moment)

    def settle(self) -> int | None:
        """Finds the holder anew and returns it. Not to be asked while ``is_lost``."""
        self.holder = self._team if self._earliest is not None and not self._undecided else None
        return self.holder
