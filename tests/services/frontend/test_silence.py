"""A database that has stopped answering is waited for by one, not by everybody; when it answers, everybody reads again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from mesh.errors import Unavailable
from services.frontend.reads import line as module
from services.frontend.reads.line import Line
from services.frontend.together import both

LIMIT_S = 0.1


class Database:
    """Says nothing while ``is_silent``, as one that was stopped with SIGSTOP; ``is_dead`` refuses at once."""

    def __init__(self) -> None:
        self.line = Line(None, LIMIT_S)  # type: ignore[arg-type]  # what it would ask is here
        self.is_silent = self.is_dead = self.is_slow = False
        self.asked = 0

    @asynccontextmanager
    async def reading(self, _engine: Any, limit_s: float) -> AsyncIterator[Any]:
        self.asked += 1
        if self.is_dead:
            raise Unavailable("refused", code="record-unavailable")
        if self.is_silent:
            await asyncio.sleep(limit_s)
            raise Unavailable("it did not answer", code="record-unavailable")
        if self.is_slow:
            await asyncio.sleep(0.01)
        yield self

    async def execute(self, _statement: Any) -> Any:
        return self

    def all(self) -> list[Any]:
        return []

    async def read(self) -> str:
        """The code of the refusal, empty when it answered."""
        try:
            await self.line.rows(sa.select(sa.literal(1)))
        except Unavailable as away:
            return away.code
        return ""


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    found = Database()
    monkeypatch.setattr(module, "reading", found.reading)
    monkeypatch.setattr(module, "LONG_S", 0.05)
    monkeypatch.setattr(module, "PAUSE_S", 0.3)
    return found


async def test_one_asks_a_silent_database_and_the_others_know(database: Database) -> None:
    assert await database.read() == ""
    database.is_silent = True
    began = asyncio.get_running_loop().time()
    assert await database.read() == "record-unavailable"
    asked = database.asked
    assert {await database.read() for _ in range(50)} == {"record-unavailable"}
    took_s = asyncio.get_running_loop().time() - began
    assert database.asked - asked <= took_s // module.PAUSE_S, "nobody else waits: none, unless the machine stood still for a pause"
    await asyncio.sleep(0.31)
    asked = database.asked
    assert set(await asyncio.gather(*(database.read() for _ in range(20)))) == {"record-unavailable"}
    assert database.asked == asked + 1, "one looks again for all"
    database.is_silent = False
    async with asyncio.timeout(5):
        while await database.read():
            await asyncio.sleep(0.02)
    assert set(await asyncio.gather(*(database.read() for _ in range(20)))) == {""}


async def test_a_slow_statement_beside_others_that_are_answered_closes_nothing(database: Database) -> None:
    database.is_silent = True
    slow = asyncio.create_task(database.read())
    await asyncio.sleep(0)
    database.is_silent = False
    assert await database.read() == ""
    assert await slow == "record-unavailable"
    assert await database.read() == "", "the database answers: it was the statement"


async def test_a_database_that_refuses_at_once_is_asked_every_time(database: Database) -> None:
    database.is_dead = True
    assert {await database.read() for _ in range(10)} == {"record-unavailable"}
    assert database.asked == 10
    database.is_dead = False
    assert await database.read() == "", "back at once"


async def test_who_asks_for_all_and_is_called_off_leaves_it_to_the_next(database: Database) -> None:
    database.is_silent = True
    await database.read()
    await asyncio.sleep(0.31)
    asking = asyncio.create_task(database.read())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    database.is_silent = False
    assert await database.read() == ""


async def test_pages_that_read_two_things_at_once_find_out_that_it_is_back(database: Database) -> None:
    """The second read is refused at once while the first asks for all: that must not call the first off, time after time."""
    database.is_silent = True
    await database.read()
    database.is_silent, database.is_slow = False, True
    await asyncio.sleep(0.31)
    with pytest.raises(Unavailable):
        await both(database.line.rows(sa.select(sa.literal(1))), database.line.rows(sa.select(sa.literal(2))))
    assert await both(database.line.rows(sa.select(sa.literal(1))), database.line.rows(sa.select(sa.literal(2)))) == ([], [])
