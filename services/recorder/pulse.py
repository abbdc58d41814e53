"""Owns the sign of life of sets that are being applied: a note in the state store, which people's pages show. Never decides anything.

The frontend notes that it asked, for as long as it waits; what takes longer is noted here every two seconds until it is decided.
So the note ends some seconds after whoever works on it, however that ended. Losing it loses nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from mesh.cache import Cache
from mesh.errors import Unavailable
from wire.commands import Command
from wire.rejudging import ApplyRejudging, applying_key, applying_note

EVERY_S: Final = 2.0
LIFE_S: Final = 6.0


class Pulse:
    """The sets whose applying was asked for and is not decided. Bounded by who asks: the loop's inbox."""

    def __init__(self, state: Cache) -> None:
        self._state = state
        self._under_way: dict[str, tuple[str, bytes]] = {}
        self._wake = asyncio.Event()

    def begin(self, command: Command) -> None:
        """A command came in; those of other kinds are none of ours."""
        if isinstance(command.body, ApplyRejudging):
            self._under_way[command.id] = applying_key(command.body.rejudging), applying_note(command.id, command.actor)
            self._wake.set()

    def end(self, command: Command) -> None:
        """It is decided, one way or the other."""
        self._under_way.pop(command.id, None)

    async def run(self) -> None:
        """Works until it is cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(EVERY_S)  # most are decided by then
            for command, (key, note) in list(self._under_way.items()):
                with suppress(Unavailable):
                    await self._state.store(key, note, LIFE_S)
                    if command not in self._under_way:  # decided meanwhile: whoever asked may have taken the note away before us
                        await self._state.forget(key)
            if not self._under_way:
                self._wake.clear()
