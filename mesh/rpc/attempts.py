"""Owns when a failed call is tried again: what failed, how often, how long to wait. Never calls."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from mesh.errors import MeshError, Unavailable

TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_LONGEST_ASKED_PAUSE_S: Final = 2.0
_PATIENT_PAUSE_S: Final = 0.3

NOTHING_WAS_DONE: Final = frozenset({"peer-unknown", "peer-unreachable", "peer-not-trusted", "shutting-down", "overloaded"})
"""Failures after which any call may go out again: the peer has not begun it."""

_WORTH_WAITING_FOR: Final = NOTHING_WAS_DONE - {"peer-not-trusted", "overloaded"} | {"circuit-open", "peer-disconnected"}
"""What a caller with patience sits out: the peer is being started again."""

_NOT_NOW: Final = frozenset({"circuit-open", "peer-busy"})


class Attempts:
    """The tries of one call. ``ends`` is its deadline; until ``patient_until()`` it waits for a peer that is away, both on the loop's clock."""

    def __init__(self, is_idempotent: bool, ends: float, patient_until: Callable[[], float] | None = None) -> None:
        self._is_idempotent = is_idempotent
        self._ends = ends
        self._patient_until = patient_until
        self._failed = 0

    async def pause_after(self, wrong: MeshError) -> None:
        """Waits until the next try; raises the failure when there is none: it would not help, or not end in time."""
        self._failed += 1
        may_repeat = self._is_idempotent or wrong.code in NOTHING_WAS_DONE
        if self._is_worth_waiting(wrong):
            await asyncio.sleep(random.uniform(_PATIENT_PAUSE_S / 2, _PATIENT_PAUSE_S))  # noqa: S311  jitter is no secret
            return
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

    def _is_worth_waiting(self, wrong: MeshError) -> bool:
        """Whether the peer has only just gone, and the call may go out again when it is back."""
        if self._patient_until is None or wrong.code not in _WORTH_WAITING_FOR:
            return False
        if wrong.code == "peer-disconnected" and not self._is_idempotent:
            return False
        return asyncio.get_running_loop().time() + _PATIENT_PAUSE_S < min(self._ends, self._patient_until())
