"""Owns the asking for a refusal by somebody who has not long: a machine that stands still may be late with it, but not each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mesh.errors import DeadlineExceeded, MeshError

_TRIES = 5


async def refusal_of(ask: Callable[[], Awaitable[object]]) -> MeshError:
    """What it was refused with; only the last of several tries may have been too late to be told anything."""
    told: MeshError | None = None
    for _ in range(_TRIES):
        try:
            await ask()
        except MeshError as wrong:
            told = wrong
        else:
            raise AssertionError("it was not refused")
        if not isinstance(told, DeadlineExceeded):
            break
    assert told is not None
    return told
