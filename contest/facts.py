"""Owns what a scoreboard is told and what it tells: facts in, changes out. Never folds them: `contest.scoreboard` does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from contest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class BoardProblem:
    """A column. ``points`` is what a full score is worth on an IOI board; ``max_score`` the full score as grading gives it."""

    alias: str
    label: str
    color: str = ""
    points: Fraction = Fraction(100)
    title: str = ""
    max_score: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class BoardTeam:
    """A row. ``group`` is a school, a country, a site; may be empty."""

    username: str
    name: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission was recorded. ``submitted_at`` (aware UTC) is the time that counts."""

    submission: str
    username: str
    problem: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict was recorded; it replaces an earlier one of the same submission (rejudge). None: undecided once more.

    ``score`` as grading gives it: 0 or 1 for pass-fail, else up to the problem's ``max_score``.
    """

    submission: str
    verdict: Verdict | None
    score: Fraction = Fraction(0)


Fact: TypeAlias = Submitted | Judged


@dataclass(frozen=True, slots=True)
class BoardSubmission:
    """A submission as it stands in the record, for rebuilding: the verdict in force, or None."""

    submission: str
    username: str
    problem: str
    submitted_at: datetime
    verdict: Verdict | None = None
    score: Fraction = Fraction(0)


Row: TypeAlias = dict[str, Any]
"""One team as JSON types, to be read only: boards share the dicts inside.

``{username, name, group, place, rank, solved, penalty_s, score, last_s, cells: [CELL]}`` and, in the order of the problems,
``CELL = {label, state, tries, pending, time_s, is_first, score}``. ``place`` is 0-based and unique, ``rank`` 1-based and shared
by ties. ``tries`` counts judged tries that count, the accepted one included; ``state`` is empty, pending, tried, partial
or solved; ``time_s`` is when the cell's score was reached, None without one. Scores are exact: ``"3"``, ``"5/2"``.
"""


ChangedRow: TypeAlias = dict[str, Any]
"""What one fact changed of a row: ``{username, place, rank, solved, penalty_s, score, last_s, cells: (CELL,)}``, the figures as
they are now, and of the cells only the changed one, whole. ``name``, ``group`` and all other cells are as they were.
"""


class Change(NamedTuple):
    """What one fact changed on one board.

    ``rows`` are the changed rows, ``moves`` (username, from place, to place). Who holds the board at a version v with
    ``after <= v < version`` may apply it: takes the moved team out, puts it in at its new place, writes the figures over the
    row's, each cell over the one with its label, and ranks anew (ICPC by solved, penalty_s, last_s; IOI by score alone).
    Who holds less has missed something, and so has who finds no such row or cell.
    """

    version: int
    after: int
    rows: tuple[ChangedRow, ...]
    moves: tuple[tuple[str, int, int], ...]
