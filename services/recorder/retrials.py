"""Owns the sweep of trials: a package whose report does not come for too long is sent to be tried out again. Never gives up.

The newest commit only: a report for an older one is not waited for (`rules.reports`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.rules.reports import work_of
from services.recorder.schedule.ledger import Fence
from wire.verification import WAITING

AT_ONCE: Final = 100
MOST_DOUBLINGS: Final = 6


class Retrials:
    """The job. ``after_s`` doubles with each time that a trial was asked for, up to 64 times."""

    name = "retrials"
    wakes: frozenset[str] = frozenset()

    def __init__(self, record: Record, relay: Relay, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, after_s: float) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._after_s = after_s
        self._retried = metrics.counter("retrials_total")

    async def work(self, fence: Fence) -> datetime:
        """Sends all that is overdue; the scheduler's job."""
        while await self.once(fence) == AT_ONCE:
            pass
        return self._clock.now() + timedelta(seconds=self._every_s)

    async def once(self, fence: Fence) -> int:
        """Puts what is overdue into the outbox again, at most `AT_ONCE`; returns how many. Raises: `Unavailable` (``record-unavailable``)."""

        def send(connection: sa.Connection) -> list[rows.Work]:
            fence(connection)
            return self._send_again(connection)

        work = await self._record.transact(send)
        for one in work:
            self._log.warning("trial-sent-again", message=one.id)
        self._retried.inc(len(work))
        self._relay.offer(work)
        return len(work)

    def _send_again(self, connection: sa.Connection) -> list[rows.Work]:
        now, outbox = self._clock.now(), self._record.table(rows.Work)
        reports = self._record.table(rows.ProblemReport)
        found: dict[str, tuple[rows.ProblemReport, rows.Work]] = {}
        for row in connection.execute(self._overdue(now)).mappings().all():
            values = dict(row)
            owner = values.pop("owner")
            report = rows.ProblemReport(**values)
            found[work_of(report, owner, now).id] = (report, work_of(replace(report, sends=report.sends + 1), owner, now))
        for lying in connection.execute(sa.select(outbox.c.id).where(outbox.c.id.in_(list(found)))).scalars():
            del found[lying]  # not lost: it is not even sent yet
        if found:
            again = sa.update(reports).where(reports.c.alias == sa.bindparam("of"), reports.c.commit_hash == sa.bindparam("at"))
            connection.execute(
                again.values(sends=reports.c.sends + 1, sent_at=now), [{"of": one.alias, "at": one.commit_hash} for one, _ in found.values()]
            )
            connection.execute(outbox.insert(), [rows.values_of(work) for _, work in found.values()])
        return [work for _, work in found.values()]

    def _overdue(self, now: datetime) -> sa.Select[tuple[object, ...]]:
        reports, problems = self._record.table(rows.ProblemReport), self._record.table(rows.Problem)
        patience = [
            sa.and_(
                reports.c.sends == sends if sends <= MOST_DOUBLINGS else reports.c.sends > MOST_DOUBLINGS,
                reports.c.sent_at <= now - timedelta(seconds=self._after_s * 2 ** (sends - 1)),
            )
            for sends in range(1, MOST_DOUBLINGS + 2)
        ]
        is_newest = sa.and_(problems.c.alias == reports.c.alias, problems.c.commit_hash == reports.c.commit_hash)
        return (
            sa.select(reports, problems.c.owner)
            .join(problems, is_newest)
            .where(reports.c.ended_at.is_(None), reports.c.state == WAITING, sa.or_(*patience))
            .order_by(reports.c.sent_at)
            .limit(AT_ONCE)
        )
