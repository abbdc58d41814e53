"""Owns the way of committed work to its queues: publishes with a confirm, then deletes the row. Never makes work.

A row that was published and not yet deleted when we died is published again: its id is the message's, so that is harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from mesh.errors import MeshError, Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Message, Queue
from services.recorder import rows
from services.recorder.record import Record
from wire.queues import NOTIFICATIONS

AT_ONCE = 50
"""Messages in flight: enough to hide the way to the broker, few enough to bound memory."""

LET_GO = frozenset({NOTIFICATIONS.name})
"""Queues whose work is not kept when they are full, so that nothing else waits behind it: the record knows, and `reminders` sends it again."""

MOST_KNOWN = 2000
LINGER_S = 0.25
BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)


class Relay:
    """Empties the outbox. Rows come from the loop at commit, and from the table for what was left behind."""

    def __init__(self, record: Record, queue: Queue, *, metrics: Metrics, log: Log, every_s: float) -> None:
        self._record = record
        self._queue = queue
        self._log = log
        self._every_s = every_s
        self._fresh: dict[str, rows.Work] = {}
        self._sent: set[str] = set()
        self._wake = asyncio.Event()
        self._must_read = True
        self._trouble = ""
        self._sent_total = metrics.counter("outbox_sent_total")
        self._waiting = metrics.gauge("outbox_waiting")

    def offer(self, work: Iterable[rows.Work]) -> None:
        """Committed rows, to be sent now. Beyond `MOST_KNOWN` they are left to the next reading of the table."""
        for one in work:
            if len(self._fresh) < MOST_KNOWN:
                self._fresh[one.id] = one
            else:
                self._must_read = True
            self._wake.set()

    def look_again(self) -> None:
        """Something may have been committed that nobody heard of."""
        self._must_read = True
        self._wake.set()

    async def health(self) -> str:
        """What is wrong, empty when nothing is."""
        return self._trouble

    async def run(self) -> None:
        """Works until it is cancelled."""
        tries = 0
        while True:
            try:
                await self._step()
                self._trouble, tries = "", 0
            except MeshError as trouble:
                if not self._trouble:
                    self._log.warning("outbox-stuck", waiting=len(self._fresh), code=trouble.code, cause=trouble)
                self._trouble = trouble.message
                await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                tries += 1

    async def _step(self) -> None:
        if self._must_read and len(self._fresh) < AT_ONCE:
            self._must_read = False
            try:
                self._fresh |= {work.id: work for work in await self._left_behind()}
            except Unavailable:
                self._must_read = True
                raise
        if self._fresh:
            await self._publish(list(self._fresh.values())[: 4 * AT_ONCE])
        if not self._fresh and not await self._woken(LINGER_S if self._sent else self._every_s):
            if self._sent:
                await self._forget()
            else:
                self._must_read = True

    async def _woken(self, limit_s: float) -> bool:
        try:
            async with asyncio.timeout(limit_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _publish(self, work: Sequence[rows.Work]) -> None:
        gate, trouble = asyncio.Semaphore(AT_ONCE), list[MeshError]()

        async def send(one: rows.Work) -> None:
            async with gate:
                if trouble:
                    return
                try:
                    await self._queue.publish(one.queue, Message(one.id, one.body, correlation=one.correlation))
                except MeshError as wrong:
                    if wrong.code != "queue-full" or one.queue not in LET_GO:
                        trouble.append(wrong)
                        return
                    self._log.warning("work-let-go", work=one.id, queue=one.queue, reason=wrong.message)
                else:
                    self._sent_total.inc()
                self._fresh.pop(one.id, None)
                self._sent.add(one.id)

        async with asyncio.TaskGroup() as tasks:
            for one in work:
                tasks.create_task(send(one))
        self._waiting.set(len(self._fresh))
        if len(self._sent) >= MOST_KNOWN:
            await self._forget()
        if trouble:
            raise trouble[0]

    async def _left_behind(self) -> list[rows.Work]:
        table = self._record.table(rows.Work)
        statement = sa.select(table).order_by(table.c.created_at).limit(MOST_KNOWN)
        async with self._record.reading() as connection:
            found = [rows.Work(**row._mapping) for row in await connection.execute(statement)]  # noqa: SLF001  SQLAlchemy's documented name
        self._must_read |= len(found) == MOST_KNOWN
        return [work for work in found if work.id not in self._sent]

    async def _forget(self) -> None:
        done = sorted(self._sent)
        table = self._record.table(rows.Work)

        def delete(connection: sa.Connection) -> None:
            for start in range(0, len(done), 500):
                connection.execute(sa.delete(table).where(table.c.id.in_(done[start : start + 500])))

        await self._record.transact(delete)
        self._sent.difference_update(done)
