"""Owns the read-only connections to the record. Never writes, and never lets a slow database hold a request for ever.

Where pages are read from a replica there may be a second, fresh side: the primary, as a user who only reads. A request reads the
side that `sides` says; when the replica is away, the fresh one at once; when that is away for long, the replica: pages go on while
either of the two answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.backbone import Backbone
from mesh.database import metadata_of, read_engine
from mesh.errors import MeshError, Unavailable
from services.frontend.reads import sides
from services.frontend.reads.line import Line
from services.frontend.reads.sides import Side
from wire.record import TABLES


class Record:
    """The record, for reading. Every read raises `Unavailable` (``record-unavailable``) when the database is away or slow."""

    def __init__(self, engine: AsyncEngine, limit_s: float = 5.0, *, has_replica: bool = False, fresh: AsyncEngine | None = None) -> None:
        self._tables = metadata_of(TABLES).tables
        self._line = Line(engine, limit_s if fresh is None else limit_s / 2)
        self._fresh = Line(fresh, limit_s) if fresh is not None else None
        self.has_replica = has_replica or fresh is not None
        self.has_fresh = fresh is not None

    def table(self, name: str) -> sa.Table:
        """A table of `wire.record` by name."""
        return self._tables[name]

    async def rows(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """All rows of a statement; the statement bounds them."""
        first, second = self._lines()
        try:
            return await first.rows(statement)
        except Unavailable:
            if second is None:
                raise
            return await second.rows(statement)

    async def row(self, statement: sa.Select[Any]) -> sa.Row[Any] | None:
        """The first row, None without one."""
        rows = await self.rows(statement.limit(1))
        return rows[0] if rows else None

    async def fresh_row(self, statement: sa.Select[Any]) -> sa.Row[Any] | None:
        """The first row as the fresh side has it: for passwords, of which only the newest counts."""
        before = sides.current()
        sides.take(Side.FRESH)
        try:
            return await self.row(statement)
        finally:
            sides.take(before)

    async def has_outcome(self, command: str) -> bool:
        """Whether the replica has what a command did. Raises: `Unavailable`."""
        outcomes = self.table("outcomes")
        return bool(await self._line.rows(sa.select(outcomes.c.id).where(outcomes.c.id == command)))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements all see the record as it was at the first of them."""
        async with AsyncExitStack() as stack:
            first, second = self._lines()
            try:
                connection = await stack.enter_async_context(first.snapshot())
            except Unavailable:
                if second is None:
                    raise
                connection = await stack.enter_async_context(second.snapshot())
            yield connection

    async def fault(self) -> str:
        """What is wrong with reading, empty when it works: for the health detail."""
        if told := await self._fault_of_reading():
            return told
        if self._fresh is not None and self._line.away_s():
            return "the replica is away: pages are read from the primary"
        return "the primary is away: pages may be a little old" if self._fresh is not None and self._fresh.away_s() else ""

    async def until_open(self, limit_s: float) -> None:
        """Returns when the recorder has opened the record, its tables and its first admin made; after ``limit_s`` in any case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while await self._fault_of_reading():  # noqa: ASYNC110  another process opens it: there is no event
                    await asyncio.sleep(_LOOK_AGAIN_S)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._line.close()
        if self._fresh is not None:
            await self._fresh.close()

    def _lines(self) -> tuple[Line, Line | None]:
        """Where this request reads, and where when that is away: what is fresh is given up only after a while."""
        if self._fresh is not None and sides.current() is Side.FRESH:
            return self._fresh, self._line if self._fresh.away_s() >= _GIVEN_UP_AFTER_S else None
        return self._line, self._fresh

    async def _fault_of_reading(self) -> str:
        try:
            somebody = await self.row(sa.select(self.table("accounts").c.username))
        except MeshError as away:
            return away.message
        return "" if somebody is not None else "the record has no account yet: the recorder has not opened it"


def open_record(backbone: Backbone, limit_s: float) -> Record:
    """The record as the settings say: ``replica_url``, and ``fresh_url`` where there is one."""
    engine = read_engine(backbone.replica_url, backbone.credentials)
    fresh = read_engine(backbone.fresh_url, backbone.credentials, needs_primary=True) if backbone.fresh_url else None
    return Record(engine, limit_s, has_replica=backbone.replica_url != backbone.record_url, fresh=fresh)


_LOOK_AGAIN_S = 0.05

_GIVEN_UP_AFTER_S = 10.0
"""A primary that is only slow must not make "wrong password", or an older page, of what it has not said yet."""
