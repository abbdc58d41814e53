"""Owns the counting of what one service does with topics, over any keeper of them. Never changes what is done.

`mesh.metrics.MESH_METRICS` declares the names: those that begin with ``topics_``. ``kind`` is the topic up to its first colon.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from prometheus_client import Counter

from mesh.errors import Unavailable
from mesh.metrics import Metrics
from mesh.topics.contract import Gap, News, Replay, Subscription, Topics


class CountedSubscription:
    """Keeps the promise of `mesh.topics.contract.Subscription` through another."""

    __slots__ = ("_gaps", "_inner", "follow", "renew", "unfollow")

    def __init__(self, inner: Subscription, gaps: Counter) -> None:
        self._inner = inner
        self._gaps = gaps
        self.follow = inner.follow
        self.unfollow = inner.unfollow
        self.renew = inner.renew

    async def next(self) -> News | Gap:
        heard = await self._inner.next()
        if isinstance(heard, Gap):
            self._gaps.inc()
        return heard

    @property
    def is_heard(self) -> bool:
        return self._inner.is_heard


class CountedTopics:
    """Keeps the promise of `mesh.topics.contract.Topics` through another."""

    def __init__(self, inner: Topics, metrics: Metrics) -> None:
        self.inner = inner
        self._published = metrics.counter("topics_published_total")
        self._unpublished = metrics.counter("topics_unpublished_total")
        self._gaps = metrics.counter("topics_gaps_total")
        replays = metrics.counter("topics_replays_total")
        self._complete, self._incomplete, self._broken = (replays.labels(outcome) for outcome in ("complete", "incomplete", "broken"))
        self._replayed = metrics.counter("topics_replayed_total")

    async def publish(self, items: Sequence[tuple[str, bytes]]) -> None:
        try:
            await self.inner.publish(items)
        except Unavailable:
            self._unpublished.inc(len(items))
            raise
        for topic, _ in items:
            self._published.labels(topic.partition(":")[0]).inc()

    def subscribe(self) -> AbstractAsyncContextManager[Subscription]:
        return self._subscription()

    async def replay(self, topic: str, after: str, most: int = 1000) -> Replay:
        try:
            found = await self.inner.replay(topic, after, most)
        except Unavailable:
            self._broken.inc()
            raise
        (self._complete if found.is_complete else self._incomplete).inc()
        self._replayed.inc(len(found.news))
        return found

    async def refusals(self) -> str:
        return await self.inner.refusals()

    async def close(self) -> None:
        await self.inner.close()

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[Subscription]:
        async with self.inner.subscribe() as subscription:
            yield CountedSubscription(subscription, self._gaps)
