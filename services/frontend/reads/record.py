"""Owns the read-only connection to the record. Never writes, and never lets a slow database hold a request for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.database import metadata_of, reading, snapshot
from mesh.errors import MeshError, Unavailable
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
        async with self._told_of_tables(), reading(self._engine, self._limit_s) as connection:
            found: Sequence[sa.Row[Any]] = (await connection.execute(statement)).all()
            return found

    async def row(self, statement: sa.Select[Any]) -> sa.Row[Any] | None:
        """The first row, None without one."""
        rows = await self.rows(statement.limit(1))
        return rows[0] if rows else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements all see the record as it was at the first of them."""
        async with self._told_of_tables(), snapshot(self._engine, self._limit_s) as connection:
            yield connection

    async def fault(self) -> str:
        """What is wrong with reading, empty when it works: for the health detail."""
        try:
            somebody = await self.row(sa.select(self.table("accounts").c.username))
        except MeshError as away:
            return away.message
        return "" if somebody is not None else "the record has no account yet: the recorder has not opened it"

    async def until_open(self, limit_s: float) -> None:
        """Returns when the recorder has opened the record, its tables and its first admin made; after ``limit_s`` in any case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while await self.fault():  # noqa: ASYNC110  another process opens it: there is no event
                    await asyncio.sleep(_LOOK_AGAIN_S)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _told_of_tables(self) -> AsyncIterator[None]:
        """Every statement here is one of ours: what the database does not understand are tables that are missing or older."""
        try:
            yield
        except (OperationalError, ProgrammingError) as wrong:
            raise Unavailable(
                "the record has not the tables that this version reads; the recorder makes them when it starts",
                code="record-not-open", retry_after_s=5,
            ) from wrong  # fmt: skip


_LOOK_AGAIN_S = 0.05
