"""Owns the read-only connection to the record. Never writes, and never lets a slow database hold a request for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.database import metadata_of, reading, snapshot
from mesh.errors import MeshError
from wire.record import TABLES


class Record:
    """The record, for reading. Every read raises `Unavailable` (``record-unavailable``) when the database is away or slow."""

    def __init__(self, engine: AsyncEngine, limit_s: float = 5.0) -> None:
        self._engine = engine
        self._tables = metadata_of(TABLES).tables
        self._limit_s = limit_s

    def table(self, name: str) -> sa.Table:
        """A table of `wire.record` by name."""
        return self._tables[name]

    async def rows(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """All rows of a statement; the statement bounds them."""
        async with reading(self._engine, self._limit_s) as connection:
            found: Sequence[sa.Row[Any]] = (await connection.execute(statement)).all()
            return found

    async def row(self, statement: sa.Select[Any]) -> sa.Row[Any] | None:
        """The first row, None without one."""
        rows = await self.rows(statement.limit(1))
        return rows[0] if rows else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements all see the record as it was at the first of them."""
        async with snapshot(self._engine, self._limit_s) as connection:
            yield connection

    async def fault(self) -> str:
        """What is wrong with reading, empty when it works: for the health detail."""
        try:
            await self.row(sa.select(self.table("accounts").c.username))
        except MeshError as away:
            return away.message
        return ""

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()
