"""Owns one browser's connection as the hub sees it: where to write, what it has missed, when its ticket ends. Never reads from it."""

from __future__ import annotations

import asyncio
from typing import Final

from mesh.topics import News
from services.broadcaster.frames import SSE_PING, WS_PING, Farewell, Frames, farewell_frames

MOST_HELD: Final = 500


class Listener:
    """One browser. While it catches up, live news are held for it; while it is slow, they are missed and noted by topic."""

    __slots__ = ("ends_at", "expiry", "held", "is_stream", "missed", "slow_since", "topics", "transport")

    def __init__(self, transport: asyncio.Transport, topics: tuple[str, ...], ends_at: float, *, is_stream: bool) -> None:
        self.transport = transport
        self.topics = topics
        self.ends_at = ends_at
        self.expiry: asyncio.TimerHandle | None = None
        self.is_stream = is_stream
        self.held: list[tuple[News, Frames]] | None = []
        self.missed: dict[str, str] = {}
        self.slow_since = 0.0

    @property
    def is_gone(self) -> bool:
        """Whether its connection is closing or closed."""
        return self.transport.is_closing()

    def unsent_bytes(self) -> int:
        """What it has not taken yet; nothing where its connection is closing: TLS's side of it, which counts, may be gone by then."""
        return 0 if self.transport.is_closing() else self.transport.get_write_buffer_size()

    def write(self, frames: Frames) -> None:
        """Sends, whatever lies there already."""
        self.transport.write(frames.sse if self.is_stream else frames.ws)

    def hold(self, news: News, frames: Frames, before: str) -> None:
        """Keeps live news until the listener has caught up; past the bound they count as missed from ``before`` on."""
        if self.held is None or len(self.held) >= MOST_HELD:
            self.miss(news.topic, before)
        elif news.topic not in self.missed:
            self.held.append((news, frames))

    def miss(self, topic: str, before: str) -> None:
        """Notes that news of a topic were left out, the first of them right after the id ``before``."""
        self.missed.setdefault(topic, before)

    def ping(self) -> None:
        """Asks whether it is still there; what is lying unsent asks as well."""
        if not self.is_gone and not self.unsent_bytes():
            self.transport.write(SSE_PING if self.is_stream else WS_PING)

    def end(self, farewell: Farewell) -> None:
        """Says why, and closes; a slow one is not waited for."""
        if self.is_gone:
            return
        if farewell is Farewell.TOO_SLOW:
            self.transport.abort()
            return
        self.write(farewell_frames(farewell))
        self.transport.close()
