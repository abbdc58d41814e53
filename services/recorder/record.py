"""Owns the connections to the record: one writer at a time, readers beside it. Never knows a rule.

The lock keeps our own writers (commands, relay, sweep) from waiting in the database for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mesh.database import make_folder, metadata_of, read_engine, reading, snapshot, write_engine, writing
from services.recorder.rows import TABLE_OF, Row
from wire.record import TABLES


class Record:
    """The record, for its only writer. Every use raises `Unavailable` (``record-unavailable``) when the database is away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.writer = write_engine(url)
        self._reader = read_engine(url, connections=4)
        self.metadata = metadata_of(TABLES)
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def table(self, kind: type[Row]) -> sa.Table:
        """The table of a kind of row."""
        return self.metadata.tables[TABLE_OF[kind]]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, alone: on disk when the body has ended, or not at all."""
        async with self._lock, writing(self.writer) as connection:
            yield connection

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
        async with self.transaction() as connection:
            await connection.execute(sa.select(sa.literal(1)))

    async def close(self) -> None:
        """Closes every connection."""
        await self.writer.dispose()
        await self._reader.dispose()
