"""Owns the frame of the jobs that send again what waits too long: when a row is overdue, and how it goes out once more. Never gives up.

A job says which rows those are and what is said of them; the record, the outbox and the patience are the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.schedule.ledger import Fence

AT_ONCE: Final = 100
MOST_DOUBLINGS: Final = 6


class Overdue(ABC):
    """A job that looks every ``every_s``. ``after_s`` doubles with each time that a row was sent, up to 64 times."""

    name: ClassVar[str]
    wakes: ClassVar[frozenset[str]] = frozenset()
    counted_as: ClassVar[str]
    """The counter of what was sent again."""

    def __init__(self, record: Record, relay: Relay, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, after_s: float) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._after_s = after_s
        self._sent_again = metrics.counter(self.counted_as)

    async def work(self, fence: Fence) -> datetime:
        """Sends all that is overdue; the scheduler's job."""
        while await self.once(fence) >= AT_ONCE:
            pass
        return self._clock.now() + timedelta(seconds=self._every_s)

    async def once(self, fence: Fence) -> int:
        """Puts what is overdue into the outbox again, at most `AT_ONCE`; returns how many. Raises: `Unavailable` (``record-unavailable``)."""

        def send(connection: sa.Connection) -> list[rows.Work]:
            fence(connection)
            work = self.send_again(connection, self._clock.now())
            if work:
                connection.execute(self._record.table(rows.Work).insert(), [rows.values_of(one) for one in work])
            return work

        work = await self._record.transact(send)
        if work:
            self.tell(work)
        self._sent_again.inc(len(work))
        self._relay.offer(work)
        return len(work)

    @abstractmethod
    def send_again(self, connection: sa.Connection, now: datetime) -> list[rows.Work]:
        """Marks at most `AT_ONCE` overdue rows as sent once more; the work that goes into the outbox for them."""

    @abstractmethod
    def tell(self, work: Sequence[rows.Work]) -> None:
        """Says in the log what was sent again: at least one."""

    def patience(self, sends: sa.ColumnElement[int], since: sa.ColumnElement[datetime], now: datetime) -> list[sa.ColumnElement[bool]]:
        """When patience with a row is over, one condition for each number of times that it was sent."""
        return [
            sa.and_(
                sends == times if times <= MOST_DOUBLINGS else sends > MOST_DOUBLINGS,
                since <= now - timedelta(seconds=self._after_s * 2 ** (times - 1)),
            )
            for times in range(1, MOST_DOUBLINGS + 2)
        ]

    def lying(self, connection: sa.Connection, ids: Collection[str]) -> set[str]:
        """Those that still lie in the outbox: they are not lost, they are not even sent yet."""
        outbox = self._record.table(rows.Work)
        return set(connection.execute(sa.select(outbox.c.id).where(outbox.c.id.in_(list(ids)))).scalars())
