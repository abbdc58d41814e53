"""Owns topics on Redis: pub/sub for the live news, a capped Stream per topic for its memory, both written by one script.

Pub/sub loses what is sent while a connection is down and says nothing, and redis-py's own subscriber comes back in silence.
So the reader here owns its connection, and each piece of news names the one before it: a break and a hole are both told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final

from redis.exceptions import RedisError

from mesh.log import Log
from mesh.redis import Line, MeshConnection, Script, Server
from mesh.tasks import alongside
from mesh.topics.contract import Gap, News, Replay, Subscription
from mesh.topics.entries import BEGINNING, is_complete, position
from mesh.topics.inbox import Inbox

_UNAVAILABLE: Final = "topics-unavailable"
_LIMIT_S: Final = 2.0
_SILENCE_S: Final = 3.0
"""After so long without a word the server is asked whether it is there; after twice that it is not."""
_SHORTEST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 2.0
_LARGEST_BATCH: Final = 500

_TELL: Final = Script("""
local length, life_s, channel = ARGV[1], ARGV[2], ARGV[3]
for at, key in ipairs(KEYS) do
  local topic, body = ARGV[2 + 2 * at], ARGV[3 + 2 * at]
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
  local before = last[1] and last[1][1] or '0-0'
  local id = redis.call('XADD', key, 'MAXLEN', '~', length, '*', 'before', before, 'body', body)
  redis.call('EXPIRE', key, life_s)
  redis.call('PUBLISH', channel .. topic, id .. ' ' .. before .. ' ' .. body)
