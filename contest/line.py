"""Owns one team's row: its cells, its sums, and both as people get to see them. Never knows who stands before or after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contest.cell import UNTOUCHED, Cell, Totals, Worth
from contest.facts import BoardProblem, BoardTeam, ChangedRow, Row


class Line(Totals):
    """A row. Cells are made when first needed; ``shown`` holds each cell as JSON types, replaced and never changed."""

    __slots__ = ("_cells", "_group", "_name", "_number", "_shown", "username")

    def __init__(self, number: int, team: BoardTeam, untouched: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        self._number = number
        self.username, self._name, self._group = team.username, team.name, team.group
        self._cells: list[Cell | None] = [None] * len(untouched)
        self._shown = list(untouched)

    def cell(self, column: int, problem: BoardProblem) -> Cell:
        """The cell of that problem."""
        cell = self._cells[column]
        if cell is None:
            cell = self._cells[column] = Cell(self._number, column, problem)
        return cell

    def touched_cell(self, column: int) -> Cell | None:
        """The cell of that problem, None while it has not been needed."""
        return self._cells[column]

    def cells(self) -> list[Cell]:
        """Those that have been needed so far."""
        return [cell for cell in self._cells if cell is not None]

    def put(self, cell: Cell, worth: Worth) -> bool:
        """The cell is worth that now: brings the sums up to date. Whether one of them is another."""
        before = self.solved, self.penalty_s, self.score, self.last_s
        old, cell.worth = cell.worth, worth
        self.solved += worth.is_solved - old.is_solved
        self.penalty_s += worth.penalty_s - old.penalty_s
        if worth.score != old.score:
            self.score += worth.score - old.score
        if worth.time_s != old.time_s:
            self.last_s = self._last_s(old.time_s, worth.time_s)
        return before != (self.solved, self.penalty_s, self.score, self.last_s)

    def show(self, cell: Cell, *, is_first: bool) -> bool:
        """Writes the cell down for people. Whether it looks otherwise than before."""
        before, after = self._shown[cell.column], shown(cell.problem, cell.worth, is_first=is_first)
        self._shown[cell.column] = after
        return before != after

    def changed(self, column: int, place: int, rank: int) -> ChangedRow:
        """What a fact at that problem can have changed of the row, at that place and rank."""
        return {
            "username": self.username, "place": place, "rank": rank, "solved": self.solved, "penalty_s": self.penalty_s,
            "score": str(self.score), "last_s": self.last_s, "cells": (self._shown[column],),
        }  # fmt: skip

    def row(self, place: int, rank: int) -> Row:
        """The row for people, at that place and rank."""
        return {
            "username": self.username, "name": self._name, "group": self._group, "place": place, "rank": rank,
            "solved": self.solved, "penalty_s": self.penalty_s, "score": str(self.score), "last_s": self.last_s,
            "cells": self._shown.copy(),
        }  # fmt: skip

    def _last_s(self, old_s: int | None, new_s: int | None) -> int:
        if old_s is None or old_s < self.last_s:
            return max(self.last_s, new_s or 0)
        return max((cell.worth.time_s or 0 for cell in self._cells if cell is not None), default=0)


def shown(problem: BoardProblem, worth: Worth = UNTOUCHED, *, is_first: bool = False) -> dict[str, Any]:
    """A cell as JSON types; see `contest.facts.Row`."""
    tries, pending, is_solved, score, _, time_s, _ = worth
    state = "solved" if is_solved else "pending" if pending else "partial" if score else "tried" if tries else "empty"
    return {
        "label": problem.label, "state": state, "tries": tries, "pending": pending, "time_s": time_s, "is_first": is_first,
        "score": str(score),
    }  # fmt: skip
