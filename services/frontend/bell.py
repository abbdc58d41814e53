"""Owns the waiting for news of submissions: one listener for everybody who waits. A gap wakes all. Never looks into the record.

Verdicts are pushed; who waits looks for himself too, now and then, since a piece of news can be lost before it is said, and more
often while no news are heard (`look_again_s`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import Gauge

from mesh.codec import decode
from mesh.errors import MeshError, Unavailable
from mesh.topics.contract import Gap, Subscription, Topics
from wire.news import Headline, user_topic
from wire.verification import WAITING

_FINAL = frozenset({"verdict", "refused"})
DEAF_S: Final = 1.0
HEARING_S: Final = 5.0


class Bell:
    """Rings for who waits for the end of a submission. `listen` runs for as long as the service."""

    def __init__(self, topics: Topics, most: int, gauge: Gauge) -> None:
        self._topics = topics
        self._most = most
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._followed: dict[str, int] = {}
        self._count = 0
        self._gauge = gauge
        self._subscription: Subscription | None = None
        self.is_closed = False

    async def listen(self) -> None:
        """Hears news and rings, until it is cancelled."""
        async with self._topics.subscribe() as subscription:
            self._subscription = subscription
            await subscription.follow(*self._followed)
            while True:
                news = await subscription.next()
                if isinstance(news, Gap):
                    self._ring_all()
                else:
                    self._hear(news.body)

    @property
    def look_again_s(self) -> float:
        """After how long who waits looks without having heard anything."""
        return HEARING_S if self._subscription is not None and self._subscription.is_heard else DEAF_S

    def close(self) -> None:
        """Rings for everybody and lets nobody wait any more: the service leaves."""
        self.is_closed = True
        self._ring_all()

    @asynccontextmanager
    async def waiting(self, submission: str, username: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the submission of that author is judged or refused, or when news may have been missed.

        Of ``report:ALIAS`` it is set when that owner's problem was tried out.

        Raises: `Unavailable` (``too-many-waiting``).
        """
        if self.is_closed or self._count >= self._most:
            raise Unavailable("too many requests wait for verdicts; submit without ?wait=true", code="too-many-waiting", retry_after_s=5)
        topic, rung = user_topic(username), asyncio.Event()
        self._count += 1
        self._gauge.inc()
        self._waiting[submission].add(rung)
        self._followed[topic] = self._followed.get(topic, 0) + 1
        try:
            if self._subscription is not None:
                await self._subscription.follow(topic)  # each waits until it is so, also when another has just asked for it
            yield rung
        finally:
            self._count -= 1
            self._gauge.dec()
            self._waiting[submission].discard(rung)
            if not self._waiting[submission]:
                del self._waiting[submission]
            await self._unfollow(topic)

    async def _unfollow(self, topic: str) -> None:
        self._followed[topic] -= 1
        if self._followed[topic] == 0:
            del self._followed[topic]
            if self._subscription is not None:
                await self._subscription.unfollow(topic)

    def _hear(self, body: bytes) -> None:
        try:
            headline = decode(Headline, body)
        except MeshError:
            return
        if headline.kind == "report" and headline.body.get("state") != WAITING:
            for rung in self._waiting.get(f"report:{headline.body.get('alias', '')}", ()):
                rung.set()
        if headline.kind in _FINAL:
            for rung in self._waiting.get(str(headline.body.get("id", "")), ()):
                rung.set()

    def _ring_all(self) -> None:
        for waiting in self._waiting.values():
            for rung in waiting:
                rung.set()
