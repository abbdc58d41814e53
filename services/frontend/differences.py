"""Owns what a set of rejudges changes, as people ask it: verdicts by kind, places on the board. Pure. Never changes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from contest.facts import BoardProblem, BoardSubmission, BoardTeam
from contest.rules import Audience
from contest.scoreboard import rebuild
from contest.verdicts import Verdict
from services.frontend.reads.contests import Contest
from services.frontend.reads.rejudgings import Line, Word


@dataclass(frozen=True, slots=True)
class Turn:
    """So many submissions went from one verdict to another; with the same on both sides it is the score that changed."""

    before: Verdict | None
    after: Verdict
    count: int


@dataclass(frozen=True, slots=True)
class Move:
    """A team whose line on the board is another one afterwards; ``before`` and ``after`` are board rows (`contest.facts.Row`)."""

    username: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def climb(self) -> int:
        """By how many ranks it rises; negative when it falls."""
        return int(self.before["rank"]) - int(self.after["rank"])


@dataclass(frozen=True, slots=True)
class Difference:
    """A set beside what counted before it. ``lines`` are all of its submissions, ``turns`` the most frequent first."""

    lines: tuple[Line, ...]
    turns: tuple[Turn, ...]
    moves: tuple[Move, ...]
    unchanged: int
    kept: int
    missing: int

    @property
    def changed(self) -> int:
        """How many verdicts or scores it changes."""
        return sum(turn.count for turn in self.turns)

    @property
    def broken(self) -> int:
        """How many verdicts would become judge errors: applying asks for a word of its own then."""
        return sum(turn.count for turn in self.turns if turn.after is Verdict.JE)


def difference(contest: Contest, teams: Iterable[BoardTeam], submissions: Sequence[BoardSubmission], lines: Sequence[Line], count: int) -> Difference:
    """What a set changes. ``submissions`` are those on the board as they stand, ``count`` how many the set shall judge."""
    due = [line for line in lines if not line.is_kept]
    changes = [line for line in due if line.is_change]
    turns = Counter((line.before.verdict, line.after.verdict) for line in changes)
    before = {line.id: line.before for line in due}
    after = {line.id: line.after for line in due if line.after.verdict is not None}
    rows_before, rows_after = (_rows(contest, list(teams), submissions, words) for words in (before, before | after))
    moves = [
        Move(row["username"], row["name"], rows_before[row["username"]], row)
        for row in rows_after.values()
        if _standing(row) != _standing(rows_before[row["username"]])
    ] if changes else []  # fmt: skip
    return Difference(
        lines=tuple(lines),
        turns=tuple(Turn(was, now, number) for (was, now), number in turns.most_common() if now is not None),
        moves=tuple(moves),
        unchanged=sum(not line.is_change and line.after.verdict is not None for line in due),
        kept=len(lines) - len(due),
        missing=count - sum(line.after.verdict is not None for line in lines),
    )


def _rows(contest: Contest, teams: Sequence[BoardTeam], submissions: Sequence[BoardSubmission], words: dict[str, Word]) -> dict[str, dict[str, Any]]:
    board = rebuild(
        contest.alias,
        contest.rules,
        [BoardProblem(one.alias, one.label, one.color, one.points, one.title, one.max_score) for one in contest.problems],
        teams,
        Audience.JURY,
        submissions=(_with(one, words.get(one.submission)) for one in submissions),
    )
    return {row["username"]: row for row in board.rows()}


def _with(one: BoardSubmission, word: Word | None) -> BoardSubmission:
    return one if word is None else replace(one, verdict=word.verdict, score=word.score or Fraction(0))


def _standing(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["rank"], row["solved"], row["penalty_s"], row["score"]
