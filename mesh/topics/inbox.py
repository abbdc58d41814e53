"""Owns what a listener has not read yet: bounded; when it overflows, a `Gap` takes the place of all of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Container

from mesh.errors import Unavailable
from mesh.topics.contract import Gap, News


class Inbox:
    """News in order, at most ``length`` of them."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._items: deque[News | Gap] = deque()
        self._is_there = asyncio.Event()
        self._is_ended = False

    def put(self, item: News | Gap) -> None:
        """Adds it; gaps in a row are one."""
        if len(self._items) >= self._length:
            self._items.clear()
            self._items.append(Gap())
        if not (isinstance(item, Gap) and self._items and isinstance(self._items[-1], Gap)):
            self._items.append(item)
        self._is_there.set()

    def end(self) -> None:
        """Nothing will come any more."""
        self._is_ended = True
        self._is_there.set()

    async def next(self, topics: Container[str]) -> News | Gap:
        """The next that is on one of these topics. Raises: `Unavailable` (``topics-unavailable``) after the end."""
        while True:
            while self._items:
                item = self._items.popleft()
                if isinstance(item, Gap) or item.topic in topics:
                    return item
            if self._is_ended:
                raise Unavailable("the topics are closed: this process is stopping", code="topics-unavailable")
            self._is_there.clear()
            await self._is_there.wait()
