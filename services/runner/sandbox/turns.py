"""Owns the boxes that take turns within one submission: while one runs a case, the next is emptied and prepared.

Joining a cgroup may wait 15 ms; with two boxes nobody waits for it, whatever the cases take. Where a box may be used only
once (delegated mode, or one that would not be emptied), the next is a fresh one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.pool import BoxPool

Furnish = Callable[[Box], Awaitable[None]]
"""Puts into a fresh box what every execution in it needs; it survives the reset (folder ``/program``)."""


class Turns:
    """Hands out furnished boxes, one at a time, each prepared ahead. Made by `taking_turns`."""

    def __init__(self, pool: BoxPool, furnish: Furnish, tasks: asyncio.TaskGroup, count: int) -> None:
        self._pool = pool
        self._furnish = furnish
        self._tasks = tasks
        self._owned: set[Box] = set()
        self._coming: asyncio.Queue[asyncio.Task[Box | BoxLost]] = asyncio.Queue()
        for _ in range(count):
            self._expect(self._fresh)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Box]:
        """A clean box for one execution. Raises: `BoxLost`."""
        box = await (await self._coming.get())
        if isinstance(box, BoxLost):
            self._expect(self._fresh)
            raise box
        try:
            yield box
        finally:
            self._expect(lambda: self._next(box))

    def end(self) -> None:
        """Lets go of all boxes."""
        while not self._coming.empty():
            self._coming.get_nowait().cancel()
        for box in self._owned:
            self._pool.discard(box)
        self._owned.clear()

    def _expect(self, come: Callable[[], Coroutine[Any, Any, Box]]) -> None:
        self._coming.put_nowait(self._tasks.create_task(_settled(come)))

    async def _fresh(self) -> Box:
        box = await self._pool.take()
        self._owned.add(box)
        await self._furnish(box)
        await box.until_prepared()
        return box

    async def _next(self, used: Box) -> Box:
        if await used.recycle():
            await used.until_prepared()
            return used
        self._owned.discard(used)
        self._pool.discard(used)
        return await self._fresh()


async def _settled(come: Callable[[], Coroutine[Any, Any, Box]]) -> Box | BoxLost:
    """A box that fails to come must not end those who are at work: whoever takes the turn hears of it."""
    try:
        return await come()
    except BoxLost as lost:
        return lost


@asynccontextmanager
async def taking_turns(pool: BoxPool, furnish: Furnish, count: int = 2) -> AsyncIterator[Turns]:
    """Boxes that take turns for the length of a block. What the block raises comes out as it is, not in a group."""
    raised: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        turns = Turns(pool, furnish, tasks, count)
        try:
            yield turns
        except Exception as wrong:  # noqa: BLE001  kept, and raised again when the tasks have ended
            raised = wrong
        finally:
            turns.end()
    if raised is not None:
        raise raised
