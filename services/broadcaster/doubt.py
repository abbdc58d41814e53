"""Owns the doubt whether what is said is heard: now and then a few topics are compared with the store. Never delivers, never asks for much."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from mesh.errors import MeshError
from mesh.topics import Topics
from mesh.topics.entries import position
from services.broadcaster.channel import Channel

EVERY_S: Final = 5.0
AT_ONCE: Final = 16
_LIMIT_S: Final = 3.0
_AFTER_FOLLOWING_MS: Final = 7_000
"""A topic of which nothing was heard yet is compared from its following on, and a little: clocks differ."""


class Doubt:
    """What lies in the store for a whole round and was not heard was not told to us, whatever the line says of itself.

    Pub/sub says nothing of a subscription that is not there, and where nothing is said after it no hole is seen.
    """

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._unheard: dict[str, str] = {}
        self._turn = 0

    async def look(self, channels: Sequence[Channel]) -> str:
        """Why the line is not to be trusted; empty when nothing speaks against it. Half of what is asked are the topics with most listeners."""
        heeded = [channel for channel in channels if channel.listeners]
        deaf = sorted(channel.topic for channel in heeded if _is_unheard(channel, self._unheard.get(channel.topic, "")))
        self._unheard = {}
        if deaf:
            return f"news of {len(deaf)} topics were not heard, {deaf[0]} among them"
        try:
            async with asyncio.timeout(_LIMIT_S):
                chosen = self._chosen(heeded)
                found = await asyncio.gather(*(self._topics.replay(channel.topic, _heard_until(channel), 1) for channel in chosen))
        except (MeshError, TimeoutError):
            return ""  # it is known already that the store is away
        self._unheard = {channel.topic: replay.news[0].id for channel, replay in zip(chosen, found, strict=True) if replay.news}
        return ""

    def _chosen(self, heeded: Sequence[Channel]) -> list[Channel]:
        """The ones with most listeners, and some of the others in turn."""
        ranked = sorted(heeded, key=lambda channel: -len(channel.listeners))
        first, rest = ranked[: AT_ONCE // 2], ranked[AT_ONCE // 2 :]
        self._turn = (self._turn + AT_ONCE // 2) % max(1, len(rest))
        return [*first, *(rest[self._turn :] + rest[: self._turn])[: AT_ONCE // 2]]


def _heard_until(channel: Channel) -> str:
    if not channel.is_guess:
        return channel.last
    return f"{position(channel.last)[0] + _AFTER_FOLLOWING_MS}-0"


def _is_unheard(channel: Channel, news_id: str) -> bool:
    return bool(news_id) and (channel.is_guess or position(channel.last) < position(news_id))
