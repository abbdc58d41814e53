"""Owns the connections to the record: one writer at a time, readers beside it. Never knows a rule."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from mesh.database import make_folder, metadata_of, open_writer, read_engine, reading, snapshot
from mesh.database.writer import WRITE_TIMEOUT_S
from mesh.tls import Credentials
from services.recorder.rows import TABLE_OF, Row
from wire.record import TABLES

T = TypeVar("T")

REBUILD_TIMEOUT_S = 3600.0


class Record:
    """The record, for its only writer. Every use raises `Unavailable` (``record-unavailable``) when the database is away."""

    def __init__(self, url: str, credentials: Credentials | None = None) -> None:
        self._url = url
        self._credentials = credentials
        self._writer = open_writer(url, credentials)
        self._reader = read_engine(url, credentials, connections=4, needs_primary=True)
        self.metadata = metadata_of(TABLES)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def table(self, kind: type[Row]) -> sa.Table:
        """The table of a kind of row."""
        return self.metadata.tables[TABLE_OF[kind]]

    async def transact(self, work: Callable[[Connection], T], timeout_s: float = WRITE_TIMEOUT_S) -> T:
        """Runs one transaction, alone; returns what it returned when that is on disk."""
        return await self._writer.transact(work, timeout_s)

    async def rebuild(self, work: Callable[[Connection], T], timeout_s: float = REBUILD_TIMEOUT_S) -> T:
        """One transaction that may take long, such as a migration, on a connection of its own that is closed afterwards."""
        writer = open_writer(self._url, self._credentials, statement_timeout_s=timeout_s)
        try:
            return await writer.transact(work, timeout_s)
        finally:
            await writer.close()

    @asynccontextmanager
    async def reading(self, timeout_s: float = 5.0) -> AsyncIterator[AsyncConnection]:
        """Single statements."""
        async with reading(self._reader, timeout_s) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self, timeout_s: float = 30.0) -> AsyncIterator[AsyncConnection]:
        """Several statements that agree with each other."""
        async with snapshot(self._reader, timeout_s) as connection:
            yield connection

    async def make_folder(self) -> None:
        """Makes the folder of an embedded record. Raises: OSError."""
        await asyncio.to_thread(make_folder, self._url)

    async def probe(self) -> None:
        """Returns when a transaction can be had. Raises: `Unavailable`."""
        await self.transact(lambda connection: connection.execute(sa.select(sa.literal(1))).scalar())

    async def close(self) -> None:
        """Closes every connection; the writer's last, so that SQLite can fold its log into the file."""
        await self._reader.dispose()
        await self._writer.close()
