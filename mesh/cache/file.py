"""Owns state that outlives the process: a cache in memory with a file behind it. Never makes a caller wait for the disk.

Sessions survive a restart, also kill -9, but for what was stored in the last few milliseconds. Computed values and rate limits
are not written: they are made anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import orjson

from mesh.cache.faults import FORMAT
from mesh.cache.memory import Entry, MemoryCache
from mesh.clock import Clock, micros
from mesh.errors import MeshError, Unavailable
from mesh.journal import Journal
from mesh.log import Log

_KEEP: Final = "INSERT OR REPLACE INTO entries (key, value, members, ends_us, life_us) VALUES (?, ?, ?, ?, ?)"
_DROP: Final = "DELETE FROM entries WHERE key = ?"
_LOAD: Final = "SELECT key, value, members, ends_us, life_us FROM entries ORDER BY ends_us"
_SWEEP: Final = "DELETE FROM entries WHERE ends_us <= ?"


class FileCache(MemoryCache):
    """`MemoryCache` that refuses when full, and remembers; keeps the promise of `mesh.cache.contract.Cache`.

    Changes wait in memory, the last of each key, while the disk works on those before.
    """

    def __init__(self, journal: Journal, clock: Clock, log: Log, *, max_bytes: int) -> None:
        super().__init__(clock, max_bytes=max_bytes, evicts=False)
        self._journal = journal
        self._log = log
        self._changed: dict[str, Entry | None] = {}
        self._is_writing = False

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, clock: Clock, log: Log, *, max_bytes: int = 64 << 20) -> AsyncIterator[FileCache]:
        """Opens the file at ``path`` (``….sqlite``), or ``state.sqlite`` in the folder ``path``.

        Raises: `Conflict` (``state-in-use``), `Broken` (``state-file-corrupt``, ``state-file-too-new``), `Unavailable`
        (``cache-unavailable``, ``state-disk-full``).
        """
        journal = await Journal.open(path if path.suffix == ".sqlite" else path / "state.sqlite", FORMAT)
        cache = cls(journal, clock, log, max_bytes=max_bytes)
        try:
            await cache._load()
            yield cache
        finally:
            await cache.close()

    def put(self, key: str, entry: Entry) -> None:
        super().put(key, entry)
        if not entry.is_computed:
            self._note(key, entry)

    def drop(self, key: str) -> None:
        entry = self.entries.get(key)
        super().drop(key)
        if entry is not None and not entry.is_computed:
            self._note(key, None)

    async def close(self) -> None:
        if not self.is_closed:
            self._is_writing = False
            self._write()  # what is still waiting; the journal finishes it before it closes
        await super().close()
        await self._journal.close()

    def _note(self, key: str, entry: Entry | None) -> None:
        self._changed[key] = entry
        if not self._is_writing:
            self._write()

    def _write(self) -> None:
        """Hands in all that changed since the last time."""
        if not self._changed:
            return
        changed, self._changed = self._changed, {}
        self._is_writing = True
        now, now_us = self.clock.monotonic(), micros(self.clock.now())
        kept = []
        for key, entry in changed.items():
            if entry is not None:
                life_us = round((entry.ends_at - now) * 1e6)
                members = None if entry.members is None else orjson.dumps(list(entry.members)).decode()
                kept.append((key, entry.value, members, now_us + life_us, life_us))
        self._journal.write(_KEEP, kept, _ignored)
        self._journal.write(_DROP, [(key,) for key, entry in changed.items() if entry is None], self._written)

    def _written(self, error: MeshError | None) -> None:
        self._is_writing = False
        if error is not None:
            self._log.warning("state-not-written", code=error.code, reason=error.message)
        if not self.is_closed:
            self._write()

    async def _load(self) -> None:
        """Brings back what still lives; never for longer than it had, whatever the wall clock did."""
        now, now_us = self.clock.monotonic(), micros(self.clock.now())
        for key, value, members, ends_us, life_us in await self._journal.read(_LOAD):
            left_us = min(ends_us - now_us, life_us)
            if left_us > 0:
                names = None if members is None else dict.fromkeys(orjson.loads(members))
                try:
                    super().put(key, Entry(now + left_us / 1e6, value, names))
                except Unavailable as full:  # it was larger once
                    self._log.warning("state-not-loaded", key=key.partition(":")[0], reason=full.message)
        self._journal.write(_SWEEP, [(now_us,)], _ignored)


def _ignored(_: MeshError | None) -> None:
    """The write after it, in the same commit, tells."""
