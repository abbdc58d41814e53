"""Owns the messages of every embedded queue, in memory and on disk at once. Knows nothing of publishers and consumers.

What is done to a message is done in memory when it is on disk, and given back to its line when the disk refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import orjson

from mesh.clock import Clock, micros
from mesh.errors import MeshError
from mesh.journal import Journal, Row
from mesh.queue import backoff, statements
from mesh.queue.contract import Declaration
from mesh.queue.line import Item, Line

_KEPT_BYTES = 64 << 20


class Store:
    """Lines and their journal. Bodies stay in memory as well up to 64 MiB; the rest is read from the disk when it is taken."""

    def __init__(self, journal: Journal, declarations: Iterable[Declaration], clock: Clock) -> None:
        self.clock = clock
        self.lines = {declaration.name: Line(declaration) for declaration in declarations}
        self.is_closed = False
        self.strays = 0
        self._journal = journal
        self._next_seq = 1
        self._kept_bytes = 0

    async def load(self) -> None:
        """Brings the lines back from the journal; what the last process held counts as given back."""
        now_us, now = micros(self.clock.now()), self.clock.monotonic()
        await self.commit(statements.COUNT_GIVE_BACKS, [()])
        text = f"given back {backoff.GIVE_BACK_LIMIT} times by processes that died while they held it"
        await self.commit(statements.BURY_DEADLY, [(now_us, text, backoff.GIVE_BACK_LIMIT)])
        rows = await self._journal.read(statements.LOAD)
        for seq, queue, message_id, headers, correlation, published_us, due_us, tries, give_backs, is_dead in rows:
            self._next_seq = max(self._next_seq, seq + 1)
            line = self.lines.get(queue)
            if line is None:
                self.strays += 1
                continue  # declared no more: it stays on disk until it is declared again
            item = Item(seq, message_id, orjson.loads(headers), correlation, None, None, now - (now_us - published_us) / 1e6, tries, give_backs)
            if line.declaration.ttl_s is not None:  # the wall clock may have jumped: never longer than declared
                item.expires_at = now + min(line.declaration.ttl_s - (now_us - published_us) / 1e6, line.declaration.ttl_s)
            if is_dead:
                self._lay_down(line, item)
            elif due_us > now_us:
                longest_s = max(line.declaration.backoff_s, default=1) * max(backoff.JITTER)
                line.wait(item, now + min((due_us - now_us) / 1e6, longest_s))
            else:
                line.add(item)

    async def close(self) -> None:
        """Lets go of the file; who waits for a message hears it."""
        self.is_closed = True
        for line in self.lines.values():
            line.changed.set()
        await self._journal.close()

    async def add(self, line: Line, item: Item) -> None:
        """Puts a new message in its line when it is on disk."""
        headers = orjson.dumps(item.headers).decode()
        row = (item.seq, line.declaration.name, item.id, item.body, headers, item.correlation, micros(self.clock.now()))
        line.unconfirmed += 1

        def settle(error: MeshError | None) -> None:
            line.unconfirmed -= 1
            if error is None:
                self._keep(item)
                line.add(item)

        await self.commit(statements.INSERT, [row], settle)

    async def dead(self, line: Line, most: int) -> list[Row]:
        """The oldest dead letters as `statements.DEAD` reads them."""
        self.bury_expired(line)
        await self.commit(statements.GIVE_BACK, [])  # whatever was buried before is on disk after this
        return await self._journal.read(statements.DEAD, (line.declaration.name, most))

    async def revive(self, line: Line, items: Sequence[Item]) -> None:
        """Puts dead ones at the end of their line, their tries forgotten."""
        for item in items:
            del line.dead[item.seq]
        line.unconfirmed += len(items)
        moved = [(item, self.take_seq()) for item in items]

        def settle(error: MeshError | None) -> None:
            line.unconfirmed -= len(items)
            for item, seq in moved:
                if error is None:
                    item.seq, item.tries, item.give_backs, item.expires_at = seq, 0, 0, self.expiry(line)
                    item.published_at = self.clock.monotonic()
                    line.add(item)
                else:
                    line.dead[item.seq] = item

        now_us = micros(self.clock.now())
        await self.commit(statements.REPLAY, [(seq, now_us, item.seq) for item, seq in moved], settle)

    async def erase(self, line: Line, items: Sequence[Item]) -> None:
        """Forgets dead ones."""

        def settle(error: MeshError | None) -> None:
            if error is None:
                for item in items:
                    line.dead.pop(item.seq, None)

        await self.commit(statements.DELETE, [(item.seq,) for item in items], settle)

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

        await self.commit(statements.DELETE, [(item.seq,) for item in items], settle)

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
        await self.commit(statements.WAIT, [(item.tries + 1, due_us, error_text[:1000], item.seq)], settle)

    async def bury(self, line: Line, item: Item, error_text: str) -> None:
        """It goes to the dead letters."""

        def settle(error: MeshError | None) -> None:
            self._settled(line, item, error)
            if error is None:
                self._lay_down(line, item)

        await self.commit(statements.BURY, [self._burial(item, item.attempt, error_text)], settle)

    def bury_expired(self, line: Line) -> None:
        """Sends to the dead letters what has lain longer than the queue's time to live. Does not wait for the disk."""
        gone = line.expired(self.clock.monotonic())
        if gone:
            text = f"expired: lay for more than {line.declaration.ttl_s} s"
            self._journal.write(statements.BURY, [self._burial(item, item.attempt - 1, text) for item in gone], _ignored)
            for item in gone:
                self._lay_down(line, item)

    def expiry(self, line: Line) -> float | None:
        """When a message that comes now has lain long enough; None: never."""
        return None if line.declaration.ttl_s is None else self.clock.monotonic() + line.declaration.ttl_s

    def take_seq(self) -> int:
        """The next place."""
        self._next_seq += 1
        return self._next_seq - 1

    async def commit(self, sql: str, rows: Sequence[Row], settle: Callable[[MeshError | None], None] | None = None) -> None:
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

    def _settled(self, line: Line, item: Item, error: MeshError | None) -> None:
        if error is None:
            line.release(item)
        else:
            line.give_back(item)

    def _lay_down(self, line: Line, item: Item) -> None:
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


def _ignored(_: MeshError | None) -> None:
    """For notes that only make a crash more exact."""
