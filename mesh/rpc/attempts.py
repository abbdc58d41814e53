"""Owns when a failed call is tried again: what failed, how often, how long to wait. Never calls."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from mesh.errors import MeshError, Unavailable

TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_LONGEST_ASKED_PAUSE_S: Final = 2.0

NOTHING_WAS_DONE: Final = frozenset({"peer-unknown", "peer-unreachable", "peer-not-trusted", "shutting-down", "overloaded"})
"""Failures after which any call may go out again: the peer has not begun it."""

_NOT_NOW: Final = frozenset({"circuit-open", "peer-busy"})


class Attempts:
    """The tries of one call. ``ends`` is its deadline on the loop's clock."""

    def __init__(self, is_idempotent: bool, ends: float) -> None:
        self._is_idempotent = is_idempotent
        self._ends = ends
        self._failed = 0

    async def pause_after(self, wrong: MeshError) -> None:
        """Waits until the next try; raises the failure when there is none: it would not help, or not end in time."""
        self._failed += 1
        may_repeat = self._is_idempotent or wrong.code in NOTHING_WAS_DONE
        if not isinstance(wrong, Unavailable) or wrong.code in _NOT_NOW or not may_repeat or self._failed >= TRIES:
            raise wrong
        longest = min(_FIRST_PAUSE_S * 2**self._failed, _LONGEST_PAUSE_S)
        pause_s = random.uniform(longest / 4, longest)  # noqa: S311  jitter is no secret
        if wrong.retry_after_s is not None:
            if wrong.retry_after_s > _LONGEST_ASKED_PAUSE_S:
                raise wrong
            pause_s += wrong.retry_after_s
        if asyncio.get_running_loop().time() + pause_s >= self._ends:
            raise wrong
        await asyncio.sleep(pause_s)
