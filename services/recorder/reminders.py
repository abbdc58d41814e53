"""Owns the sweep of webhook calls: one that waits without a sign of life for too long is sent to the mailer again. Never gives up.

Every try is recorded, so that a call on its ladder shows life; what this finds lost its message, or its mailer for long.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.rules.webhooks import notice_of
from services.recorder.schedule.ledger import Fence

AT_ONCE: Final = 100
MOST_DOUBLINGS: Final = 6


class Reminders:
    """The job. ``after_s`` doubles with each time that a call was sent in its generation, up to 64 times."""

    name = "reminders"
    wakes: frozenset[str] = frozenset()

    def __init__(self, record: Record, relay: Relay, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, after_s: float) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._after_s = after_s
        self._reminded = metrics.counter("reminders_total")

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
        if work:
            self._log.warning("webhook-calls-sent-again", count=len(work))
        self._reminded.inc(len(work))
        self._relay.offer(work)
        return len(work)

    def _send_again(self, connection: sa.Connection) -> list[rows.Work]:
        calls, outbox, now = self._record.table(rows.Delivery), self._record.table(rows.Work), self._clock.now()
        patience = [
            sa.and_(
                calls.c.sends == sends if sends <= MOST_DOUBLINGS else calls.c.sends > MOST_DOUBLINGS,
                calls.c.changed_at <= now - timedelta(seconds=self._after_s * 2 ** (sends - 1)),
            )
            for sends in range(1, MOST_DOUBLINGS + 2)
        ]
        statement = sa.select(calls).where(calls.c.status == "waiting", sa.or_(*patience)).order_by(calls.c.changed_at).limit(AT_ONCE)
        found = [rows.Delivery(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001  SQLAlchemy's documented name
        work = {notice.id: (one, notice) for one in found for notice in [notice_of(one, "", now)]}
        for lying in connection.execute(sa.select(outbox.c.id).where(outbox.c.id.in_(list(work)))).scalars():
            del work[lying]  # not lost: it is not even sent yet
        if work:
            again = sa.update(calls).where(calls.c.id == sa.bindparam("key")).values(sends=calls.c.sends + 1, changed_at=now)
            connection.execute(again, [{"key": one.id} for one, _ in work.values()])
            connection.execute(outbox.insert(), [rows.values_of(notice) for _, notice in work.values()])
        return [notice for _, notice in work.values()]
