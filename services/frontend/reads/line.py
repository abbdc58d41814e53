"""Owns one line to the record: a bounded read, and silence that not everybody waits through. Never writes.

A database that has stopped answering is not waited for by everybody: when a read was let down after a long wait, and none was
answered meanwhile, the others are told at once for `PAUSE_S`; then one asks again for all. Who asks and is called off before the answer
(its browser went away, another part of its request failed) leaves the asking to the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.database import reading, snapshot
from mesh.errors import Refused, Unavailable

LONG_S: Final = 1.0
PAUSE_S: Final = 3.0
_NOT_IN_REPERTOIRE: Final = "22021"
"""What PostgreSQL says to a zero byte, which no text of it has. Source: PostgreSQL, appendix A."""


class Line:
    """An engine, and how it was with it lately.

    Every use raises `Unavailable` (``record-unavailable``) when it is away or slow, and may raise `Refused` (``zero-byte``).
    """

    def __init__(self, engine: AsyncEngine, limit_s: float) -> None:
        self._engine = engine
        self._limit_s = limit_s
        self._silent_until = self._answered_at = 0.0
        self._is_silent = False
        self._away_since: float | None = None

    async def rows(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """All rows of a statement."""
        async with _told(), self._heeding_silence(), reading(self._engine, self._limit_s) as connection:
            found: Sequence[sa.Row[Any]] = (await connection.execute(statement)).all()
            return found

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements all see the record as it was at the first of them."""
        async with _told(), self._heeding_silence(), snapshot(self._engine, self._limit_s) as connection:
            yield connection

    def away_s(self) -> float:
        """For how long every read has failed, 0 when the last one did not."""
        return 0.0 if self._away_since is None else max(asyncio.get_running_loop().time() - self._away_since, 1e-3)

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _heeding_silence(self) -> AsyncIterator[None]:
        now = asyncio.get_running_loop().time
        began = now()
        if began < self._silent_until:
            raise Unavailable("the record has stopped answering; try again in a moment", code="record-unavailable", retry_after_s=PAUSE_S)
        asks_for_all = self._is_silent
        if asks_for_all:
            self._silent_until = began + self._limit_s
        try:
            yield
        except Unavailable:
            self._away_since = self._away_since or began
            if now() - began >= LONG_S and self._answered_at < began:
                self._is_silent, self._silent_until = True, now() + PAUSE_S
            raise
        except BaseException:
            if asks_for_all and self._is_silent:
                self._silent_until = 0.0
            raise
        self._answered_at = now()
        self._is_silent, self._silent_until, self._away_since = False, 0.0, None


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """Every statement here is one of ours: what the database does not understand are tables that are missing or older, or names with a zero byte."""
    try:
        yield
    except (OperationalError, ProgrammingError) as wrong:
        raise Unavailable(
            "the record has not the tables that this version reads; the recorder makes them when it starts",
            code="record-not-open", retry_after_s=5,
        ) from wrong  # fmt: skip
    except DBAPIError as wrong:
        if getattr(wrong.orig, "sqlstate", None) != _NOT_IN_REPERTOIRE:
            raise
        raise Refused("a name in this request has a zero byte, which nothing here has in its name: take that out", code="zero-byte") from wrong
