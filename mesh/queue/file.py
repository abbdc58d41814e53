"""Owns the embedded queues: durable, for one process, on one `Journal`. Keeps the promises of `mesh.queue.contract`.

An acknowledgement, a retry and a rejection return when they are on disk. What a killed process held is delivered again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import islice
from pathlib import Path

import orjson

from mesh.clock import Clock, micros
from mesh.errors import MeshError, Unavailable
from mesh.queue import backoff, statements
from mesh.queue.contract import Consumer, DeadLetter, Declaration, Depth, Message
from mesh.queue.journal import Journal, Row
from mesh.queue.line import Item, Line
from mesh.queue.tap import Tap

_KEPT_BYTES = 64 << 20


class FileQueue:
    """Every declared queue of an installation that is one process; keeps the promise of `mesh.queue.contract.Queue`.

    Bodies stay in memory as well up to 64 MiB; the rest is read from the journal when it is taken.
    """

    def __init__(self, journal: Journal, declarations: Iterable[Declaration], clock: Clock) -> None:
        self.clock = clock
        self._journal = journal
        self._lines = {declaration.name: Line(declaration) for declaration in declarations}
        self._next_seq = 1
        self._kept_bytes = 0
        self.is_closed = False

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, declarations: Iterable[Declaration], clock: Clock) -> AsyncIterator[FileQueue]:
        """Opens the journal at ``path`` (``….sqlite``), or ``queue.sqlite`` in the folder ``path``.

        Raises: as `Journal.open`.
        """
        journal = await Journal.open(path if path.suffix == ".sqlite" else path / "queue.sqlite")
        queue = cls(journal, declarations, clock)
        try:
            await queue._load()
            yield queue
        finally:
            await queue.close()

    async def publish(self, queue: str, message: Message) -> None:
        line = self._line(queue)
        backoff.check_size(len(message.body))
        if line.is_full:
            raise Unavailable(
                f"the queue {queue} is full ({line.declaration.max_length} messages): come back later",
                code="queue-full", retry_after_s=5,
            )  # fmt: skip
        item = Item(self._take_seq(), message.id, dict(message.headers), message.correlation, message.body, self._expiry(line))
        headers = orjson.dumps(item.headers).decode()
        row = (item.seq, queue, item.id, message.body, headers, item.correlation, micros(self.clock.now()))
        line.unconfirmed += 1

        def settle(error: MeshError | None) -> None:
            line.unconfirmed -= 1
            if error is None:
                self._keep(item)
                line.add(item)

        await self._commit(statements.INSERT, [row], settle)

    def consumer(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        return self._open_tap(self._line(queue))

    async def depth(self, queue: str) -> Depth:
        line = self._line(queue)
        self.bury_expired(line)
        return line.depth()

    async def dead_letters(self, queue: str, most: int = 100) -> Sequence[DeadLetter]:
        self.bury_expired(self._line(queue))
        await self._commit(statements.GIVE_BACK, [])  # whatever was buried before is on disk after this
        rows = await self._journal.read(statements.DEAD, (queue, most))
        return [
            DeadLetter(Message(message_id, body, orjson.loads(headers), correlation), error, attempts)
            for message_id, body, headers, correlation, error, attempts in rows
        ]

    async def replay(self, queue: str, ids: Sequence[str]) -> int:
        line = self._line(queue)
        chosen = list(islice(_chosen(line, ids), line.room))
        for item in chosen:
            del line.dead[item.seq]
        line.unconfirmed += len(chosen)
        moved = [(item, self._take_seq()) for item in chosen]

        def settle(error: MeshError | None) -> None:
            line.unconfirmed -= len(chosen)
            for item, seq in moved:
                if error is None:
                    item.seq, item.tries, item.give_backs, item.expires_at = seq, 0, 0, self._expiry(line)
                    line.add(item)
                else:
                    line.dead[item.seq] = item

        now_us = micros(self.clock.now())
        await self._commit(statements.REPLAY, [(seq, now_us, item.seq) for item, seq in moved], settle)
        return len(chosen)

    async def purge(self, queue: str, ids: Sequence[str]) -> int:
        line = self._line(queue)
        chosen = list(_chosen(line, ids))

        def settle(error: MeshError | None) -> None:
            if error is None:
                for item in chosen:
                    line.dead.pop(item.seq, None)

        await self._commit(statements.DELETE, [(item.seq,) for item in chosen], settle)
        return len(chosen)

    async def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        for line in self._lines.values():
            line.changed.set()
        await self._journal.close()

    # ── what a tap asks of its queue ──────────────────────────────────────────────────────────────────────────────

    def hold(self, items: Sequence[Item]) -> None:
        """Notes that they are in somebody's hands, so that a crash counts as a give-back. Does not wait for the disk."""
        self._journal.write(statements.HOLD, [(item.seq,) for item in items], _ignored)

    def give_back(self, line: Line, items: Sequence[Item]) -> None:
        """Puts them back in line, uncounted. Does not wait for the disk."""
        for item in items:
            line.give_back(item)
        self._journal.write(statements.GIVE_BACK, [(item.seq,) for item in items], _ignored)

    async def bodies(self, items: Sequence[Item]) -> list[bytes]:
        """Their bodies, read from the journal where memory does not hold them. Raises: `Unavailable` (``queue-unavailable``)."""
        absent = [item.seq for item in items if item.body is None]
        found: dict[int, bytes] = {}
        if absent:
            found = dict(await self._journal.read(statements.bodies(len(absent)), absent))
        return [item.body if item.body is not None else found[item.seq] for item in items]

    async def finish(self, line: Line, items: Sequence[Item]) -> None:
        """They are done: off the disk."""

        def settle(error: MeshError | None) -> None:
            for item in items:
                self._settled(line, item, error)
                if error is None:
                    self._unkeep(item)

        await self._commit(statements.DELETE, [(item.seq,) for item in items], settle)

    async def wait(self, line: Line, item: Item, error_text: str) -> None:
        """It comes back after its back-off, or is dead when it was tried often enough."""
        if item.tries + 1 >= line.declaration.max_tries:
            await self.bury(line, item, error_text)
            return
        delay_s = backoff.wait_s(line.declaration, item.tries + 1)

        def settle(error: MeshError | None) -> None:
            self._settled(line, item, error)
            if error is None:
                item.tries += 1
                line.wait(item, self.clock.monotonic() + delay_s)

        due_us = micros(self.clock.now()) + round(delay_s * 1e6)
        await self._commit(statements.WAIT, [(item.tries + 1, due_us, error_text[:1000], item.seq)], settle)

    async def bury(self, line: Line, item: Item, error_text: str) -> None:
        """It goes to the dead letters."""

        def settle(error: MeshError | None) -> None:
            self._settled(line, item, error)
            if error is None:
                self._dead(line, item)

        await self._commit(statements.BURY, [self._burial(item, item.attempt, error_text)], settle)

    def bury_expired(self, line: Line) -> None:
        """Sends to the dead letters what has lain longer than the queue's time to live. Does not wait for the disk."""
        gone = line.expired(self.clock.monotonic())
        if gone:
            text = f"expired: lay for more than {line.declaration.ttl_s} s"
            self._journal.write(statements.BURY, [self._burial(item, item.attempt - 1, text) for item in gone], _ignored)
            for item in gone:
                self._dead(line, item)

    # ── within ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _commit(self, sql: str, rows: Sequence[Row], settle: Callable[[MeshError | None], None] | None = None) -> None:
        """Waits until it is on disk. ``settle`` runs even when the one who waits is cancelled."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(error: MeshError | None) -> None:
            if settle is not None:
                settle(error)
            if committed.done():
                return
            if error is None:
                committed.set_result(None)
            else:
                committed.set_exception(error)

        self._journal.write(sql, rows, done)
        await committed

    async def _load(self) -> None:
        """Brings the lines back from the journal; what the last process held counts as given back."""
        now_us, now = micros(self.clock.now()), self.clock.monotonic()
        await self._commit(statements.COUNT_GIVE_BACKS, [()])
        text = f"given back {backoff.GIVE_BACK_LIMIT} times by processes that died while they held it"
        await self._commit(statements.BURY_DEADLY, [(now_us, text, backoff.GIVE_BACK_LIMIT)])
        rows = await self._journal.read(statements.LOAD)
        for seq, queue, message_id, headers, correlation, published_us, due_us, tries, give_backs, is_dead in rows:
            self._next_seq = max(self._next_seq, seq + 1)
            line = self._lines.get(queue)
            if line is None:
                continue  # declared no more: it stays on disk until it is declared again
            item = Item(seq, message_id, orjson.loads(headers), correlation, None, None, tries, give_backs)
            if line.declaration.ttl_s is not None:  # the wall clock may have jumped: never longer than declared
                item.expires_at = now + min(line.declaration.ttl_s - (now_us - published_us) / 1e6, line.declaration.ttl_s)
            if is_dead:
                self._dead(line, item)
            elif due_us > now_us:
                longest_s = max(line.declaration.backoff_s, default=1) * max(backoff.JITTER)
                line.wait(item, now + min((due_us - now_us) / 1e6, longest_s))
            else:
                line.add(item)

    @asynccontextmanager
    async def _open_tap(self, line: Line) -> AsyncIterator[Consumer]:
        tap = Tap(self, line)
        line.taps.append(tap)
        try:
            yield tap
        finally:
            line.taps.remove(tap)
            tap.leave()

    def _settled(self, line: Line, item: Item, error: MeshError | None) -> None:
        if error is None:
            line.release(item)
        else:
            line.give_back(item)

    def _dead(self, line: Line, item: Item) -> None:
        self._unkeep(item)
        line.dead[item.seq] = item
        while len(line.dead) > backoff.MOST_DEAD_LETTERS:
            oldest = next(iter(line.dead))
            del line.dead[oldest]
            self._journal.write(statements.DELETE, [(oldest,)], _ignored)

    def _burial(self, item: Item, attempts: int, error_text: str) -> Row:
        return (attempts, micros(self.clock.now()), error_text[:1000], item.seq)

    def _keep(self, item: Item) -> None:
        size_bytes = len(item.body or b"")
        if self._kept_bytes + size_bytes > _KEPT_BYTES:
            item.body = None
        else:
            self._kept_bytes += size_bytes

    def _unkeep(self, item: Item) -> None:
        if item.body is not None:
            self._kept_bytes -= len(item.body)
            item.body = None

    def _expiry(self, line: Line) -> float | None:
        return None if line.declaration.ttl_s is None else self.clock.monotonic() + line.declaration.ttl_s

    def _take_seq(self) -> int:
        self._next_seq += 1
        return self._next_seq - 1

    def _line(self, queue: str) -> Line:
        line = self._lines.get(queue)
        if line is None:
            raise backoff.unknown_queue(queue)
        return line


def _chosen(line: Line, ids: Sequence[str]) -> Iterable[Item]:
    wanted = frozenset(ids)
    return [item for item in line.dead.values() if not wanted or item.id in wanted]


def _ignored(_: MeshError | None) -> None:
    """For notes that only make a crash more exact."""
