"""Owns the scoreboard as a person would count it, from submissions and the verdicts that they must get. Knows nothing of `contest/`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

PENALTY_S = 20 * 60


@dataclass(frozen=True)
class Fact:
    """One submission as the record dates it."""

    team: str
    problem: str
    at: datetime
    id: str
    verdict: str


def count(facts: Iterable[Fact], start: datetime) -> dict[str, dict[str, object]]:
    """By team: how many are solved, the penalty in seconds, and by problem (tries that count, minute of the solution or None).

    ICPC: only tries before the first right one count, compile errors never; a solution costs its minute and 20 for each such try.
    """
    by_cell: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        by_cell[fact.team, fact.problem].append(fact)
    board: dict[str, dict[str, object]] = {}
    for (team, problem), tries in by_cell.items():
        row = board.setdefault(team, {"solved": 0, "penalty_s": 0, "cells": {}})
        wrong = 0
        minute = None
        for fact in sorted(tries, key=lambda one: (one.at, one.id)):
            if fact.verdict == "AC":
                minute = int((fact.at - start).total_seconds()) // 60
                break
            wrong += fact.verdict != "CE"
        if minute is not None:
            row["solved"] += 1
            row["penalty_s"] += minute * 60 + PENALTY_S * wrong
        if wrong or minute is not None:
            row["cells"][problem] = (wrong + (minute is not None), minute)
    return {team: row for team, row in board.items() if row["cells"]}


def of_api(rows: Iterable[dict], problem_of: dict[str, str]) -> dict[str, dict[str, object]]:
    """The same form from the rows of the API; teams that sent nothing are left out, as are cells."""
    board = {}
    for row in rows:
        cells = {
            problem_of[cell["label"]]: (cell["tries"], None if cell["state"] != "solved" else cell["time_s"] // 60)
            for cell in row["cells"]
            if cell["state"] != "empty"
        }
        if cells:
            board[row["username"]] = {"solved": row["solved"], "penalty_s": row["penalty_s"], "cells": cells}
    return board
