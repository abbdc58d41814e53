"""Whatever a database does, nobody waits longer than he said, and nothing piles up: connections, statements and transactions are bounded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.database import read_engine, reading, write_engine, writing
from mesh.errors import Unavailable
from tests.support.databases import DatabaseServer

pytestmark = pytest.mark.databases

SLEEP = {"postgresql": "SELECT pg_sleep(20)", "mysql": "SELECT SLEEP(20)"}


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    found: DatabaseServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def url(server: DatabaseServer) -> Iterator[str]:
    name = server.fresh_database()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    made = read_engine(url, connections=2)
    yield made
    await made.dispose()


async def _one(engine: AsyncEngine, timeout_s: float = 5.0) -> object:
    async with reading(engine, timeout_s) as connection:
        return await connection.scalar(sa.select(1))


async def test_a_frozen_database_is_unavailable_in_time(server: DatabaseServer, engine: AsyncEngine) -> None:
    """Also for who needs a new connection, and for a transaction that is under way."""
    assert await _one(engine) == 1
    fresh = write_engine(server.url("postgres" if "postgres" in server.url("x") else "mysql"))
    began = time.monotonic()
    server.freeze()
    try:
        for one in (engine, fresh, engine):
            with pytest.raises(Unavailable):
                await _one(one, 0.4)
    finally:
        server.thaw()
    assert time.monotonic() - began < 7, "half of what three connections take to be given up"
    assert await _one(engine) == await _one(fresh) == 1
    await fresh.dispose()


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(url: str) -> None:
    """Not only given up by us: it would hold its locks."""
    engine = write_engine(url, statement_timeout_s=0.5)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        async with writing(engine, 15) as connection:
            await connection.execute(sa.text(SLEEP[engine.dialect.name]))
    assert time.monotonic() - began < 10
    assert await _one(engine) == 1
    await engine.dispose()


async def test_connections_are_bounded_and_who_finds_none_is_told(engine: AsyncEngine) -> None:
    held = asyncio.Event()

    async def hold() -> None:
        async with reading(engine, 20) as connection:
            await connection.scalar(sa.select(1))
            await held.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(hold())
        async with asyncio.timeout(10):
            while engine.pool.checkedout() < 2:  # type: ignore[attr-defined]  # a queue pool
                await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):
            await _one(engine, 0.2)
        held.set()
    assert await _one(engine) == 1


async def test_the_session_says_its_limits(engine: AsyncEngine) -> None:
    async with reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            found = [await connection.scalar(sa.text(f"SHOW {name}")) for name in (
                "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "default_transaction_read_only",
            )]  # fmt: skip
            assert found == ["30s", "10s", "1min", "on"]
        else:
            names = "@@max_statement_time, @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@idle_transaction_timeout, @@tx_read_only"
            row = (await connection.execute(sa.text(f"SELECT {names}"))).one()
            assert [float(value) for value in row] == [30.0, 10, 10, 60, 1]
