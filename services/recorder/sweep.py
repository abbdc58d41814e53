"""Owns the sweep: every run without a verdict for longer than it may take is sent again. Never judges, never gives up.

Notifications are for speed, the record is the truth: whatever was lost on the way, this finds it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.rules.submissions import work_of

AT_ONCE = 100
MOST_DOUBLINGS = 6


class Sweep:
    """Looks for overdue runs every ``every_s``. ``after_s`` doubles with each time that a run was sent, up to 64 times."""

    def __init__(self, record: Record, relay: Relay, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, after_s: float) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._after_s = after_s
        self._swept = metrics.counter("swept_total")

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            try:
                while await self.once() == AT_ONCE:
                    pass
            except Unavailable as away:
                self._log.debug("sweep-put-off", cause=away)
            await asyncio.sleep(self._every_s)

    async def once(self) -> int:
        """Puts what is overdue into the outbox again, at most `AT_ONCE`; returns how many. Raises: `Unavailable` (``record-unavailable``)."""
        work = await self._record.transact(self._send_again)
        for one in work:
            self._log.warning("run-sent-again", run=one.id, queue=one.queue, correlation=one.correlation)
        self._swept.inc(len(work))
        self._relay.offer(work)
        return len(work)

    def _send_again(self, connection: sa.Connection) -> list[rows.Work]:
        now, work = self._clock.now(), list[rows.Work]()
        for found in connection.execute(self._overdue()).mappings().all():
            values = dict(found)
            run = rows.Run(
                values.pop("run_id"), values["id"], values.pop("run_version"), values.pop("run_priority"),
                values.pop("run_created_at"), now, values.pop("run_sends") + 1,
            )  # fmt: skip
            languages = tuple(values.pop("languages"))
            work.append(work_of(rows.Submission(**values), run, languages, now))
        if work:
            runs = self._record.table(rows.Run)
            again = sa.update(runs).where(runs.c.id == sa.bindparam("key")).values(sends=runs.c.sends + 1, sent_at=now)
            connection.execute(again, [{"key": one.id} for one in work])
            connection.execute(self._record.table(rows.Work).insert(), [rows.values_of(one) for one in work])
        return work

    def _overdue(self) -> sa.Select[tuple[object, ...]]:
        """Runs in force without a verdict whose patience is over, unless their message still lies in the outbox."""
        runs, submissions = self._record.table(rows.Run), self._record.table(rows.Submission)
        outbox, contests = self._record.table(rows.Work), self._record.table(rows.Contest)
        now = self._clock.now()
        patience = [
            sa.and_(
                runs.c.sends == sends if sends <= MOST_DOUBLINGS else runs.c.sends > MOST_DOUBLINGS,
                runs.c.sent_at <= now - timedelta(seconds=self._after_s * 2 ** (sends - 1)),
            )
            for sends in range(1, MOST_DOUBLINGS + 2)
        ]
        return (
            sa.select(
                submissions, contests.c.languages, runs.c.id.label("run_id"), runs.c.version.label("run_version"),
                runs.c.priority.label("run_priority"), runs.c.created_at.label("run_created_at"), runs.c.sends.label("run_sends"),
            )
            .join(submissions, submissions.c.run == runs.c.id)
            .join(contests, contests.c.alias == submissions.c.contest)
            .outerjoin(outbox, outbox.c.id == runs.c.id)
            .where(runs.c.judged_at.is_(None), outbox.c.id.is_(None), sa.or_(*patience))
            .order_by(runs.c.sent_at)
            .limit(AT_ONCE)
        )  # fmt: skip
