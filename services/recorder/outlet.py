"""Owns the way of committed work to one queue, and the patience with one that refuses. Never knows of other queues.

    flows ──a refusal──▶ in trouble: one message, after a pause that grows ──taken──▶ two, four, … ──as many as ever──▶ flows
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from mesh.errors import MeshError
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Message, Queue
from services.recorder import rows
from wire.queues import NOTIFICATIONS

AT_ONCE = 50
"""Messages in flight to one queue: enough to hide the way to the broker, few enough to bound memory."""

MOST_KNOWN = 2000
"""Rows that are held for a queue that flows; for one in trouble `AT_ONCE`, the rest stays in the table until it flows."""

LET_GO = frozenset({NOTIFICATIONS.name})
"""Queues whose work is not kept when they are full: the record knows, and `reminders` sends it again."""

BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0)
_ONE_ROUND = 4 * AT_ONCE


class Outlet:
    """Sends to one queue. ``sent`` hears the id of each row that may go; ``moved`` that a round changed something, ``mended`` that trouble is over."""

    def __init__(
        self, name: str, queue: Queue, *, sent: Callable[[str], object], moved: Callable[[], None], mended: Callable[[], None], metrics: Metrics, log: Log
    ) -> None:
        self._name = name
        self._queue = queue
        self._sent = sent
        self._moved = moved
        self._mended = mended
        self._log = log
        self._fresh: dict[str, rows.Work] = {}
        self._wake = asyncio.Event()
        self._tries = 0
        self._width = _ONE_ROUND
        self.trouble = ""
        """Why the queue takes nothing, empty while it does."""
        self._sent_total = metrics.counter("outbox_sent_total")
        self._waiting = metrics.gauge("outbox_waiting").labels(name)

    def __len__(self) -> int:
        """How many rows are held that are not confirmed."""
        return len(self._fresh)

    def offer(self, work: rows.Work) -> bool:
        """Takes a committed row; False when it holds enough, and the row is left to the table."""
        if len(self._fresh) >= self._most:
            return False
        self._fresh[work.id] = work
        self._wake.set()
        return True

    def load(self, work: Mapping[str, rows.Work]) -> None:
        """Takes what was read from the table, each in its place by age; what is held keeps its order."""
        known = {**self._fresh, **work}
        self._fresh = dict(sorted(known.items(), key=lambda item: item[1].created_at))
        self._shorten()
        self._wake.set()

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._fresh:
                await self.send()
                if self.trouble and self._tries:
                    await asyncio.sleep(BACKOFF_S[min(self._tries, len(BACKOFF_S)) - 1])

    async def send(self) -> None:
        """One round. Afterwards `trouble` says whether it was refused; nothing is sent after a refusal."""
        gate, refusals, gone = asyncio.Semaphore(AT_ONCE), list[MeshError](), list[str]()

        async def one(work: rows.Work) -> None:
            async with gate:
                if refusals:
                    return
                try:
                    await self._queue.publish(self._name, Message(work.id, work.body, correlation=work.correlation))
                except MeshError as wrong:
                    if wrong.code != "queue-full" or self._name not in LET_GO:
                        refusals.append(wrong)
                        return
                    self._log.warning("work-let-go", work=work.id, queue=self._name, reason=wrong.message)
                else:
                    self._sent_total.inc()
                self._fresh.pop(work.id, None)
                self._sent(work.id)
                gone.append(work.id)

        async with asyncio.TaskGroup() as tasks:
            for work in list(islice(self._fresh.values(), self._width)):
                tasks.create_task(one(work))
        was_fine = not self.trouble
        if refusals:
            self._refused(refusals[0])
        else:
            self._went()
        self._waiting.set(len(self._fresh))
        if gone or (refusals and was_fine):  # what was held for it no longer keeps others from being read
            self._moved()

    @property
    def _most(self) -> int:
        return AT_ONCE if self.trouble else MOST_KNOWN

    def _refused(self, wrong: MeshError) -> None:
        if not self.trouble:
            self._log.warning("outbox-stuck", queue=self._name, waiting=len(self._fresh), code=wrong.code, cause=wrong)
        self.trouble, self._tries, self._width = wrong.message, self._tries + 1, 1
        self._shorten()

    def _went(self) -> None:
        self._tries, self._width = 0, min(2 * self._width, _ONE_ROUND)
        if self.trouble and (self._width >= AT_ONCE or not self._fresh):
            self.trouble, self._width = "", _ONE_ROUND
            self._log.info("outbox-flows", queue=self._name)
            self._mended()

    def _shorten(self) -> None:
        if self.trouble and len(self._fresh) > AT_ONCE:
            self._fresh = dict(islice(self._fresh.items(), AT_ONCE))


def by_queue(work: Iterable[rows.Work]) -> dict[str, dict[str, rows.Work]]:
    """Rows by their queue, then by their id, in their order."""
    found: dict[str, dict[str, rows.Work]] = {}
    for one in work:
        found.setdefault(one.queue, {})[one.id] = one
    return found
