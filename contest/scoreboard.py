"""Owns the scoreboard as a fold: facts in, changed rows out. Never knows a clock, a store or a listener.

A frozen public board is a different fold, not a filter: it forgets how to find the submissions that the freeze hides,
so their verdicts cannot enter it. Lifting the freeze, like every change of teams, problems or rules, is a rebuild.
Holds: applying all facts in any order that tells of a submission before its verdict = rebuilding from the final state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from contest.cell import UNTOUCHED, Moment, Scoring, Totals, Try, Worth, insert_try
from contest.facts import BoardProblem, BoardSubmission, BoardTeam, Change, Fact, Judged, Row, Submitted
from contest.icpc import IcpcScoring
from contest.ioi import IoiScoring
from contest.race import Race
from contest.rules import Audience, ContestRules, Mode, Phase
from contest.standing import Standing

__all__ = [
    "BoardProblem", "BoardSubmission", "BoardTeam", "Change", "Fact", "Judged", "Row", "Scoreboard", "Submitted", "rebuild",
]  # fmt: skip


class Scoreboard:
    """The board of one contest for one audience.

    ``version`` is that of the last change shown. Submissions of others than ``teams``, at other problems, or outside the
    contest's time are not on it. Not safe for threads.
    """

    def __init__(
        self,
        contest_alias: str,
        rules: ContestRules,
        problems: Sequence[BoardProblem],
        teams: Sequence[BoardTeam],
        audience: Audience,
        *,
        title: str = "",
        version: int = 0,
    ) -> None:
        self.contest = contest_alias
        self.title = title or contest_alias
        self.rules = rules
        self.problems = tuple(problems)
        self.teams = tuple(sorted(teams, key=_by_name))
        self.audience = audience
        self.version = version
        self._team_of = {team.username: number for number, team in enumerate(self.teams)}
        self._column_of = {problem.alias: number for number, problem in enumerate(self.problems)}
        self._duration_us = rules.duration_s * 1_000_000
        self._scoring: Scoring = IcpcScoring(rules.penalty_s) if rules.mode is Mode.ICPC else IoiScoring()
        untouched = [_cell(problem, UNTOUCHED, is_first=False) for problem in self.problems]
        self._lines = [_Line(untouched) for _ in self.teams]
        self._races = [Race() for _ in self.problems]
        self._judgeable: dict[str, Try] = {}
        self._standing = Standing([self._scoring.merit(Totals())] * len(self.teams))

    def apply(self, fact: Fact, version: int) -> Change | None:
        """Folds one fact in. None when this board shows nothing new."""
        if isinstance(fact, Submitted):
            one = self._enter(fact.submission, fact.username, fact.problem, fact.submitted_at)
        else:
            one = self._judge(fact)
        if one is None:
            return None
        is_seen = self._weigh(one.team, one.problem)
        touched = self._settle(one.problem)
        if is_seen:
            touched.add(one.team)
        if not touched:
            return None
        before, after = self._place(one.team) if is_seen else (0, 0)
        change = Change(
            version,
            self.version,
            tuple(self._row(team, self._standing.place(team), self._standing.rank(team)) for team in sorted(touched)),
            ((self.teams[one.team].username, before, after),) if before != after else (),
        )
        self.version = version
        return change

    def fill(self, submissions: Iterable[BoardSubmission]) -> None:
        """Folds many submissions in as they stand, tells no change: for a board that nobody has seen yet."""
        for one in submissions:
            if self._enter(one.submission, one.username, one.problem, one.submitted_at) is not None and one.verdict is not None:
                self._judge(Judged(one.submission, one.verdict, one.score))
        for team, line in enumerate(self._lines):
            for column, tries in enumerate(line.tries):
                if tries is not None:
                    self._weigh(team, column)
        for column in range(len(self.problems)):
            self._settle(column)
        self._order()

    def rows(self) -> list[Row]:
        """Every row in board order."""
        return [self._row(team, place, rank) for place, (team, rank) in enumerate(self._standing.ranked())]

    def snapshot(self, version: int, now: datetime) -> dict[str, Any]:
        """The whole board as JSON types, as it stands at that version of the contest.

        ``is_frozen`` says whether the *public* board hides verdicts now, on either board. Before the start the public
        board has no columns: how many problems there are is not known yet.
        """
        phase = self.rules.phase(now)
        is_frozen = self.rules.is_frozen(now)
        rows, problems = self.rows(), self.problems
        if phase is Phase.BEFORE and self.audience is Audience.PUBLIC:
            rows, problems = [{**row, "cells": []} for row in rows], ()
        return {
            "contest": self.contest,
            "title": self.title,
            "audience": self.audience.value,
            "version": version,
            "mode": self.rules.mode.value,
            "phase": phase.value,
            "is_frozen": is_frozen,
            "frozen_since": _iso(self.rules.freeze_start) if is_frozen and self.rules.freeze_start else None,
            "problems": [_column(problem) for problem in problems],
            "rows": rows,
        }

    def _enter(self, submission: str, username: str, problem: str, submitted_at: datetime) -> Try | None:
        team, column = self._team_of.get(username), self._column_of.get(problem)
        since = submitted_at - self.rules.start
        at_us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        if team is None or column is None or not 0 <= at_us < self._duration_us:
            return None
        one = Try(Moment(at_us, submission), team, column)
        if not insert_try(self._lines[team].tries_at(column), one):
            return None
        if self.audience is Audience.JURY or not self.rules.hides(submitted_at):
            self._judgeable[submission] = one
            self._races[column].open(one.moment)
        return one

    def _judge(self, fact: Judged) -> Try | None:
        one = self._judgeable.get(fact.submission)
        if one is None or (one.verdict is fact.verdict and one.score == fact.score):
            return None
        one.verdict, one.score = fact.verdict, fact.score
        race = self._races[one.problem]
        if fact.verdict is None:
            race.open(one.moment)
        else:
            race.close(one.moment)
        return one

    def _weigh(self, team: int, column: int) -> bool:
        line = self._lines[team]
        worth = self._scoring.weigh(line.tries_at(column), self.problems[column])
        if worth == line.worths[column]:
            return False
        self._races[column].solve(team, worth.reached if worth.is_solved else None)
        line.write(column, worth)
        self._show(team, column)
        return True

    def _settle(self, column: int) -> set[int]:
        race = self._races[column]
        before = race.holder
        after = race.settle()
        if before == after:
            return set()
        touched = {team for team in (before, after) if team is not None}
        for team in touched:
            self._show(team, column)
        return touched

    def _place(self, team: int) -> tuple[int, int]:
        scale = self._scoring.scale
        merit = self._scoring.merit(self._lines[team].totals)
        if scale == self._scoring.scale:
            return self._standing.move(team, merit)
        before = self._standing.place(team)
        self._order()
        return before, self._standing.place(team)

    def _order(self) -> None:
        for line in self._lines:
            self._scoring.merit(line.totals)  # lets the scale grow until every total fits
        self._standing = Standing([self._scoring.merit(line.totals) for line in self._lines])

    def _show(self, team: int, column: int) -> None:
        line = self._lines[team]
        line.cells[column] = _cell(self.problems[column], line.worths[column], is_first=self._races[column].holder == team)

    def _row(self, team: int, place: int, rank: int) -> Row:
        named, line = self.teams[team], self._lines[team]
        solved, score, penalty_s, last_s = line.totals
        return {
            "username": named.username,
            "name": named.name,
            "group": named.group,
            "place": place,
            "rank": rank,
            "solved": solved,
            "penalty_s": penalty_s,
            "score": str(score),
            "last_s": last_s,
            "cells": line.cells.copy(),
        }


def rebuild(
    contest_alias: str,
    rules: ContestRules,
    problems: Sequence[BoardProblem],
    teams: Sequence[BoardTeam],
    audience: Audience,
    *,
    submissions: Iterable[BoardSubmission],
    title: str = "",
    version: int = 0,
) -> Scoreboard:
    """The board of a record as it stands at that version; submissions in any order."""
    board = Scoreboard(contest_alias, rules, problems, teams, audience, title=title, version=version)
    board.fill(submissions)
    return board


class _Line:
    """One team: its tries, what they are worth, and the cells as last shown."""

    __slots__ = ("cells", "totals", "tries", "worths")

    def __init__(self, untouched: Sequence[dict[str, Any]]) -> None:
        self.tries: list[list[Try] | None] = [None] * len(untouched)
        self.worths = [UNTOUCHED] * len(untouched)
        self.cells = list(untouched)
        self.totals = Totals()

    def tries_at(self, column: int) -> list[Try]:
        tries = self.tries[column]
        if tries is None:
            tries = self.tries[column] = []
        return tries

    def write(self, column: int, worth: Worth) -> None:
        old, (solved, score, penalty_s, last_s) = self.worths[column], self.totals
        self.worths[column] = worth
        if worth.reached != old.reached:
            last_s = max((one.reached.at_s for one in self.worths if one.reached), default=0)
        self.totals = Totals(
            solved + worth.is_solved - old.is_solved, score + worth.score - old.score, penalty_s + worth.penalty_s - old.penalty_s, last_s
        )


def _cell(problem: BoardProblem, worth: Worth, *, is_first: bool) -> dict[str, Any]:
    return {
        "label": problem.label,
        "state": worth.state,
        "tries": worth.tries,
        "pending": worth.pending,
        "time_s": worth.reached.at_s if worth.reached else None,
        "is_first": is_first,
        "score": str(worth.score),
    }


def _column(problem: BoardProblem) -> dict[str, Any]:
    return {
        "alias": problem.alias, "label": problem.label, "title": problem.title or problem.alias,
        "color": problem.color, "points": str(problem.points),
    }  # fmt: skip


def _by_name(team: BoardTeam) -> tuple[str, str, str]:
    return team.name.casefold(), team.name, team.username


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
