"""Owns the opening of databases: drivers, pools, time limits, pragmas. Never issues a query of its own.

A plain URL is enough: ``sqlite:///var/record.db``, ``postgresql://…``, ``mysql://…``; the asynchronous driver is chosen here.
TLS to a server is asked for with libpq's words, for MySQL too: ``?sslmode=verify-full&sslrootcert=…&sslcert=…&sslkey=…``;
without them there is none.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from mesh.errors import Refused

CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 30
BUSY_TIMEOUT_S = 2

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "mysql": "mysql+asyncmy",
    "mariadb": "mariadb+asyncmy",
}
_TLS_WORDS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey"})


def write_engine(url: str, *, connections: int = 4) -> AsyncEngine:
    """An engine for the one service that writes; nothing is opened before the first use. Close it with ``dispose()``.

    On SQLite every transaction is ``BEGIN IMMEDIATE`` and on disk (WAL, synchronous=FULL) when it is committed.
    Raises: `Refused` (``bad-database-url``).
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_async_engine(
            _file(parsed, "rwc"), connect_args=_SQLITE_ARGUMENTS, pool_size=connections, max_overflow=0, pool_timeout=BUSY_TIMEOUT_S
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite_writer)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine
    return create_async_engine(isolation_level="READ COMMITTED", **_server_arguments(parsed, connections, is_read_only=False))


def write_engine_in_thread(url: str) -> Engine:
    """The same for a SQLite file, to be used by one thread. Raises: `Refused` (``bad-database-url``)."""
    engine = create_engine(
        _file(_parse(url), "rwc").set(drivername="sqlite+pysqlite"), connect_args=_SQLITE_ARGUMENTS | {"check_same_thread": False},
        poolclass=QueuePool, pool_size=1, max_overflow=0,
    )  # fmt: skip
    event.listen(engine, "connect", _prepare_sqlite_writer)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def is_file(url: str) -> bool:
    """Whether the database is a SQLite file. Raises: `Refused` (``bad-database-url``)."""
    return _parse(url).get_backend_name() == "sqlite"


def read_engine(url: str, *, connections: int = 8) -> AsyncEngine:
    """An engine that cannot write, whatever is asked of it: each statement stands alone (AUTOCOMMIT). Close it with ``dispose()``.

    A SQLite file is opened ``mode=ro``; a server session is made read-only, besides the rights that its user lacks.
    Raises: `Refused` (``bad-database-url``).
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_async_engine(
            _file(parsed, "ro"), connect_args=_SQLITE_ARGUMENTS, pool_size=connections, max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S, isolation_level="AUTOCOMMIT",
        )  # fmt: skip
        event.listen(engine.sync_engine, "connect", _prepare_sqlite_reader)
        return engine
    return create_async_engine(isolation_level="AUTOCOMMIT", **_server_arguments(parsed, connections, is_read_only=True))


def make_folder(url: str) -> None:
    """Makes the folder that a SQLite file lies in; nothing for servers. Blocks. Raises: `Refused` (``bad-database-url``), OSError."""
    if is_file(url):
        Path(str(_parse(url).database)).absolute().parent.mkdir(parents=True, exist_ok=True)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as wrong:
        raise Refused("the database URL cannot be read; write it like sqlite:///var/record.db", code="bad-database-url") from wrong
    driver = _DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None or not parsed.database:
        raise Refused(
            f"the database URL must be sqlite:///FILE, postgresql://HOST/NAME or mysql://HOST/NAME, not {parsed.drivername}://…", code="bad-database-url"
        )
    return parsed.set(drivername=driver)


def _file(url: URL, mode: str) -> URL:
    """The file as a URI: the only form in which SQLite can be told not to write, or not to make it."""
    path = quote(str(Path(str(url.database)).absolute()))
    return URL.create(url.drivername, database=f"file:{path}", query={"mode": mode, "uri": "true"})


def _server_arguments(url: URL, connections: int, *, is_read_only: bool) -> dict[str, Any]:
    words = {key: str(value) for key, value in url.query.items()}
    plain = url.set(query={key: value for key, value in words.items() if key not in _TLS_WORDS})
    arguments: dict[str, Any] = {"ssl": _tls(words)} if any(key in _TLS_WORDS for key in words) else {}
    if url.get_backend_name() == "postgresql":
        arguments.setdefault("ssl", False)  # asyncpg would look for files in the home directory at each connection
        arguments |= {"password": url.password or "", "timeout": CONNECT_TIMEOUT_S, "command_timeout": COMMAND_TIMEOUT_S}
        arguments["server_settings"] = {"application_name": "palestra", "default_transaction_read_only": "on" if is_read_only else "off"}
    else:
        arguments |= {"connect_timeout": CONNECT_TIMEOUT_S, "charset": "utf8mb4", "sql_mode": "TRADITIONAL"}
        if is_read_only:
            arguments["init_command"] = "SET SESSION TRANSACTION READ ONLY"
    return {
        "url": plain, "connect_args": arguments, "pool_size": connections, "max_overflow": 0,
        "pool_timeout": CONNECT_TIMEOUT_S, "pool_pre_ping": True, "pool_recycle": 1800, "pool_use_lifo": True,
    }  # fmt: skip


def _tls(words: dict[str, str]) -> ssl.SSLContext | bool:
    mode = words.get("sslmode", "verify-full")
    if mode == "disable":
        return False
    context = ssl.create_default_context(cafile=words.get("sslrootcert"))
    context.check_hostname = mode == "verify-full"
    if mode not in {"verify-full", "verify-ca"}:
        raise Refused(f"sslmode {mode} does not prove who answers; use verify-full, verify-ca or disable", code="bad-database-url")
    if "sslcert" in words:
        context.load_cert_chain(words["sslcert"], words.get("sslkey"))
    return context


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
