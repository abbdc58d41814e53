"""Owns how long to wait before asking a peer again: longer each time, with jitter, up to a bound. Never asks."""

from __future__ import annotations

import asyncio
import random

from mesh.errors import MeshError

_FIRST_S = 0.1
_LONGEST_ASKED_S = 30.0


class Pause:
    """The pauses of one thing that is tried again and again. ``tries`` bounds them; 0: for ever."""

    def __init__(self, most_s: float, tries: int = 0) -> None:
        self._most_s = most_s
        self._tries = tries
        self._failed = 0

    async def after(self, wrong: MeshError) -> None:
        """Waits before the next try; raises the failure when it was the last."""
        self._failed += 1
        if self._tries and self._failed >= self._tries:
            raise wrong
        longest = min(_FIRST_S * 2.0**self._failed, self._most_s)
        await asyncio.sleep(random.uniform(longest / 2, longest) + min(wrong.retry_after_s or 0, _LONGEST_ASKED_S))  # noqa: S311  jitter is no secret

    def reset(self) -> None:
        """It went well: the next pause is short again."""
        self._failed = 0
