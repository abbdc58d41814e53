"""Owns the question how much of what was accepted is not in the record yet, which a backup would miss. Never reads a message."""

from __future__ import annotations

import asyncio
from typing import Final

from mesh.errors import MeshError
from pki.errors import PkiError
from services.configuration import Configuration
from services.queues import Desk, desk_of
from wire.judging import Nothing
from wire.methods import UNDERTAKING
from wire.queues import COMMANDS
from wire.services import RECORDER

LIMIT_S: Final = 10.0
_EVERY_S: Final = 0.2
_ANSWER_S: Final = 3.0


async def told_waiting(configuration: Configuration) -> str:
    """Waits a moment until everything that was accepted is in the record; in words, what is not."""
    try:
        async with desk_of(configuration) as desk:
            left = await until_recorded(desk, LIMIT_S)
    except (MeshError, PkiError, OSError):
        left = None
    if left is None:
        return f"the recorder does not answer: what waits in {COMMANDS.name}, nobody knows how much, is not in it"
    if left:
        return f"{left} accepted commands still waited in {COMMANDS.name} after {LIMIT_S:g} s: they are not in it"
    return f"nothing waited in {COMMANDS.name}"


async def until_recorded(desk: Desk, limit_s: float) -> int | None:
    """Returns when the queue of commands is empty, or after so long: how many are in it; None when the recorder does not answer."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + limit_s
    while True:
        try:
            async with asyncio.timeout(_ANSWER_S):
                states = await desk.ask(UNDERTAKING[RECORDER].queues, Nothing())
        except (MeshError, TimeoutError):
            return None
        left = sum(each.ready + each.unacknowledged + each.waiting for each in states.queues if each.name == COMMANDS.name)
        if not left or loop.time() >= ends_at:
            return left
        await asyncio.sleep(_EVERY_S)
