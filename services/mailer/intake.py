"""Owns the taking of notifications from their queue, as many at once as the queue's window has. Never knows what they ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mesh.log import Log
from mesh.queue import Consumer
from mesh.tasks import alongside
from services.mailer.courier import Courier
from wire.queues import NOTIFICATIONS


class Intake:
    """Hands every message to the courier; what is in hand is never more than the window."""

    def __init__(self, tap: Consumer, courier: Courier, log: Log) -> None:
        self._tap = tap
        self._courier = courier
        self._log = log
        self._taking: asyncio.Task[None] | None = None
        self._in_hand: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Takes what comes while the block runs; what is in hand when it ends is given back."""
        async with alongside(self._run()):
            yield

    async def drain(self, limit_s: float) -> None:
        """Takes no more, and finishes what is in hand for so long."""
        if self._taking is not None:
            self._taking.cancel()
        if self._in_hand:
            _, left = await asyncio.wait(self._in_hand, timeout=limit_s)
            if left:
                self._log.warning("calls-given-back", count=len(left))

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._taking = tasks.create_task(self._take(tasks))

    async def _take(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            for message in await self._tap.take(NOTIFICATIONS.prefetch):
                task = tasks.create_task(self._courier.carry(message))
                self._in_hand.add(task)
                task.add_done_callback(self._in_hand.discard)
