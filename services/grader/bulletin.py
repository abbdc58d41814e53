"""Owns the news of how far judging is: to the author, to the jury, into the cache. May lose some; never slows judging down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from contest.feedback import may_hear_progress
from mesh.cache import Cache
from mesh.clock import Clock, iso
from mesh.codec import encode
from mesh.errors import MeshError
from mesh.metrics import Metrics
from mesh.tasks import alongside
from mesh.topics import Topics
from services.grader.runs import Run, Stage
from wire.news import Headline, jury_topic, user_topic
from wire.rejudging import dropped_key

_CACHE_LIFE_S = 60.0
_TELL_LIMIT_S = 3.0
_DROPPED_FRESH_S = 1.0


class Bulletin:
    """The newest state of every submission since it was last told; what is overtaken in between is skipped."""

    def __init__(self, topics: Topics, cache: Cache, clock: Clock, interval_s: float, metrics: Metrics) -> None:
        self._topics = topics
        self._cache = cache
        self._clock = clock
        self._interval_s = interval_s
        self._lost = metrics.counter("news_lost_total")
        self._untold: dict[str, Run] = {}
        self._dropped: dict[str, tuple[float, bool]] = {}
        self._is_something = asyncio.Event()

    def note(self, run: Run) -> None:
        """The run has moved on. Of one that belongs to a set nothing is told: its submission has its verdict."""
        if run.order.rejudging:
            return
        self._untold[run.id] = run
        self._is_something.set()

    async def is_dropped(self, rejudging: str) -> bool:
        """Whether the cache says that a set was dropped, or said so a moment ago. Never fails: its runs are then judged in vain."""
        now = self._clock.monotonic()
        asked_at, said = self._dropped.get(rejudging, (-_DROPPED_FRESH_S, False))
        if now - asked_at < _DROPPED_FRESH_S:
            return said
        try:
            async with asyncio.timeout(_TELL_LIMIT_S):
                said = await self._cache.fetch(dropped_key(rejudging)) is not None
        except (MeshError, TimeoutError):
            said = False
        self._dropped = {key: one for key, one in self._dropped.items() if now - one[0] < _DROPPED_FRESH_S} | {rejudging: (now, said)}
        return said

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Tells what is noted for as long as the block runs."""
        async with alongside(self._tell_for_ever()):
            yield

    async def _tell_for_ever(self) -> None:
        while True:
            await self._is_something.wait()
            self._is_something.clear()
            runs, self._untold = list(self._untold.values()), {}
            bodies = [(run, progress_of(run)) for run in runs if run.stage is not Stage.CONCLUDED]
            try:
                async with asyncio.timeout(_TELL_LIMIT_S):
                    await self._tell(bodies)
            except (MeshError, TimeoutError):
                self._lost.inc(len(bodies))
            await asyncio.sleep(self._interval_s)

    async def _tell(self, bodies: list[tuple[Run, dict[str, Any]]]) -> None:
        at = iso(self._clock.now())
        news: list[tuple[str, bytes]] = []
        for run, body in bodies:
            headline = encode(Headline("progress", at, body))
            news.append((user_topic(run.order.author), encode(Headline("progress", at, as_told_to_author(run, body)))))
            if run.order.contest:
                news.append((jury_topic(run.order.contest), headline))
        for run, body in bodies:
            await self._cache.store(f"progress:{run.order.submission}", encode(body), _CACHE_LIFE_S)
        if news:
            await self._topics.publish(news)


def as_told_to_author(run: Run, body: dict[str, Any]) -> dict[str, Any]:
    """The same without which case it is, unless the contest shows its contestants their cases: it would tell where it failed."""
    return body if may_hear_progress(run.order.feedback) else {**body, "done": 0, "total": 0}


def progress_of(run: Run) -> dict[str, Any]:
    """The body of a ``progress`` headline."""
    attempt = run.attempt
    return {
        "id": run.order.submission,
        "status": "judging" if attempt else "queued",
        "step": attempt.step.value if attempt else "",
        "done": len(attempt.done) if attempt else 0,
        "total": len(run.manifest.cases) if run.manifest else 0,
    }
