"""Owns the counting of what one service does with queues, over any keeper of them. Never changes what is done.

    MESH_METRICS of `mesh.metrics` declares the names: ``queue_published_total`` and the others that begin with ``queue_``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from prometheus_client import Counter, Histogram

from mesh.errors import MeshError, Unavailable
from mesh.metrics import Metrics
from mesh.queue.contract import Consumer, DeadLetter, Delivery, Depth, Message, Queue

LOOK_S: Final = 10.0
"""How often the depths are asked for."""


class Tallies:
    """The counters of one queue, bound once."""

    def __init__(self, queue: str, taken: Counter, settled: Counter, age: Histogram) -> None:
        self.age = age.labels(queue)
        self.first, self.again = taken.labels(queue, "no"), taken.labels(queue, "yes")
        self.acked, self.retried, self.rejected, self.broken = (
            settled.labels(queue, outcome) for outcome in ("acked", "retried", "rejected", "broken")
        )

    async def settled(self, act: Awaitable[None], tally: Counter, count: int = 1) -> None:
        """Waits for it, and counts what became of it."""
        try:
            await act
        except Unavailable:
            self.broken.inc(count)
            raise
        tally.inc(count)


class CountedDelivery:
    """Keeps the promise of `mesh.queue.contract.Delivery` through another."""

    __slots__ = ("_tallies", "inner")

    def __init__(self, inner: Delivery, tallies: Tallies) -> None:
        self.inner = inner
        self._tallies = tallies

    @property
    def message(self) -> Message:
        return self.inner.message

    @property
    def attempt(self) -> int:
        return self.inner.attempt

    @property
    def age_s(self) -> float | None:
        return self.inner.age_s

    async def ack(self) -> None:
        await self._tallies.settled(self.inner.ack(), self._tallies.acked)

    async def retry(self, error: str) -> None:
        await self._tallies.settled(self.inner.retry(error), self._tallies.retried)

    async def reject(self, error: str) -> None:
        await self._tallies.settled(self.inner.reject(error), self._tallies.rejected)


class CountedConsumer:
    """Keeps the promise of `mesh.queue.contract.Consumer` through another."""

    def __init__(self, inner: Consumer, tallies: Tallies) -> None:
        self._inner = inner
        self._tallies = tallies

    async def take(self, most: int = 1) -> Sequence[Delivery]:
        deliveries = [CountedDelivery(inner, self._tallies) for inner in await self._inner.take(most)]
        again = sum(delivery.attempt > 1 for delivery in deliveries)
        for delivery in deliveries:
            if (age_s := delivery.age_s) is not None:
                self._tallies.age.observe(age_s)
        self._tallies.first.inc(len(deliveries) - again)
        self._tallies.again.inc(again)
        return deliveries

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        inner = [each.inner if isinstance(each, CountedDelivery) else each for each in deliveries]
        await self._tallies.settled(self._inner.ack(inner), self._tallies.acked, len(inner))


class CountedQueue:
    """Keeps the promise of `mesh.queue.contract.Queue` through another, and counts for one service."""

    def __init__(self, inner: Queue, metrics: Metrics) -> None:
        self._inner = inner
        self._published = metrics.counter("queue_published_total")
        self._seconds = metrics.histogram("queue_publish_seconds")
        self._taken = metrics.counter("queue_taken_total")
        self._age = metrics.histogram("queue_age_seconds")
        self._settled = metrics.counter("queue_settled_total")
        self._messages = metrics.gauge("queue_messages")
        self._consumers = metrics.gauge("queue_consumers")
        self._strays = metrics.gauge("queue_strays")
        self._is_away = metrics.gauge("queue_away")

    @property
    def connections(self) -> int:
        return self._inner.connections

    @property
    def sees_all(self) -> bool:
        return self._inner.sees_all

    async def watch(self, names: Sequence[str]) -> None:
        """Shows how full these queues are, now and then, until cancelled; what cannot be asked keeps its last figure.

        Nobody consumes a queue that the broker does not have: the broker is there all the same.
        """
        while True:
            self._is_away.set(bool(await self._inner.health()))
            try:
                for name in names:
                    await self._look(name)
                if names and (strays := await self._inner.strays()) is not None:
                    self._strays.set(strays)
            except Unavailable:
                self._is_away.set(1)
            await asyncio.sleep(LOOK_S)

    async def health(self) -> str:
        return await self._inner.health()

    async def refusal(self) -> str:
        return await self._inner.refusal()

    async def publish(self, queue: str, message: Message) -> None:
        began, outcome = time.perf_counter(), "cancelled"
        try:
            await self._inner.publish(queue, message)
            outcome = "confirmed"
        except MeshError as wrong:
            outcome = wrong.code
            raise
        finally:
            self._published.labels(queue, outcome).inc()
            self._seconds.labels(queue).observe(time.perf_counter() - began)

    def consumer(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        return self._counted(queue, self._inner.consumer(queue))

    async def depth(self, queue: str) -> Depth:
        return await self._inner.depth(queue)

    async def strays(self) -> int | None:
        return await self._inner.strays()

    async def dead_letters(self, queue: str, most: int = 100) -> Sequence[DeadLetter]:
        return await self._inner.dead_letters(queue, most)

    async def replay(self, queue: str, ids: Sequence[str]) -> int:
        return await self._inner.replay(queue, ids)

    async def purge(self, queue: str, ids: Sequence[str]) -> int:
        return await self._inner.purge(queue, ids)

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def _counted(self, queue: str, tap: AbstractAsyncContextManager[Consumer]) -> AsyncIterator[Consumer]:
        async with tap as inner:
            yield CountedConsumer(inner, Tallies(queue, self._taken, self._settled, self._age))

    async def _look(self, name: str) -> None:
        try:
            self._show(name, await self._inner.depth(name))
        except Unavailable as wrong:
            if wrong.code != "queue-missing":
                raise
            self._consumers.labels(name).set(0)

    def _show(self, name: str, depth: Depth) -> None:
        for state, count in (
            ("ready", depth.ready), ("held", depth.unacknowledged), ("waiting", depth.waiting), ("dead", depth.dead),
        ):  # fmt: skip
            if count is not None:
                self._messages.labels(name, state).set(count)
        self._consumers.labels(name).set(depth.consumers)
