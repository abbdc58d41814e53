"""Owns what the queue may or may not have taken: sends it again by the same id, which counts once, until the queue says that it has it."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import Gauge

from mesh.errors import MeshError, Unavailable
from mesh.log import Log
from services.frontend.commands import Commands
from services.frontend.pending import PendingSubmission, PendingSubmissions
from wire.commands import Command

PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, *(15.0,) * 39)
"""Before each try; ten minutes in all. What is still open then is shown as not known until the overlay's life ends."""
MOST: Final = 500
"""What is beyond is not sent again: it is shown as not known, and its author may send it."""


class Unsettled:
    """Submissions on the way between a 503 and the truth. Losing them loses no promise: no 202 was given."""

    def __init__(self, commands: Commands, pending: PendingSubmissions, log: Log, waiting: Gauge) -> None:
        self._commands = commands
        self._pending = pending
        self._log = log
        self._waiting = waiting
        self._taken: asyncio.Queue[tuple[Command, PendingSubmission]] = asyncio.Queue(MOST)
        self._count = 0

    async def take(self, command: Command, pending: PendingSubmission) -> None:
        """Shows it as not known, and tries again from now on."""
        await self._mark(pending, "unsure")
        if self._count < MOST:
            self._count += 1
            self._waiting.set(self._count)
            self._taken.put_nowait((command, pending))
        else:
            self._log.warning("submission-unsettled", submission=pending.id, why="too many are being sent again")

    async def run(self) -> None:
        """Sends again what was taken, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._settle(*await self._taken.get()))

    async def _settle(self, command: Command, pending: PendingSubmission) -> None:
        try:
            for tries, pause_s in enumerate(PAUSES_S, 1):
                await asyncio.sleep(pause_s)
                if await self._is_safe(command):
                    await self._mark(pending, "accepted")
                    self._log.info("submission-settled", submission=pending.id, tries=tries)
                    return
            self._log.warning("submission-unsettled", submission=pending.id, why="the queue stayed away")
        finally:
            self._count -= 1
            self._waiting.set(self._count)

    async def _is_safe(self, command: Command) -> bool:
        try:
            await self._commands.publish(command)
        except MeshError:
            return False
        return True

    async def _mark(self, pending: PendingSubmission, status: str) -> None:
        try:
            await self._pending.mark(pending, status)
        except Unavailable as away:
            self._log.warning("overlay-away", submission=pending.id, why=away.code)
