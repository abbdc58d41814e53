"""Owns the one who writes: plain functions over a connection, each run as one transaction, one after the other.

A transaction is a synchronous function, so that it reads as what it is and cannot be interleaved with itself. SQLite runs it whole
in a thread of its own (47 hops between threads less for each commit); servers run it on their asynchronous driver.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.database.access import limited, writing
from mesh.database.engines import COMMAND_TIMEOUT_S, is_file, write_engine, write_engine_in_thread
from mesh.tls import Credentials

T = TypeVar("T")

WRITE_TIMEOUT_S = 15.0


class Writer(Protocol):
    """Runs transactions, never two at once. Two implementations: for a file and for a server."""

    async def transact(self, work: Callable[[Connection], T], timeout_s: float = WRITE_TIMEOUT_S) -> T:
        """What ``work`` returned, once it is committed; rolled back when it raised.

        Raises: `Unavailable` (``record-unavailable``): whether it was committed is not known; do the same again, under the
        same id. What ``work`` raised.
        """
        ...

    async def close(self) -> None:
        """Finishes what runs and closes every connection."""
        ...


def open_writer(url: str, credentials: Credentials | None = None, *, statement_timeout_s: float = COMMAND_TIMEOUT_S) -> Writer:
    """The writer of a database; nothing is opened before the first use. Raises: `Refused` (``bad-database-url``)."""
    if is_file(url):
        return FileWriter(write_engine_in_thread(url))
    return ServerWriter(write_engine(url, credentials, connections=1, statement_timeout_s=statement_timeout_s))


class FileWriter:
    """The writer of a SQLite file. A transaction that takes too long goes on in its thread; the next waits behind it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record-writer")

    async def transact(self, work: Callable[[Connection], T], timeout_s: float = WRITE_TIMEOUT_S) -> T:
        """As `Writer.transact`."""
        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        async with limited(timeout_s):
            return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def close(self) -> None:
        """As `Writer.close`."""
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._engine.dispose)


class ServerWriter:
    """The writer on a database server."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lock = asyncio.Lock()

    async def transact(self, work: Callable[[Connection], T], timeout_s: float = WRITE_TIMEOUT_S) -> T:
        """As `Writer.transact`."""
        async with self._lock, writing(self._engine, timeout_s) as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """As `Writer.close`."""
        await self._engine.dispose()
