"""Owns "read your own writes" where pages are read from a replica: whoever changed something sees it, however far the replica lags.

The last command of an account stands in the state store for a while. Until the replica has its outcome, that account reads the
fresh side; without one it waits for the replica, a little. What was handed in by queue is shown by `pending` instead.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from mesh.cache.contract import Cache
from mesh.errors import Unavailable
from services.frontend.reads import sides
from services.frontend.reads.record import Record
from services.frontend.reads.sides import Side

LIFE_S: Final = 600.0
"""How long a replica may lag before what an account did is forgotten here."""

_LOOK_AGAIN_S: Final = 0.05


class OwnWrites:
    """Which side of the record each account reads. Losing the state store loses the promise, not a write."""

    def __init__(self, state: Cache, record: Record, wait_s: float) -> None:
        self._state = state
        self._record = record
        self._wait_s = wait_s

    async def note(self, username: str, command: str) -> None:
        """The account has changed something by this command: it reads what it did from here on, in this request and the next."""
        if not self._record.has_replica:
            return
        sides.take(Side.FRESH)
        with suppress(Unavailable):  # the next request may see the replica as it is
            await self._state.store(f"wrote:{username}", command.encode(), LIFE_S)
        if not self._record.has_fresh:
            with suppress(Unavailable):  # what was done is done
                await self._has_come(command)

    async def settle(self, username: str, *, is_change: bool = False) -> None:
        """Decides what this request of an account reads; a change goes on at last, since the recorder has the newest.

        Raises: `Unavailable` (``record-behind``) when that takes too long.
        """
        if not self._record.has_replica:
            return
        try:
            noted = await self._state.fetch(f"wrote:{username}")
            if noted is None:
                return
            is_there = await self._is_there(noted.decode())
        except Unavailable:  # without the record every read says so itself, and what needs none goes on
            return
        if is_there:
            with suppress(Unavailable):
                await self._state.forget(f"wrote:{username}")
        elif self._record.has_fresh:
            sides.take(Side.FRESH)
        elif not is_change:
            raise Unavailable(
                "what you changed is recorded, and the copy that pages are read from is behind: load this page again in a moment",
                code="record-behind", retry_after_s=2,
            )  # fmt: skip

    async def _is_there(self, command: str) -> bool:
        """Whether the replica has it; with no fresh side to read, waits for it a little. A replica that is away has nothing."""
        if not self._record.has_fresh:
            return await self._has_come(command)
        try:
            return await self._record.has_outcome(command)
        except Unavailable:
            return False

    async def _has_come(self, command: str) -> bool:
        """Waits for the replica to have it; whether it has."""
        try:
            async with asyncio.timeout(self._wait_s):
                while not await self._record.has_outcome(command):  # noqa: ASYNC110  another process brings it: there is no event
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError:
            return False
        return True
