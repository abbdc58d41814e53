"""Owns the news that are made of no event: how far a set of rejudges is. Tells the newest only, now and then. May lose any of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from mesh.codec import encode
from mesh.errors import Unavailable
from mesh.metrics import Metrics
from mesh.topics import Topics
from wire.news import Headline

EVERY_S: Final = 0.5
MOST_HELD: Final = 1000


class Murmur:
    """Hints by topic and by what they are about; the next of the same takes the place of the last."""

    def __init__(self, topics: Topics, metrics: Metrics) -> None:
        self._topics = topics
        self._held: dict[tuple[str, str, str], Headline] = {}
        self._wake = asyncio.Event()
        self._news = metrics.counter("news_total")
        self._lost = metrics.counter("news_lost_total")

    def offer(self, hints: Iterable[tuple[str, Headline]]) -> None:
        """Committed hints. Never waits; beyond `MOST_HELD` the new are dropped."""
        for topic, headline in hints:
            about = (topic, headline.kind, str(headline.body.get("id", "")))
            if about in self._held or len(self._held) < MOST_HELD:
                self._held[about] = headline
                self._wake.set()

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            held, self._held = self._held, {}
            try:
                await self._topics.publish([(topic, encode(headline)) for (topic, _, _), headline in held.items()])
            except Unavailable:
                self._lost.inc(len(held))
            else:
                self._news.inc(len(held))
            await asyncio.sleep(EVERY_S)
