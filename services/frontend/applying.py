"""Owns which sets of rejudges are being put in force: asked for, and not answered yet. A large set takes longer than a call may.

``applying:{set}`` holds who asked and by which command, while we wait and for as long as the recorder goes on saying so. It is a note, no
lock: losing it loses nothing, the record alone says what counts. Whoever asks again does so under the same id, and is told what became of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from mesh.cache.contract import Cache
from mesh.errors import Unavailable
from wire.rejudging import applying_key, applying_note

APPLYING: Final = "applying"
"""How a set is shown that is ready in the record and noted here."""

LIFE_S: Final = 12.0
"""Longer than anybody waits for an answer; what takes longer is noted anew by the recorder until it is decided (`services/recorder/pulse.py`)."""


class Applying:
    """The notes, in the state store; while that is away there are none."""

    def __init__(self, state: Cache) -> None:
        self._state = state

    async def begin(self, rejudging: str, actor: str, command: str) -> None:
        """Notes that this command was sent."""
        with suppress(Unavailable):
            await self._state.store(applying_key(rejudging), applying_note(command, actor), LIFE_S)

    async def end(self, rejudging: str) -> None:
        """It was answered."""
        with suppress(Unavailable):
            await self._state.forget(applying_key(rejudging))

    async def is_under_way(self, rejudging: str) -> bool:
        """Whether one was sent and not answered."""
        return bool(await self._fetch(rejudging))

    async def command_of(self, rejudging: str, actor: str) -> str:
        """The id under which this account asked already; empty when it did not."""
        command, _, who = (await self._fetch(rejudging)).partition(" ")
        return command if who == actor else ""

    async def _fetch(self, rejudging: str) -> str:
        with suppress(Unavailable):
            return (await self._state.fetch(applying_key(rejudging)) or b"").decode()
        return ""
