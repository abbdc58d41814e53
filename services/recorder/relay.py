"""Owns the outbox: rows come from the loop at commit and from the table, go to their queue's outlet, and are deleted. Never makes work.

A row that was published and not yet deleted when we died is published again: its id is the message's, so that is harmless.
Each queue has an outlet of its own, so that one that refuses holds nothing else up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import sqlalchemy as sa

from mesh.errors import MeshError
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Queue
from services.recorder import rows
from services.recorder.outlet import AT_ONCE, BACKOFF_S, MOST_KNOWN, Outlet, by_queue
from services.recorder.record import Record

LINGER_S = 0.25


class Relay:
    """Empties the outbox. Rows come from the loop at commit, and from the table for what was left behind."""

    def __init__(self, record: Record, queue: Queue, *, metrics: Metrics, log: Log, every_s: float) -> None:
        self._record = record
        self._queue = queue
        self._metrics = metrics
        self._log = log
        self._every_s = every_s
        self._outlets: dict[str, Outlet] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._sent: set[str] = set()
        self._wake = asyncio.Event()
        self._must_read = True
        self._trouble = ""

    def offer(self, work: Iterable[rows.Work]) -> None:
        """Committed rows, to be sent now. What their queue's outlet does not hold is left to a later reading of the table."""
        for one in work:
            outlet = self._outlet(one.queue)
            if not outlet.offer(one) and not outlet.trouble:  # in trouble: it is read when that is over
                self.look_again()

    @property
    def connections(self) -> int:
        """How often the line to the broker was made; 0 without a broker."""
        return self._queue.connections

    def look_again(self) -> None:
        """Something may have been committed that nobody heard of."""
        self._must_read = True
        self._wake.set()

    async def health(self) -> str:
        """What is wrong and which queues wait, empty when nothing is."""
        wrong: dict[str, list[str]] = {}
        for name, outlet in sorted(self._outlets.items()):
            if outlet.trouble:
                wrong.setdefault(outlet.trouble, []).append(name)
        told = [f"work for {', '.join(names)} waits: {trouble}" for trouble, names in wrong.items()]
        return "; ".join([self._trouble, *told] if self._trouble else told)

    async def run(self) -> None:
        """Works until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for outlet in self._outlets.values():
                tasks.create_task(outlet.run())
            await self._feed()

    def _outlet(self, name: str) -> Outlet:
        outlet = self._outlets.get(name)
        if outlet is None:
            outlet = self._outlets[name] = Outlet(
                name, self._queue, sent=self._sent.add, moved=self._wake.set, mended=self.look_again, metrics=self._metrics, log=self._log
            )
            if self._tasks is not None:
                self._tasks.create_task(outlet.run())
        return outlet

    async def _feed(self) -> None:
        tries = 0
        while True:
            try:
                await self._read()
                await self._tidy()
                self._trouble, tries = "", 0
            except MeshError as trouble:
                if not self._trouble:
                    self._log.warning("outbox-unread", code=trouble.code, cause=trouble)
                self._trouble = trouble.message
                await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                tries += 1

    async def _read(self) -> None:
        """Hands the outlets what the table has for them, when that is due and they have little left."""
        if not self._must_read or sum(len(outlet) for outlet in self._outlets.values() if not outlet.trouble) >= AT_ONCE:
            return
        self._must_read = False
        try:
            if len(self._sent) >= AT_ONCE:
                await self._forget()  # else the table's first rows are those
            found = by_queue(await self._left_behind())
        except MeshError:
            self._must_read = True
            raise
        for name, work in found.items():
            self._outlet(name).load(work)

    async def _tidy(self) -> None:
        """Deletes what was sent when nothing has moved for a moment, or it is much; else waits until something happens."""
        if len(self._sent) >= MOST_KNOWN:
            await self._forget()
        elif not await self._woken(LINGER_S if self._sent else self._every_s):
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

    async def _left_behind(self) -> list[rows.Work]:
        """The oldest rows of the queues that flow: what one in trouble has waiting must not hide them."""
        table = self._record.table(rows.Work)
        statement = sa.select(table).order_by(table.c.created_at).limit(MOST_KNOWN)
        if stuck := [name for name, outlet in self._outlets.items() if outlet.trouble]:
            statement = statement.where(table.c.queue.not_in(stuck))
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
