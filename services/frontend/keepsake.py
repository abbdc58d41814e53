"""Owns this machine's copy of the sessions that it opened: on disk, by the token's hash, for when the state store forgets them.

With the embedded default the state store is memory: without a copy every restart would sign a whole contest out. A session
comes back only when the store has lost its memory since (its *era* is another); what is missing in the same era was ended.
Losing the copy signs people out and does nothing else. Never keeps a token or a password.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from mesh.clock import micros
from mesh.log import Log

T = TypeVar("T")

_TABLE = """
create table if not exists sessions (
  hash text primary key, username text not null, era text not null, expires_at integer not null, body blob not null
) without rowid
"""


class Keepsake:
    """Sessions on disk. A disk that fails is told to the log and costs only the copy."""

    def __init__(self, path: Path, log: Log) -> None:
        self._path = path
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keepsake")
        self._database: sqlite3.Connection | None = None

    async def keep(self, token_hash: str, username: str, era: str, expires_at: datetime, body: bytes) -> None:
        """Keeps one session, in place of an older copy."""
        row = (token_hash, username, era, micros(expires_at), body)
        await self._run("insert or replace into sessions values (?, ?, ?, ?, ?)", row)

    async def find(self, token_hash: str, now: datetime) -> tuple[str, bytes] | None:
        """The era and the body of one that has not expired."""

        def read(database: sqlite3.Connection) -> tuple[str, bytes] | None:
            where = (token_hash, micros(now))
            found: tuple[str, bytes] | None = database.execute(
                "select era, body from sessions where hash = ? and expires_at > ?", where
            ).fetchone()
            return found

        return await self._do(read, None)

    async def forget(self, token_hash: str) -> None:
        """Drops one."""
        await self._run("delete from sessions where hash = ?", (token_hash,))

    async def forget_user(self, username: str) -> None:
        """Drops all of an account."""
        await self._run("delete from sessions where username = ?", (username,))

    async def prune(self, now: datetime) -> None:
        """Drops what has expired."""
        await self._run("delete from sessions where expires_at <= ?", (micros(now),))

    async def aclose(self) -> None:
        """Closes the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def _run(self, statement: str, values: tuple[object, ...]) -> None:
        def run(database: sqlite3.Connection) -> None:
            database.execute(statement, values)

        await self._do(run, None)

    async def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        def run() -> T:
            database = self._opened()
            with database:
                return work(database)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, run)
        except (sqlite3.Error, OSError) as broken:
            self._log.warning("keepsake-broken", path=str(self._path), cause=broken)
            return otherwise

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            database = sqlite3.connect(self._path, timeout=2)
            with closing(database.cursor()) as cursor:
                cursor.execute("pragma journal_mode=wal")
                cursor.execute("pragma synchronous=normal")
                cursor.execute(_TABLE)
            self._database = database
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
