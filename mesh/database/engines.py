"""Owns the opening of databases: pools, time limits, pragmas. Never issues a query of its own.

What a URL may say stands in `mesh.database.address`. Pools are bounded; a connection is looked at before it is used, is made
anew after half an hour at most (with the certificate of then), and is thrown away when its server has become a standby.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from mesh.database.address import Address, parse_address
from mesh.database.connecting import CONNECT_TIMEOUT_S, Session, connector
from mesh.tls import Credentials

COMMAND_TIMEOUT_S = 30.0
BUSY_TIMEOUT_S = 2
RECYCLE_S = 1800


def write_engine(
    url: str, credentials: Credentials | None = None, *, connections: int = 4, statement_timeout_s: float = COMMAND_TIMEOUT_S
) -> AsyncEngine:
    """An engine for the one service that writes; nothing is opened before the first use. Close it with ``dispose()``.

    On SQLite every transaction is ``BEGIN IMMEDIATE`` and on disk (WAL, synchronous=FULL) when it is committed.
    Raises: `Refused` (``bad-database-url``).
    """
    address = parse_address(url, credentials)
    if address.is_file:
        engine = create_async_engine(
            _file(address.url, "rwc"), connect_args=_SQLITE_ARGUMENTS, pool_size=connections, max_overflow=0, pool_timeout=BUSY_TIMEOUT_S
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite_writer)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine
    return _server_engine(address, connections, Session(is_read_only=False, statement_timeout_s=statement_timeout_s), "READ COMMITTED")


def write_engine_in_thread(url: str) -> Engine:
    """The same for a SQLite file, to be used by one thread. Raises: `Refused` (``bad-database-url``)."""
    engine = create_engine(
        _file(parse_address(url).url, "rwc").set(drivername="sqlite+pysqlite"), connect_args=_SQLITE_ARGUMENTS | {"check_same_thread": False},
        poolclass=QueuePool, pool_size=1, max_overflow=0,
    )  # fmt: skip
    event.listen(engine, "connect", _prepare_sqlite_writer)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def read_engine(
    url: str, credentials: Credentials | None = None, *, connections: int = 8, needs_primary: bool = False
) -> AsyncEngine:
    """An engine that cannot write, whatever is asked of it: each statement stands alone (AUTOCOMMIT). Close it with ``dispose()``.

    Of several hosts it takes a standby when there is one, unless it ``needs_primary``: must see every commit at once.
    A SQLite file is opened ``mode=ro``; a server session is made read-only, besides the rights that its user lacks.
    Raises: `Refused` (``bad-database-url``).
    """
    address = parse_address(url, credentials)
    if address.is_file:
        engine = create_async_engine(
            _file(address.url, "ro"), connect_args=_SQLITE_ARGUMENTS, pool_size=connections, max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S, isolation_level="AUTOCOMMIT",
        )  # fmt: skip
        event.listen(engine.sync_engine, "connect", _prepare_sqlite_reader)
        return engine
    return _server_engine(address, connections, Session(is_read_only=True, statement_timeout_s=COMMAND_TIMEOUT_S, needs_primary=needs_primary), "AUTOCOMMIT")


def is_file(url: str) -> bool:
    """Whether the database is a SQLite file. Raises: `Refused` (``bad-database-url``)."""
    return url.partition(":")[0].partition("+")[0] == "sqlite" and parse_address(url).is_file


def make_folder(url: str) -> None:
    """Makes the folder that a SQLite file lies in; nothing for servers. Blocks. Raises: `Refused` (``bad-database-url``), OSError."""
    if is_file(url):
        Path(parse_address(url).database).absolute().parent.mkdir(parents=True, exist_ok=True)


def _server_engine(address: Address, connections: int, session: Session, isolation_level: Any) -> AsyncEngine:
    engine = create_async_engine(
        address.url, async_creator=connector(address, session), isolation_level=isolation_level, pool_size=connections, max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S, pool_pre_ping=True, pool_recycle=RECYCLE_S, pool_use_lifo=True,
    )  # fmt: skip
    event.listen(engine.sync_engine, "handle_error", _throw_away_standby)
    return engine


def _throw_away_standby(context: ExceptionContext) -> None:
    """A server that was the primary and may not be written any more is as good as gone: ask the hosts again."""
    error: BaseException | None = context.original_exception
    while error is not None:
        if getattr(error, "sqlstate", None) == "25006" or (error.args and error.args[0] in {1290, 1836}):
            context.is_disconnect = True
        error = error.__cause__


def _file(url: URL, mode: str) -> URL:
    """The file as a URI: the only form in which SQLite can be told not to write, or not to make it."""
    path = quote(str(Path(str(url.database)).absolute()))
    return URL.create(url.drivername, database=f"file:{path}", query={"mode": mode, "uri": "true"})


def _prepare_sqlite_writer(connection: Any, _record: object) -> None:
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000")


def _prepare_sqlite_reader(connection: Any, _record: object) -> None:
    _pragmas(connection, "query_only=ON", "temp_store=MEMORY", "cache_size=-8000")


def _pragmas(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


_SQLITE_ARGUMENTS: dict[str, Any] = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S}
"""No transactions of the driver's own (they would start too late, as readers), and patience with a locked file."""
