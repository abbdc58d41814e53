"""Owns the border between us and a database: time limits, transactions, and one error when it is away.

`reading` for single statements, `snapshot` for several that must agree, `writing` for one transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.errors import Unavailable


@asynccontextmanager
async def reading(engine: AsyncEngine, timeout_s: float = 5.0) -> AsyncIterator[AsyncConnection]:
    """A connection whose statements stand alone. Raises: `Unavailable` (``record-unavailable``)."""
    async with limited(timeout_s), engine.connect() as connection:
        yield connection


@asynccontextmanager
async def snapshot(engine: AsyncEngine, timeout_s: float = 10.0) -> AsyncIterator[AsyncConnection]:
    """A connection whose statements all see the record as it was at the first of them. Raises: `Unavailable` (``record-unavailable``)."""
    async with limited(timeout_s), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            await connection.exec_driver_sql("BEGIN")  # ended by the ROLLBACK with which a connection goes back to its pool
            yield connection
        else:
            agreeing = await connection.execution_options(isolation_level="REPEATABLE READ")
            async with agreeing.begin():
                yield agreeing


@asynccontextmanager
async def writing(engine: AsyncEngine, timeout_s: float = 15.0) -> AsyncIterator[AsyncConnection]:
    """One transaction: committed when the body ends, rolled back when it raises.

    Raises: `Unavailable` (``record-unavailable``); whether it was committed is then not known: do the same again,
    under the same id.
    """
    async with limited(timeout_s), engine.begin() as connection:
        yield connection


@asynccontextmanager
async def limited(timeout_s: float) -> AsyncIterator[None]:
    """Work with a database, bounded. Raises: `Unavailable` (``record-unavailable``) when it is away, or too late."""
    limit = asyncio.timeout(timeout_s)
    with _told():
        try:
            async with limit:
                yield
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise Unavailable(f"the record did not answer within {timeout_s:g} s; try again", code="record-unavailable") from late


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database is away, full or busy, so that the same may succeed later."""
    match error:
        case DBAPIError():
            return error.connection_invalidated or _is_away_by_code(error.orig)
        case PoolTimeout() | OSError():
            return True
        case _:
            return False


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, OSError) as error:
        if not is_away(error):
            raise
        raise Unavailable("the record cannot be reached just now; try again in a moment", code="record-unavailable") from error


def _is_away_by_code(error: BaseException | None) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if (number := getattr(cause, "sqlite_errorcode", None)) is not None:
            return number & 0xFF in _SQLITE_AWAY
        if type(cause).__module__.startswith("asyncmy") and cause.args and isinstance(cause.args[0], int):
            return cause.args[0] in _MYSQL_AWAY  # before its sqlstate, which is HY000 for most of them
        if state := getattr(cause, "sqlstate", None):
            return state[:2] in _POSTGRES_AWAY or state in _POSTGRES_AWAY_STATES
        if isinstance(cause, OSError):
            return True
        cause = cause.__cause__
    return False


_SQLITE_AWAY = frozenset({5, 6, 7, 8, 10, 13, 14, 15})
"""BUSY LOCKED NOMEM READONLY IOERR FULL CANTOPEN PROTOCOL. Source: sqlite.org/rescode.html."""

_POSTGRES_AWAY = frozenset({"08", "40", "53", "57"})
"""Connection, rollback (deadlock, serialization), resources, operator. Source: PostgreSQL, appendix A."""

_POSTGRES_AWAY_STATES = frozenset({"25006", "55P03", "58030"})
"""Read-only (a standby after a failover), lock not available, I/O error."""

_MYSQL_AWAY = frozenset({
    1021, 1040, 1041, 1053, 1077, 1080, 1114, 1129, 1158, 1159, 1160, 1161, 1180, 1205, 1213, 1290, 1836, 1927, 1969, 2002, 2003, 2006, 2013, 2014, 2055, 3024,
    3100, 4031,
})  # fmt: skip
"""Disk full, too many connections, shutdown, network, lock wait, deadlock, read-only, statement or session out of time, gone away. Source: MariaDB and MySQL error lists."""
