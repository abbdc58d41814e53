"""Owns the embedded queues: durable, for one process, on one file. Keeps the promises of `mesh.queue.contract`.

An acknowledgement, a retry and a rejection return when they are on disk. What a killed process held is delivered again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import islice
from pathlib import Path

import orjson

from mesh.clock import Clock
from mesh.errors import Unavailable
from mesh.journal import Journal
from mesh.queue import backoff
from mesh.queue.contract import Consumer, DeadLetter, Declaration, Depth, Message
from mesh.queue.faults import FORMAT
from mesh.queue.line import Item, Line
from mesh.queue.store import Store
from mesh.queue.tap import Tap


class FileQueue:
    """Every declared queue of an installation that is one process; keeps the promise of `mesh.queue.contract.Queue`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, declarations: Iterable[Declaration], clock: Clock) -> AsyncIterator[FileQueue]:
        """Opens the journal at ``path`` (``….sqlite``), or ``queue.sqlite`` in the folder ``path``.

        Raises: `Conflict` (``queue-in-use``), `Broken` (``queue-journal-corrupt``, ``queue-journal-too-new``), `Unavailable`
        (``queue-unavailable``, ``queue-disk-full``).
        """
        journal = await Journal.open(path if path.suffix == ".sqlite" else path / "queue.sqlite", FORMAT)
        store = Store(journal, declarations, clock)
        try:
            await store.load()
            yield cls(store)
        finally:
            await store.close()

    async def publish(self, queue: str, message: Message) -> None:
        line = self._line(queue)
        backoff.check_size(len(message.body))
        if line.is_full:
            raise Unavailable(
                f"the queue {queue} is full ({line.declaration.max_length} messages): come back later",
                code="queue-full", retry_after_s=5,
            )  # fmt: skip
        item = Item(
            self._store.take_seq(), message.id, dict(message.headers), message.correlation, message.body, self._store.expiry(line),
            self._store.clock.monotonic(),
        )
        await self._store.add(line, item)

    def consumer(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        return self._open_tap(self._line(queue))

    async def health(self) -> str:
        return "closed" if self._store.is_closed else ""

    async def refusal(self) -> str:
        return ""

    @property
    def connections(self) -> int:
        return 0

    @property
    def sees_all(self) -> bool:
        return True

    async def depth(self, queue: str) -> Depth:
        line = self._line(queue)
        self._store.bury_expired(line)
        return line.depth()

    async def strays(self) -> int:
        return self._store.strays

    async def dead_letters(self, queue: str, most: int = 100) -> Sequence[DeadLetter]:
        return [
            DeadLetter(Message(message_id, body, orjson.loads(headers), correlation), error, attempts)
            for message_id, body, headers, correlation, error, attempts in await self._store.dead(self._line(queue), most)
        ]

    async def replay(self, queue: str, ids: Sequence[str]) -> int:
        line = self._line(queue)
        chosen = list(islice(_chosen(line, ids), line.room))
        await self._store.revive(line, chosen)
        return len(chosen)

    async def purge(self, queue: str, ids: Sequence[str]) -> int:
        line = self._line(queue)
        chosen = _chosen(line, ids)
        await self._store.erase(line, chosen)
        return len(chosen)

    async def close(self) -> None:
        await self._store.close()

    @asynccontextmanager
    async def _open_tap(self, line: Line) -> AsyncIterator[Consumer]:
        tap = Tap(self._store, line)
        line.taps.append(tap)
        try:
            yield tap
        finally:
            line.taps.remove(tap)
            tap.leave()

    def _line(self, queue: str) -> Line:
        line = self._store.lines.get(queue)
        if line is None:
            raise backoff.unknown_queue(queue)
        return line


def _chosen(line: Line, ids: Sequence[str]) -> list[Item]:
    wanted = frozenset(ids)
    return [item for item in line.dead.values() if not wanted or item.id in wanted]
