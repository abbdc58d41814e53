"""Owns one new connection to a database server: each host in turn within a limit, TLS, and the limits of its session.

Limits stand on both sides: ours, so that a server that hangs holds nobody, and the server's, so that a client that is gone
holds no lock. Never keeps a connection: the engine's pool does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mesh.database.address import Address, Host

CONNECT_TIMEOUT_S: Final = 5.0
"""For all hosts together; who is one of several gets his share."""

LOCK_TIMEOUT_S: Final = 10
IDLE_IN_TRANSACTION_S: Final = 60


@dataclass(frozen=True, slots=True)
class Session:
    """What a connection is for. ``statement_timeout_s`` bounds one statement, on the server and here.

    Of several hosts a reader takes a standby when it can, unless it ``needs_primary``: it must see every commit.
    """

    is_read_only: bool
    statement_timeout_s: float = 30.0
    needs_primary: bool = False


def connector(address: Address, session: Session) -> Callable[[], Awaitable[Any]]:
    """What makes one new connection of the driver, for SQLAlchemy's ``async_creator``. It raises OSError, whatever went wrong."""
    return _postgresql(address, session) if address.kind == "postgresql" else _mysql(address, session)


def _postgresql(address: Address, session: Session) -> Callable[[], Awaitable[Any]]:
    import asyncpg  # noqa: PLC0415  who keeps the record in a file needs no driver

    milliseconds = round(session.statement_timeout_s * 1000)
    settings = {
        "application_name": "palestra",
        "default_transaction_read_only": "on" if session.is_read_only else "off",
        "statement_timeout": str(milliseconds),
        "lock_timeout": str(LOCK_TIMEOUT_S * 1000),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_S * 1000),
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
    }
    wishes = _wishes(address, session)
    share_s = CONNECT_TIMEOUT_S / (len(address.hosts) * len(wishes)) if len(address.hosts) > 1 else CONNECT_TIMEOUT_S

    async def connect(host: Host, wish: str) -> Any:
        return await asyncpg.connect(
            host=host[0], port=host[1], user=address.user or None, password=address.password, database=address.database,
            ssl=address.tls if address.tls is not None else False,  # None: asyncpg would look for files in the home directory
            timeout=share_s, command_timeout=session.statement_timeout_s, server_settings=settings, target_session_attrs=wish,
        )  # fmt: skip

    async def connect_somewhere() -> Any:
        errors: list[str] = []
        for wish in wishes:
            for host in address.hosts:
                try:
                    async with asyncio.timeout(share_s):
                        return await connect(host, wish)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as wrong:
                    errors.append(f"{host[0]}:{host[1]}: {type(wrong).__name__} {wrong}".rstrip())
        raise ConnectionError("; ".join(dict.fromkeys(errors)))

    return connect_somewhere


def _wishes(address: Address, session: Session) -> tuple[str, ...]:
    """What is asked of a server, in the order of preference. A session that is read-only itself cannot ask for read-write."""
    usual = "read-write" if session.needs_primary or not session.is_read_only else "prefer-standby"
    target = "any" if len(address.hosts) == 1 and not address.target else usual if session.needs_primary else address.target or usual
    if session.is_read_only and target in {"read-write", "read-only"}:
        target = {"read-write": "primary", "read-only": "any"}[target]
    return ("standby", "any") if target == "prefer-standby" and len(address.hosts) > 1 else ("any",) if target == "prefer-standby" else (target,)


def _mysql(address: Address, session: Session) -> Callable[[], Awaitable[Any]]:
    import asyncmy  # noqa: PLC0415  as above
    from asyncmy.errors import MySQLError  # noqa: PLC0415  as above

    logging.getLogger("asyncmy").setLevel(logging.ERROR)  # it warns of every name that MySQL does not keep for a primary key
    [(host, port)] = address.hosts
    statement_s, access = session.statement_timeout_s, "READ ONLY" if session.is_read_only else "READ WRITE"
    of_mariadb = f"/*M! , max_statement_time={statement_s}, idle_transaction_timeout={IDLE_IN_TRANSACTION_S} */"
    limits = f"SET SESSION innodb_lock_wait_timeout={LOCK_TIMEOUT_S}, lock_wait_timeout={LOCK_TIMEOUT_S} {of_mariadb}"
    settings = (limits, f"SET SESSION TRANSACTION {access}")
    tls: Mapping[str, Any] = {"ssl": address.tls} if address.tls is not None else {}

    async def connect() -> Any:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                connection = await asyncmy.connect(
                    host=host, port=port, user=address.user, password=address.password, database=address.database,
                    connect_timeout=CONNECT_TIMEOUT_S, charset="utf8mb4", sql_mode="TRADITIONAL", client_flag=_FOUND_ROWS, **tls,
                )  # fmt: skip
                try:
                    async with connection.cursor() as cursor:
                        for statement in settings:
                            await cursor.execute(statement)
                except BaseException:
                    connection.close()
                    raise
                return connection
        except MySQLError as wrong:
            raise ConnectionError(f"{host}:{port}: {type(wrong).__name__} {wrong}".rstrip()) from wrong

    return connect


_FOUND_ROWS: Final = 2
"""CLIENT_FOUND_ROWS: an UPDATE counts the rows that it found, as SQLAlchemy expects."""
