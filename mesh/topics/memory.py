"""Owns topics inside one process: for the embedded default and for tests. Never blocks and never keeps more than its bounds."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import islice

from mesh.clock import Clock, micros
from mesh.errors import Unavailable
from mesh.topics.contract import Gap, News, Replay, Subscription
from mesh.topics.entries import BEGINNING, following, is_complete, position
from mesh.topics.inbox import Inbox


class MemoryTopics:
    """Topics of one process and one event loop; keeps the promise of `mesh.topics.contract.Topics`.

    ``memory_length`` news of each topic can be replayed, of the ``most_topics`` that were spoken on last. A listener
    holds ``buffer_length`` unread news; then it is told a `Gap` in place of all that waited.
    """

    def __init__(
        self, clock: Clock, *, memory_length: int = 10_000, most_topics: int = 10_000, buffer_length: int = 1000
    ) -> None:
        self._clock = clock
        self._memory_length = memory_length
        self._most_topics = most_topics
        self._buffer_length = buffer_length
        self._memories: OrderedDict[str, _Memory] = OrderedDict()
        self._floor = BEGINNING
        self._listeners: dict[str, dict[_MemorySubscription, None]] = {}
        self._is_closed = False

    async def publish(self, items: Sequence[tuple[str, bytes]]) -> None:
        self._check_open()
        milliseconds = micros(self._clock.now()) // 1000
        for topic, body in items:
            memory = self._memory(topic)
            news = News(topic, following(milliseconds, memory.last), body)
            memory.append(news)
            for listener in self._listeners.get(topic, ()):
                listener.inbox.put(news)

    def subscribe(self) -> AbstractAsyncContextManager[Subscription]:
        return self._subscription()

    async def replay(self, topic: str, after: str, most: int = 1000) -> Replay:
        self._check_open()
        position(after)
        memory = self._memories.get(topic)
        if memory is None:
            return Replay((), is_complete=is_complete(after, None, self._floor), is_known=after == self._floor)
        first_before, news = memory.after(after, most)
        is_known = after == (memory.last if first_before is None else first_before)
        return Replay(news, is_complete=is_complete(after, first_before, memory.last), is_known=is_known)

    async def refusals(self) -> str:
        return ""

    async def close(self) -> None:
        self._is_closed = True
        for listener in {listener for group in self._listeners.values() for listener in group}:
            listener.inbox.end()
        self._listeners.clear()
        self._memories.clear()

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[Subscription]:
        self._check_open()
        subscription = _MemorySubscription(self._listeners, self._buffer_length)
        try:
            yield subscription
        finally:
            await subscription.unfollow(*subscription.topics)

    def _memory(self, topic: str) -> _Memory:
        memory = self._memories.get(topic)
        if memory is None:
            memory = self._memories[topic] = _Memory(self._memory_length, self._floor)
            while len(self._memories) > self._most_topics:
                _, forgotten = self._memories.popitem(last=False)
                self._floor = max(self._floor, forgotten.last, key=position)
        self._memories.move_to_end(topic)
        return memory

    def _check_open(self) -> None:
        if self._is_closed:
            raise Unavailable("the topics of this process are closed: it is stopping", code="topics-unavailable")


class _Memory:
    """The last news of one topic, each with the id that came before it."""

    def __init__(self, length: int, floor: str) -> None:
        self._entries: deque[tuple[str, News]] = deque(maxlen=length)
        self.last = floor

    def append(self, news: News) -> None:
        self._entries.append((self.last, news))
        self.last = news.id

    def after(self, entry_id: str, most: int) -> tuple[str | None, tuple[News, ...]]:
        """The id before the first that is newer than ``entry_id``, and the news from there on."""
        wanted = position(entry_id)
        newer = 0
        for _, news in reversed(self._entries):
            if position(news.id) <= wanted:
                break
            newer += 1
        start = len(self._entries) - newer
        chosen = tuple(islice(self._entries, start, start + most))
        return (chosen[0][0] if chosen else None), tuple(news for _, news in chosen)


class _MemorySubscription:
    """One listener among the others of its topics."""

    def __init__(self, listeners: dict[str, dict[_MemorySubscription, None]], length: int) -> None:
        self._listeners = listeners
        self.topics: dict[str, None] = {}
        self.inbox = Inbox(length)

    async def follow(self, *topics: str) -> None:
        for topic in topics:
            self.topics[topic] = None
            self._listeners.setdefault(topic, {})[self] = None

    async def unfollow(self, *topics: str) -> None:
        for topic in topics:
            self.topics.pop(topic, None)
            group = self._listeners.get(topic)
            if group is not None:
                group.pop(self, None)
                if not group:
                    del self._listeners[topic]

    async def next(self) -> News | Gap:
        return await self.inbox.next(self.topics)

    def renew(self, why: str) -> None:  # noqa: ARG002  there is no line that could be named in a log
        self.inbox.put(Gap())

    @property
    def is_heard(self) -> bool:
        return True
