"""Owns one topic: who listens, what was said last. A topic is a visibility class: decided when somebody comes in, not per piece of news."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from mesh.topics import News
from mesh.topics.entries import position
from services.broadcaster.frames import Frames
from services.broadcaster.listener import Listener


class Channel:
    """One topic that is followed. ``last`` is the id of its last news, or a moment before it was followed (``is_guess``)."""

    __slots__ = ("_memory", "deserted_at", "is_guess", "last", "listeners", "topic")

    def __init__(self, topic: str, baseline_ms: int, memory_length: int) -> None:
        self.topic = topic
        self.last = f"{baseline_ms}-0"
        self.is_guess = True
        self.listeners: dict[Listener, None] = {}
        self.deserted_at = 0.0
        self._memory: deque[tuple[News, Frames]] = deque(maxlen=memory_length)

    def is_known(self, news: News) -> bool:
        """Whether it was heard already: replays and live news overlap."""
        return not self.is_guess and position(news.id) <= position(self.last)

    def remember(self, news: News, frames: Frames) -> str:
        """Takes news into the memory; returns the id that came before."""
        before, self.last, self.is_guess = self.last, news.id, False
        self._memory.append((news, frames))
        return before

    def forget(self) -> None:
        """There is a hole after ``last``: what was said before it says nothing of what came after, and only the store can tell."""
        self._memory.clear()

    def after(self, news_id: str) -> Sequence[tuple[News, Frames]] | None:
        """What was said after an id; None when the memory does not reach back so far."""
        wanted = position(news_id)
        if not self._memory or wanted < position(self._memory[0][0].id):
            return None
        newer: list[tuple[News, Frames]] = []
        for news, frames in reversed(self._memory):
            if position(news.id) <= wanted:
                break
            newer.append((news, frames))
        return newer[::-1]
