"""Owns the scoreboard as a fold: facts in, changed rows out. Never knows a clock, a store or a listener.

A frozen public board is a different fold, not a filter: it forgets how to find the submissions that the freeze hides,
so their verdicts cannot enter it. Lifting the freeze, like every change of teams, problems or rules, is a rebuild.
Holds: applying all facts in any order that tells of a submission before its verdict = rebuilding from the final state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from contest.cell import Cell, Moment, Scoring, Try
from contest.facts import BoardProblem, BoardSubmission, BoardTeam, Change, ChangedRow, Fact, Judged, Row, Submitted
from contest.icpc import IcpcScoring
from contest.ioi import IoiScoring
from contest.line import Line, shown
from contest.race import Race
from contest.rules import Audience, ContestRules, Mode, Phase
from contest.standing import Standing

__all__ = [
    "BoardProblem", "BoardSubmission", "BoardTeam", "Change", "ChangedRow", "Fact", "Judged", "Row", "Scoreboard", "Submitted", "rebuild",
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
        self._hidden_from_us = self._duration_us
        if audience is Audience.PUBLIC and rules.freeze_start is not None and rules.thawed_at is None:
            self._hidden_from_us = (rules.duration_s - rules.freeze_s) * 1_000_000
        self._scoring: Scoring = IcpcScoring(rules.penalty_s) if rules.mode is Mode.ICPC else IoiScoring()
        untouched = [shown(problem) for problem in self.problems]
        self._lines = [Line(number, team, untouched) for number, team in enumerate(self.teams)]
        self._races = [Race() for _ in self.problems]
        self._judgeable: dict[str, Try] = {}
        self._order()

    def apply(self, fact: Fact, version: int) -> Change | None:
        """Folds one fact in. None when this board shows nothing new."""
        if isinstance(fact, Submitted):
            one = self._enter(fact.submission, fact.username, fact.problem, fact.submitted_at)
        else:
            one = self._judge(fact)
        if one is None:
            return None
        cell = one.cell
        is_seen = self._weigh(cell)
        others = self._settle(cell.column)
        if not is_seen and not others:
            return None
        rows: tuple[ChangedRow, ...] = ()
        moves: tuple[tuple[str, int, int], ...] = ()
        if is_seen:
            line = self._lines[cell.team]
            before, after, rank = self._place(cell.team, line)
            rows = (line.changed(cell.column, after, rank),)
            if before != after:
                moves = ((line.username, before, after),)
        if others:
            rows += tuple(
                self._lines[team].changed(cell.column, self._standing.place(team), self._standing.rank(team))
                for team in others
                if team != cell.team or not is_seen
            )
        change = Change(version, self.version, rows, moves)
        self.version = version
        return change

    def fill(self, submissions: Iterable[BoardSubmission]) -> None:
        """Folds many submissions in as they stand, tells no change: for a board that nobody has seen yet."""
        for one in submissions:
            entered = self._enter(one.submission, one.username, one.problem, one.submitted_at)
            if entered is not None and one.verdict is not None:
                self._judge(one)
        for line in self._lines:
            for cell in line.cells():
                self._weigh(cell)
        for column in range(len(self.problems)):
            self._settle(column)
        self._order()

    def rows(self) -> list[Row]:
        """Every row in board order."""
        return [self._lines[team].row(place, rank) for place, (team, rank) in enumerate(self._standing.ranked())]

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
        cell = self._lines[team].cell(column, self.problems[column])
        one = Try(Moment(at_us, submission), cell)
        if not cell.insert(one):
            return None
        if at_us < self._hidden_from_us:
            self._judgeable[submission] = one
            self._races[column].open(one.moment)
        return one

    def _judge(self, fact: Judged | BoardSubmission) -> Try | None:
        one = self._judgeable.get(fact.submission)
        if one is None or (one.verdict is fact.verdict and one.score == fact.score):
            return None
        one.judge(fact.verdict, fact.score)
        race = self._races[one.cell.column]
        if fact.verdict is None:
            race.open(one.moment)
        else:
            race.close(one.moment)
        return one

    def _weigh(self, cell: Cell) -> bool:
        """Whether the row looks otherwise: a cell can be worth the same for another reason (a score that two submissions reached)."""
        worth = self._scoring.weigh(cell.tries, cell.problem)
        if worth == cell.worth:
            return False
        race, line = self._races[cell.column], self._lines[cell.team]
        if worth.is_solved or cell.worth.is_solved:
            race.solve(cell.team, worth.reached if worth.is_solved else None)
        is_summed_otherwise = line.put(cell, worth)
        return line.show(cell, is_first=race.holder == cell.team) or is_summed_otherwise

    def _settle(self, column: int) -> tuple[int, ...]:
        """The teams that lost and won the mark of the first."""
        race = self._races[column]
        if race.is_lost:
            race.begin_anew(cell for line in self._lines if (cell := line.touched_cell(column)) is not None)
        before = race.holder
        after = race.settle()
        if before == after:
            return ()
        changed = tuple(team for team in (before, after) if team is not None)
        for team in changed:
            self._lines[team].show(self._lines[team].cell(column, self.problems[column]), is_first=team == after)
        return changed

    def _place(self, team: int, line: Line) -> tuple[int, int, int]:
        merit = self._scoring.merit(line)
        if self._scale == self._scoring.scale:
            return self._standing.move(team, merit)
        before = self._standing.place(team)
        self._order()
        return before, self._standing.place(team), self._standing.rank(team)

    def _order(self) -> None:
        for line in self._lines:
            self._scoring.merit(line)  # lets the scale grow until every total fits
        self._scale = self._scoring.scale
        self._standing = Standing([self._scoring.merit(line) for line in self._lines])


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


def _column(problem: BoardProblem) -> dict[str, Any]:
    return {
        "alias": problem.alias, "label": problem.label, "title": problem.title or problem.alias,
        "color": problem.color, "points": str(problem.points),
    }  # fmt: skip


def _by_name(team: BoardTeam) -> tuple[str, str, str]:
    return team.name.casefold(), team.name, team.username


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