end
""")


class RedisTopics:
    """Topics that every process hears; keeps the promise of `mesh.topics.contract.Topics`.

    A topic's memory is forgotten ``life_s`` after its last news.
    """

    def __init__(
        self, server: Server, log: Log, *, memory_length: int = 10_000, life_s: int = 86_400, buffer_length: int = 1000
    ) -> None:
        self._server = server
        self._log = log
        self._line = Line(server, _UNAVAILABLE, _LIMIT_S, log, is_patient=True)
        self._memory_length = memory_length
        self._life_s = life_s
        self._buffer_length = buffer_length
        self._channel = f"news:{server.database}:"

    async def publish(self, items: Sequence[tuple[str, bytes]]) -> None:
        for start in range(0, len(items), _LARGEST_BATCH):
            batch = items[start : start + _LARGEST_BATCH]
            arguments: list[Any] = [self._memory_length, self._life_s, self._channel]
            for topic, body in batch:
                arguments += [topic, body]
            await self._line.run(_TELL, [_stream(topic) for topic, _ in batch], arguments, is_repeatable=False)

    def subscribe(self) -> AbstractAsyncContextManager[Subscription]:
        return self._subscription()

    async def replay(self, topic: str, after: str, most: int = 1000) -> Replay:
        position(after)
        entries, newest = await self._line.together(
            ("XRANGE", _stream(topic), f"({after}", "+", "COUNT", most), ("XREVRANGE", _stream(topic), "+", "-", "COUNT", 1)
        )
        news = tuple(News(topic, entry_id.decode(), fields[b"body"]) for entry_id, fields in entries)
        first_before = entries[0][1][b"before"].decode() if entries else None
        last = newest[0][0].decode() if newest else BEGINNING
        is_known = after == (last if first_before is None else first_before)
        return Replay(news, is_complete=is_complete(after, first_before, last), is_known=is_known)

    async def refusals(self) -> str:
        return str(self._line.refusals)

    async def close(self) -> None:
        await self._line.close()

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[Subscription]:
        subscription = _RedisSubscription(self._server, self._channel, self._buffer_length, self._log)
        async with alongside(subscription.run()):
            await subscription.first_try()
            yield subscription


class _RedisSubscription:
    """One listener with a connection of its own, made again when it breaks."""

    def __init__(self, server: Server, channel: str, length: int, log: Log) -> None:
        self._server = server
        self._channel = channel
        self._log = log
        self._inbox = Inbox(length)
        self._last: dict[str, str] = {}
        self._topics: dict[str, asyncio.Event] = {}
        self._connection: MeshConnection | None = None
        self._has_tried = asyncio.Event()
        self._is_asked = False
        self._doubt = ""

    async def follow(self, *topics: str) -> None:
        fresh = [topic for topic in topics if topic not in self._topics]
        for topic in fresh:
            self._topics[topic] = asyncio.Event()
        await self._say("SUBSCRIBE", fresh)
        with suppress(TimeoutError):  # the line is down: all is subscribed when it is back, and a gap is told
            async with asyncio.timeout(_LIMIT_S):
                for topic in topics:
                    await self._topics[topic].wait()

    async def unfollow(self, *topics: str) -> None:
        gone = [topic for topic in topics if self._topics.pop(topic, None) is not None]
        for topic in gone:
            self._last.pop(topic, None)
        await self._say("UNSUBSCRIBE", gone)

    async def next(self) -> News | Gap:
        return await self._inbox.next(self._topics)

    def renew(self, why: str) -> None:
        self._doubt = why

    @property
    def is_heard(self) -> bool:
        return self._connection is not None

    async def first_try(self) -> None:
        """Returns when the first connection stands, or could not be made."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT_S):
                await self._has_tried.wait()

    async def run(self) -> None:
        """Keeps hearing until cancelled."""
        pause_s = _SHORTEST_PAUSE_S
        is_told = False
        while True:
            connection = self._server.connection()
            try:
                async with asyncio.timeout(_LIMIT_S):
                    await self._begin(connection)
                pause_s = _SHORTEST_PAUSE_S
                if is_told:
                    self._log.info("topics-back")
                is_told = False
                await self._hear(connection)
            except (RedisError, OSError) as wrong:
                if not is_told:
                    self._log.warning("topics-lost", reason=f"{type(wrong).__name__}: {wrong}")
                is_told = True
            finally:
                self._connection = None
                self._has_tried.set()
                with suppress(RedisError, OSError):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _begin(self, connection: MeshConnection) -> None:
        """Connects and subscribes to all that is followed. What was followed before may have been missed."""
        await connection.connect()
        self._last.clear()
        self._is_asked, self._doubt = False, ""
        for confirmed in self._topics.values():
            confirmed.clear()
        self._connection = connection
        self._has_tried.set()
        if self._topics:
            await self._say("SUBSCRIBE", list(self._topics))
            for topic, confirmed in list(self._topics.items()):
                while not confirmed.is_set() and topic in self._topics:
                    self._receive(await connection.read_response(disconnect_on_error=False))
            self._inbox.put(Gap())

    async def _hear(self, connection: MeshConnection) -> None:
        while True:
            answer = await connection.read_response(timeout=_SILENCE_S, disconnect_on_error=False)
            if self._doubt:
                raise ConnectionError(self._doubt)
            if answer is not None:
                self._is_asked = False
                self._receive(answer)
            elif self._is_asked:
                raise ConnectionError("the server fell silent")
            elif await connection.is_left():
                raise ConnectionError("another server is the master now")
            else:
                self._is_asked = True
                await self._say("PING", [])

    def _receive(self, answer: Any) -> None:
        if not isinstance(answer, list) or len(answer) != 3:
            return  # a pong
        kind, channel, payload = answer
        topic = channel.decode().removeprefix(self._channel)
        if kind == b"subscribe" and topic in self._topics:
            self._topics[topic].set()
        elif kind == b"message" and topic in self._topics:
            entry_id, before, body = payload.split(b" ", 2)
            last = self._last.get(topic)
            if last is not None and before.decode() != last:
                self._inbox.put(Gap())
            self._last[topic] = entry_id.decode()
            self._inbox.put(News(topic, self._last[topic], body))

    async def _say(self, command: str, topics: Sequence[str]) -> None:
        """Sends without waiting for the answer: the reader hears it. Silent when the line is down: it will be said again."""
        connection = self._connection
        if connection is None or not connection.is_connected or (command != "PING" and not topics):
            return
        words = [f"{self._channel}{topic}" for topic in topics]
        with suppress(RedisError, OSError):
            async with asyncio.timeout(_LIMIT_S):
                await connection.send_packed_command(connection.pack_command(command, *words), check_health=False)


def _stream(topic: str) -> str:
    return f"news:{topic}"
