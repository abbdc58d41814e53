"""Owns the reading of contests: rules, problems, contestants. Never decides who may see one: `access` does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from contest.rules import ContestRules, Mode, Phase
from services.frontend.actor import Actor
from services.frontend.reads.record import Record
from wire.languages import allowed


@dataclass(frozen=True, slots=True)
class ContestProblem:
    """A problem as one contest shows it; ``points`` is its worth there, ``max_score`` what its judging gives at most.

    ``languages`` are those that the problem names, empty for every one that can be run.
    """

    alias: str
    title: str
    label: str
    color: str
    points: Fraction
    is_scoring: bool = False
    max_score: Fraction = Fraction(1)
    version: str = ""
    languages: tuple[str, ...] = ()

    def worth(self, score: Fraction | None) -> Fraction | None:
        """What a score, as judging gives it, counts on an IOI board; None where there is none."""
        return None if score is None else min(score, self.max_score) * self.points / self.max_score


@dataclass(frozen=True, slots=True)
class Contest:
    """One contest. ``seq`` is its event sequence number: it grows with everything that happens there."""

    alias: str
    title: str
    description: str
    organiser: str
    rules: ContestRules
    languages: tuple[str, ...]
    is_public: bool
    seq: int
    created_at: datetime
    problems: tuple[ContestProblem, ...] = ()
    feedback: str = "verdict"
    compile_feedback: str = "always"

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return self.rules.start

    @property
    def end(self) -> datetime:
        """The first moment at which nothing may be submitted any more."""
        return self.rules.end

    def phase(self, now: datetime) -> Phase:
        """Where it stands at ``now``."""
        return self.rules.phase(now)

    def problem(self, alias_or_label: str) -> ContestProblem | None:
        """One of its problems, by alias, or by label when no alias fits."""
        by_alias = next((problem for problem in self.problems if problem.alias == alias_or_label), None)
        return by_alias or next((problem for problem in self.problems if problem.label == alias_or_label), None)

    def languages_for(self, problem: ContestProblem) -> tuple[str, ...]:
        """The languages that it takes for one of its problems."""
        return allowed(self.languages, problem.languages)

    def label_of(self, alias: str) -> str:
        """The label of a problem; its alias when it is not in the contest any more."""
        return next((problem.label for problem in self.problems if problem.alias == alias), alias)


@dataclass(frozen=True, slots=True)
class Contestant:
    """An account registered in a contest; ``name`` is what the board shows."""

    username: str
    name: str
    group: str
    registered_at: datetime


class Contests:
    """Contests, as the record has them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._contests = record.table("contests")
        self._shown = record.table("contest_problems")
        self._problems = record.table("problems")
        self._contestants = record.table("contestants")

    async def find(self, alias: str) -> Contest | None:
        """The contest of that alias, with its problems in order."""
        row = await self._record.row(sa.select(self._contests).where(self._contests.c.alias == alias))
        return _contest(row, await self._problems_of(alias)) if row is not None else None

    async def seq(self, alias: str) -> int:
        """The number of the contest's last event, 0 when there is none; it grows with everything that happens there."""
        row = await self._record.row(sa.select(self._contests.c.seq).where(self._contests.c.alias == alias))
        return int(row.seq) if row is not None else 0

    async def list_visible(self, actor: Actor, now: datetime, most: int = 500) -> list[Contest]:
        """What the actor may see, without problems: running first, then coming ones by start, then past ones, newest first."""
        table = self._contests
        statement = sa.select(table).order_by(table.c.start_at.desc()).limit(most)
        if not actor.is_admin:
            mine = sa.select(self._contestants.c.contest).where(self._contestants.c.username == actor.username)
            allowed: sa.ColumnElement[bool] = table.c.is_public.is_(sa.true())
            if actor.is_signed_in:
                allowed = sa.or_(allowed, table.c.organiser == actor.username, table.c.alias.in_(mine))
            statement = statement.where(allowed)
        found = [_contest(row, ()) for row in await self._record.rows(statement)]
        running = [contest for contest in found if contest.start <= now < contest.end]
        coming = [contest for contest in reversed(found) if now < contest.start]
        past = [contest for contest in found if contest.end <= now]
        return [*running, *coming, *past]

    async def with_problem(self, problem: str) -> list[Contest]:
        """Every contest that shows a problem, without its problems."""
        shown = sa.select(self._shown.c.contest).where(self._shown.c.alias == problem)
        rows = await self._record.rows(sa.select(self._contests).where(self._contests.c.alias.in_(shown)))
        return [_contest(row, ()) for row in rows]

    async def contestant(self, contest: str, username: str) -> Contestant | None:
        """One contestant, None when that account is not registered."""
        table = self._contestants
        row = await self._record.row(sa.select(table).where(table.c.contest == contest, table.c.username == username))
        return _contestant(row) if row is not None else None

    async def contestants(self, contest: str) -> list[Contestant]:
        """Every contestant by the name that the board shows."""
        table = self._contestants
        rows = await self._record.rows(sa.select(table).where(table.c.contest == contest).order_by(table.c.name, table.c.username))
        return [_contestant(row) for row in rows]

    async def _problems_of(self, contest: str) -> tuple[ContestProblem, ...]:
        shown, problems = self._shown, self._problems
        statement = (
            sa.select(shown, problems.c.title, problems.c.is_scoring, problems.c.max_score, problems.c.version, problems.c.languages)
            .join(problems, problems.c.alias == shown.c.alias)
            .where(shown.c.contest == contest)
            .order_by(shown.c.place)
        )
        return tuple(
            ContestProblem(
                row.alias, row.title, row.label, row.color, row.points, row.is_scoring, row.max_score, row.version, tuple(row.languages or ()),
            )
            for row in await self._record.rows(statement)
        )


def _contest(row: sa.Row[Any], problems: tuple[ContestProblem, ...]) -> Contest:
    rules = ContestRules(Mode(row.mode), row.start_at, row.duration_s, row.freeze_s, row.penalty_s, row.thawed_at)
    return Contest(
        alias=row.alias, title=row.title, description=row.description, organiser=row.organiser, rules=rules,
        languages=tuple(row.languages), is_public=row.is_public, seq=row.seq, created_at=row.created_at, problems=problems, feedback=row.feedback,
        compile_feedback=row.compile_feedback,
    )  # fmt: skip


def _contestant(row: sa.Row[Any]) -> Contestant:
    return Contestant(row.username, row.name, row.team_group, row.registered_at)
