"""Owns the daily digest: what happened in an account's contests since yesterday, told to its webhook. Once a day for each account.

A digest's id is derived from account and day, and it is written with the message that sends it: a job that is killed and begun again,
here or at another recorder, tells nobody twice. An account with nothing to tell, or without a webhook, hears nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.database.columns import canonical
from mesh.ids import derived_id
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.rules.contests import LONGEST
from services.recorder.rules.webhooks import notice_of
from services.recorder.schedule.ledger import Fence

DAY: Final = timedelta(days=1)
NEVER: Final = -1
"""The hour that turns digests off."""

AT_ONCE: Final = 50
"""Accounts in one transaction: the command loop waits behind it."""

MOST_CONTESTS: Final = 100
"""In one digest, those that begin last left out."""


@dataclass(frozen=True, slots=True)
class Span:
    """The day that a digest is about; coming contests are those of the day after."""

    until: datetime

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return self.until - DAY

    @property
    def name(self) -> str:
        """What tells it from every other day."""
        return self.until.date().isoformat()


@dataclass(frozen=True, slots=True)
class Part:
    """What one account is in one contest: its organiser, or a contestant."""

    username: str
    contest: Any
    role: str


class Digests:
    """The job, due every day at ``hour`` (UTC)."""

    name = "digests"
    wakes: frozenset[str] = frozenset()

    def __init__(self, record: Record, relay: Relay, clock: Clock, *, metrics: Metrics, log: Log, hour: int) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log
        self._hour = hour
        self._told = metrics.counter("digests_total")

    async def work(self, fence: Fence) -> datetime:
        """Writes the digests of the last full day, a few accounts at a time; returns when the next one is over."""
        now = self._clock.now()
        if self._hour == NEVER:
            return now + DAY
        until = now.replace(hour=self._hour, minute=0, second=0, microsecond=0)
        span, last, count = Span(until if until <= now else until - DAY), "", 0
        while True:
            names, work = await self._record.transact(partial(self._write, fence, span, last))
            self._relay.offer(work)
            count += len(work)
            if len(names) < AT_ONCE:
                break
            last = names[-1]
        if count:
            self._told.inc(count)
            self._log.info("digests-told", day=span.name, count=count)
        return span.until + DAY

    def _write(self, fence: Fence, span: Span, after: str, connection: sa.Connection) -> tuple[list[str], list[rows.Work]]:
        """The next accounts with a webhook, and the messages for those that had no digest of that day yet and have something to be told."""
        fence(connection)
        webhooks = self._record.table(rows.Webhook)
        statement = sa.select(webhooks.c.username, webhooks.c.url).where(webhooks.c.username > after).order_by(webhooks.c.username).limit(AT_ONCE)
        found = connection.execute(statement).all()
        urls = {row.username: row.url for row in found if row.url}
        ids = {derived_id("digest", username, span.name): username for username in urls}
        for known in self._known(connection, ids):
            urls.pop(ids.pop(known))
        now, told = self._clock.now(), self._contests_of(connection, set(urls), span)
        calls = [
            rows.Delivery(one, username, one, one, urls[username], _body(username, told[username], span, now), "waiting", 0, 0, "", now, now, "digest")
            for one, username in ids.items() if told.get(username)
        ]  # fmt: skip
        work = [notice_of(call, "", now) for call in calls]
        if calls:
            connection.execute(self._record.table(rows.Delivery).insert(), [rows.values_of(call) for call in calls])
            connection.execute(self._record.table(rows.Work).insert(), [rows.values_of(one) for one in work])
        return [row.username for row in found], work

    def _known(self, connection: sa.Connection, ids: Collection[str]) -> list[str]:
        calls = self._record.table(rows.Delivery)
        return list(connection.execute(sa.select(calls.c.id).where(calls.c.id.in_(list(ids)))).scalars())

    def _contests_of(self, connection: sa.Connection, usernames: Collection[str], span: Span) -> Mapping[str, list[dict[str, Any]]]:
        """What there is to tell each account, contest by contest in the order of their start."""
        parts = self._parts(connection, usernames, span) if usernames else []
        aliases = {part.contest.alias for part in parts}
        submissions, questions = self._record.table(rows.Submission), self._record.table(rows.Clarification)
        who = (submissions.c.contest, submissions.c.username, submissions.c.verdict)
        handed_in = connection.execute(
            sa.select(*who, sa.func.count().label("number"))
            .where(submissions.c.contest.in_(aliases), submissions.c.submitted_at >= span.since, submissions.c.submitted_at < span.until)
            .group_by(*who)
        ).all()
        asked = connection.execute(
            sa.select(questions.c.contest, questions.c.username, sa.func.count().label("number"))
            .where(questions.c.contest.in_(aliases), questions.c.answer.is_(None), questions.c.is_announcement.is_(sa.false()))
            .group_by(questions.c.contest, questions.c.username)
        ).all()
        told: dict[str, list[dict[str, Any]]] = {}
        for part in sorted(parts, key=lambda part: (part.contest.start_at, part.contest.alias)):
            line = _line(part, _of(part, handed_in), _of(part, asked), span)
            mine = told.setdefault(part.username, [])
            if line is not None and len(mine) < MOST_CONTESTS:
                mine.append(line)
        return told

    def _parts(self, connection: sa.Connection, usernames: Collection[str], span: Span) -> list[Part]:
        """The contests of these accounts that ran in that day, or begin in the next."""
        contests, contestants = self._record.table(rows.Contest), self._record.table(rows.Contestant)
        shown = (contests.c.alias, contests.c.title, contests.c.organiser, contests.c.start_at, contests.c.duration_s)
        near = (contests.c.start_at < span.until + DAY, contests.c.start_at > span.since - LONGEST)
        run = connection.execute(sa.select(*shown).where(contests.c.organiser.in_(usernames), *near)).all()
        joined = sa.select(*shown, contestants.c.username).join(contestants, contestants.c.contest == contests.c.alias)
        taken = connection.execute(joined.where(contestants.c.username.in_(usernames), *near)).all()
        parts = [Part(row.organiser, row, "organiser") for row in run]
        parts += [Part(row.username, row, "contestant") for row in taken if row.username != row.organiser]
        return [part for part in parts if part.contest.start_at + timedelta(seconds=part.contest.duration_s) > span.since]


def _of(part: Part, found: Iterable[Any]) -> list[Any]:
    """What is his to know: an organiser's whole contest, a contestant's own."""
    return [row for row in found if row.contest == part.contest.alias and (part.role == "organiser" or row.username == part.username)]


def _line(part: Part, handed_in: Iterable[Any], asked: Iterable[Any], span: Span) -> dict[str, Any] | None:
    """One contest as a digest tells of it; None when there is nothing to tell."""
    verdicts = Counter[str]()
    for row in handed_in:
        verdicts[row.verdict or ""] += row.number
    unjudged, waiting, contest = verdicts.pop("", 0), sum(row.number for row in asked), part.contest
    is_coming = contest.start_at >= span.until
    if not (verdicts or unjudged or waiting or is_coming):
        return None
    return {
        "contest": contest.alias, "title": contest.title, "role": part.role, "start": contest.start_at,
        "end": contest.start_at + timedelta(seconds=contest.duration_s), "starts_within_a_day": is_coming,
        "submissions": verdicts.total() + unjudged, "verdicts": dict(sorted(verdicts.items())), "unjudged": unjudged, "questions_waiting": waiting,
    }  # fmt: skip


def _body(username: str, contests: list[dict[str, Any]], span: Span, now: datetime) -> str:
    told = {"username": username, "since": span.since, "until": span.until, "contests": contests}
    return canonical({"type": "digest.daily", "timestamp": now, "data": told})
