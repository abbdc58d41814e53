"""Owns how somebody gets what he missed: from the channel's memory, else from the topics' store, else by being told to read anew.

Never keeps a listener waiting for a store that is away: a gap is always right, only dearer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from mesh.errors import MeshError
from mesh.metrics import Metrics
from mesh.topics import News, Topics
from mesh.topics.entries import BEGINNING
from services.broadcaster.channel import Channel
from services.broadcaster.frames import Frames, news_frames
from services.broadcaster.wishes import Since

_LIMIT_S: Final = 3.0
_AT_ONCE: Final = 16
_MOST_BYTES: Final = 256 * 1024
_LAST_NUMBER: Final = 2**63 - 1

Missed = Sequence[tuple[News, Frames]]


class Resumption:
    """The finder of what was missed. Asks the store once for all who ask the same, a bounded number at a time."""

    def __init__(self, topics: Topics, length: int, metrics: Metrics) -> None:
        self._topics = topics
        self._length = length
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._asked: dict[tuple[str, str], asyncio.Future[Missed | None]] = {}
        resumed = metrics.counter("resumed_total")
        self._counts = {source: resumed.labels(source) for source in ("memory", "store", "anew")}

    async def missed(self, channel: Channel, after: str, *, is_exact: bool) -> Missed | None:
        """The news of a topic after an id, oldest first; None when not all of them are to be had.

        An id is exact when it is that of a piece of news of this topic; else it is only a moment.
        """
        remembered = channel.after(after)
        if remembered is None:
            return await self.unheard(channel, after, is_exact=is_exact)
        return self._counted("memory", remembered)

    async def unheard(self, channel: Channel, after: str, *, is_exact: bool) -> Missed | None:
        """The same from the store alone: after a break in the line, the channel's memory lacks it too."""
        return self._counted("store", await self._from_store(channel.topic, after, is_exact=is_exact))

    async def since(self, channel: Channel, since: Since) -> Missed | None:
        """The same for a listener that stopped somewhere; nothing for a topic that he has not heard before."""
        exact = since.exact.get(channel.topic)
        if exact is not None:
            return await self.missed(channel, exact, is_exact=True)
        if since.moment_ms is None:
            return []
        return await self.missed(channel, f"{max(0, since.moment_ms - 1)}-{_LAST_NUMBER}", is_exact=False)

    def _counted(self, source: str, missed: Missed | None) -> Missed | None:
        if missed is None or len(missed) > self._length or sum(len(frames.ws) for _, frames in missed) > _MOST_BYTES:
            self._counts["anew"].inc()
            return None
        self._counts[source].inc()
        return missed

    async def _from_store(self, topic: str, after: str, *, is_exact: bool) -> Missed | None:
        key = (topic, after)
        asked = self._asked.get(key)
        if asked is not None:
            return await asyncio.shield(asked)
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        found: Missed | None = None
        try:
            found = await self._replay(topic, after, is_exact=is_exact)
        finally:
            del self._asked[key]
            asked.set_result(found)
        return found

    async def _replay(self, topic: str, after: str, *, is_exact: bool) -> Missed | None:
        try:
            async with asyncio.timeout(_LIMIT_S), self._room:
                replay = await self._topics.replay(topic, after, self._length + 1)
                if not replay.is_complete and replay.news and not is_exact:  # all that was ever said may have been said since
                    replay = await self._topics.replay(topic, BEGINNING, self._length + 1)
        except (MeshError, TimeoutError):
            return None
        if not replay.is_complete and (is_exact or replay.news):
            return None
        if is_exact and not replay.is_known:  # heard from a Redis that was the master no more: what others said meanwhile lies before it
            return None
        return [(news, frames) for news in replay.news if (frames := news_frames(news)) is not None]
