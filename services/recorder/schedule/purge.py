"""Owns the forgetting of what has had its time: outcomes of commands long done, webhook calls long made. Never touches events.

What stays for ever: events (the audit log), submissions, runs, and every refusal, which an author may still look up.
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
from services.recorder.schedule.ledger import Fence

AT_ONCE: Final = 500
"""Rows in one transaction: the command loop waits behind it."""

MOST: Final = 200
"""Transactions in one run: what is left then is for the next."""


class Purge:
    """The job."""

    name = "purge"
    wakes: frozenset[str] = frozenset()

    def __init__(self, record: Record, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, kept_s: float) -> None:
        self._record = record
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._kept_s = kept_s
        self._purged = metrics.counter("purged_total")

    async def work(self, fence: Fence) -> datetime:
        """Deletes what is older than ``kept_s``, in small transactions."""
        before = self._clock.now() - timedelta(seconds=self._kept_s)
        settled, deliveries = (self._record.table(kind) for kind in (rows.Settled, rows.Delivery))
        is_left = await self._empty(fence, settled, settled.c.at < before, settled.c.is_applied.is_(sa.true()))
        is_left |= await self._empty(fence, deliveries, deliveries.c.changed_at < before, deliveries.c.status != "waiting")
        return self._clock.now() + timedelta(seconds=1.0 if is_left else self._every_s)

    async def _empty(self, fence: Fence, table: sa.Table, *where: sa.ColumnElement[bool]) -> bool:
        """Deletes the rows, as many as one run may; returns whether there may be more."""
        ids, count = table.c.id, 0

        def delete(connection: sa.Connection) -> int:
            fence(connection)
            found = list(connection.execute(sa.select(ids).where(*where).limit(AT_ONCE)).scalars())
            if found:
                connection.execute(sa.delete(table).where(ids.in_(found)))
            return len(found)

        for _ in range(MOST):
            deleted = await self._record.transact(delete)
            count += deleted
            if deleted < AT_ONCE:
                break
        else:
            deleted = AT_ONCE
        if count:
            self._purged.labels(table.name).inc(count)
            self._log.info("purged", table=table.name, rows=count)
        return deleted == AT_ONCE
