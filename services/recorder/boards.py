"""Owns the live scoreboards: folds committed events, tells what changed. Never decides who sees one: a board's topic does.

Each contest has two folds, the public's and the jury's. A board is built from the record when it is first needed and when
rules, problems, teams or the freeze change; everybody who holds an older one is then told to fetch it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from contest.facts import BoardProblem, BoardSubmission, BoardTeam, Fact, Judged, Submitted
from contest.rules import Audience
from contest.scoreboard import Scoreboard, rebuild
from contest.verdicts import Verdict
from mesh.clock import from_micros, iso
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.headlines import Item
from services.recorder.record import Record
from wire.news import Headline, scoreboard_topic

STRUCTURAL = frozenset({"contest-created", "contest-changed", "contest-thawed", "teams-registered"})

MOST_CHANGES = 100
"""A set of rejudges that changes more verdicts than this is told as a board to be fetched: less than so many changes to everybody."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both boards of one contest, as of event ``built_at``."""

    built_at: int
    public: Scoreboard
    jury: Scoreboard


class Boards:
    """The boards of the contests that something happens in; the least recently used give way."""

    def __init__(self, record: Record, metrics: Metrics, kept: int) -> None:
        self._record = record
        self._kept = kept
        self._pairs: OrderedDict[str, Pair] = OrderedDict()
        self._built = metrics.counter("boards_built_total")

    def forget(self) -> None:
        """Drops every board: something may have been missed."""
        self._pairs.clear()

    async def fold(self, events: Sequence[rows.Event]) -> list[Item]:
        """The news of both boards of every contest touched. Raises: `Unavailable` (``record-unavailable``)."""
        news: list[Item] = []
        stale: dict[str, rows.Event] = {}
        for event in events:
            fact = fact_of(event)
            if event.kind == "problem-recorded":
                stale |= dict.fromkeys(self._showing(event.body["alias"]), event)
            elif _is_structural(event) or (fact is not None and event.contest not in self._pairs):
                stale[event.contest] = event
            elif fact is not None and event.contest not in stale:
                news += self._apply(event, fact)
        for contest, event in stale.items():
            news += await self._renew(contest, event.at)
        return news

    async def open_running(self, now: datetime) -> list[Item]:
        """Builds the boards of the contests that run now: at a start, so that the next verdict is told as a small change."""
        table = self._record.table(rows.Contest)
        async with self._record.reading() as connection:
            statement = sa.select(table.c.alias, table.c.start_at, table.c.duration_s).where(table.c.start_at <= now)
            found = (await connection.execute(statement.order_by(table.c.start_at.desc()).limit(10 * self._kept))).all()
        running = [row.alias for row in found if (now - row.start_at).total_seconds() < row.duration_s]
        news: list[Item] = []
        for contest in running[: self._kept]:
            news += await self._renew(contest, now)
        return news

    def _apply(self, event: rows.Event, fact: Fact) -> list[Item]:
        pair = self._pairs[event.contest]
        self._pairs.move_to_end(event.contest)
        if event.seq <= pair.built_at:
            return []
        news = []
        for board in (pair.public, pair.jury):
            change = board.apply(fact, event.seq)
            if change is not None:
                body = {
                    "contest": event.contest, "audience": board.audience.value, "version": change.version, "after": change.after,
                    "rows": change.rows, "moves": change.moves,
                }  # fmt: skip
                news.append((scoreboard_topic(event.contest, board.audience), Headline("scoreboard", iso(event.at), body)))
        return news

    async def _renew(self, contest: str, at: datetime) -> list[Item]:
        self._pairs.pop(contest, None)
        async with self._record.snapshot() as connection:
            material = await self._read(connection, contest)
        if material is None:
            return []
        pair = await asyncio.to_thread(_build, material)
        self._built.inc()
        self._pairs[contest] = pair
        while len(self._pairs) > self._kept:
            self._pairs.popitem(last=False)
        return [_fetch_it(contest, audience, pair.built_at, at) for audience in Audience]

    async def _read(self, connection: AsyncConnection, contest: str) -> _Material | None:
        contests, shown, problems = (self._record.table(kind) for kind in (rows.Contest, rows.ContestProblem, rows.Problem))
        teams, submissions = self._record.table(rows.Contestant), self._record.table(rows.Submission)
        row = (await connection.execute(sa.select(contests).where(contests.c.alias == contest))).first()
        if row is None:
            return None
        columns = await connection.execute(
            sa.select(shown, problems.c.title, problems.c.max_score)
            .join(problems, problems.c.alias == shown.c.alias)
            .where(shown.c.contest == contest)
            .order_by(shown.c.place)
        )
        lines = await connection.execute(sa.select(teams.c.username, teams.c.name, teams.c.team_group).where(teams.c.contest == contest))
        facts = submissions.c
        tries = await connection.execute(
            sa.select(facts.id, facts.username, facts.problem, facts.submitted_at, facts.verdict, facts.score).where(
                facts.contest == contest, facts.is_on_board.is_(sa.true())
            )
        )
        return _Material(rows.Contest(**row._mapping), columns.all(), lines.all(), tries.all())  # noqa: SLF001  SQLAlchemy's documented name

    def _showing(self, problem: str) -> list[str]:
        return [contest for contest, pair in self._pairs.items() if any(one.alias == problem for one in pair.jury.problems)]


@dataclass(frozen=True, slots=True)
class _Material:
    contest: rows.Contest
    problems: Sequence[Any]
    teams: Sequence[Any]
    submissions: Sequence[Any]


def _is_structural(event: rows.Event) -> bool:
    return event.kind in STRUCTURAL or (event.kind == "rejudging-applied" and event.body["changed"] > MOST_CHANGES)


def fact_of(event: rows.Event) -> Fact | None:
    """What a board is told of an event, None when it does not concern boards."""
    body = event.body
    if event.kind not in {"submitted", "judged", "rejudged", "overridden"} or not body["is_on_board"]:
        return None
    match event.kind:
        case "submitted":
            return Submitted(body["id"], body["username"], body["problem"], from_micros(body["submitted_us"]))
        case "rejudged":
            return Judged(body["id"], None)
        case _:
            return Judged(body["id"], Verdict(body["verdict"]), Fraction(body["score"])) if body["is_in_force"] else None


def _build(material: _Material) -> Pair:
    contest = material.contest
    problems = [BoardProblem(row.alias, row.label, row.color, row.points, row.title, row.max_score) for row in material.problems]
    teams = [BoardTeam(row.username, row.name, row.team_group) for row in material.teams]
    submissions = [
        BoardSubmission(
            row.id, row.username, row.problem, row.submitted_at, Verdict(row.verdict) if row.verdict else None, row.score or Fraction(0)
        )
        for row in material.submissions
    ]
    public, jury = (
        rebuild(
            contest.alias, contest.rules, problems, teams, audience, submissions=submissions, title=contest.title, version=contest.seq
        )
        for audience in (Audience.PUBLIC, Audience.JURY)
    )
    return Pair(contest.seq, public, jury)


def _fetch_it(contest: str, audience: Audience, version: int, at: datetime) -> Item:
    body: dict[str, Any] = {
        "contest": contest, "audience": audience.value, "version": version, "after": version, "rows": [], "moves": [],
    }  # fmt: skip
    return scoreboard_topic(contest, audience), Headline("scoreboard", iso(at), body)
