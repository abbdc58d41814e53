"""A database that has stopped answering is waited for by one, not by everybody; when it answers, everybody reads again."""

from __future__ import annotations

import asyncio

from mesh.errors import Unavailable
from services.frontend.reads.silence import Silence

LIMIT_S = 0.1


class Database:
    """Says nothing while ``is_silent``, as one that was stopped with SIGSTOP; ``is_dead`` refuses at once."""

    def __init__(self) -> None:
        self.silence = Silence(LIMIT_S, long_s=0.05, pause_s=0.3)
        self.is_silent = self.is_dead = False
        self.asked = 0

    async def read(self) -> str:
        """The code of the refusal, empty when it answered."""
        try:
            async with self.silence.heeded():
                self.asked += 1
                if self.is_dead:
                    raise Unavailable("refused", code="record-unavailable")
                if self.is_silent:
                    await asyncio.sleep(LIMIT_S)
                    raise Unavailable("it did not answer", code="record-unavailable")
        except Unavailable as away:
            return away.code
        return ""


async def test_one_asks_a_silent_database_and_the_others_know() -> None:
    database = Database()
    assert await database.read() == ""
    database.is_silent = True
    assert await database.read() == "record-unavailable"
    asked, began = database.asked, asyncio.get_running_loop().time()
    assert {await database.read() for _ in range(50)} == {"record-unavailable"}
    assert database.asked == asked, "nobody else waits"
    assert asyncio.get_running_loop().time() - began < LIMIT_S
    await asyncio.sleep(0.31)
    assert set(await asyncio.gather(*(database.read() for _ in range(20)))) == {"record-unavailable"}
    assert database.asked == asked + 1, "one looks again for all"
    database.is_silent = False
    async with asyncio.timeout(5):
        while await database.read():
            await asyncio.sleep(0.02)
    assert set(await asyncio.gather(*(database.read() for _ in range(20)))) == {""}


async def test_a_slow_statement_beside_others_that_are_answered_closes_nothing() -> None:
    database = Database()
    database.is_silent = True
    slow = asyncio.create_task(database.read())
    await asyncio.sleep(0.02)
    database.is_silent = False
    assert await database.read() == ""
    assert await slow == "record-unavailable"
    assert await database.read() == "", "the database answers: it was the statement"


async def test_a_database_that_refuses_at_once_is_asked_every_time() -> None:
    database = Database()
    database.is_dead = True
    assert {await database.read() for _ in range(10)} == {"record-unavailable"}
    assert database.asked == 10
    database.is_dead = False
    assert await database.read() == "", "back at once"
