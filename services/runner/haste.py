"""Owns how long work that nobody waits for may go on once something urgent wants its slot. Never knows what the work is.

No other piece is begun, once something was done, and the one that runs has `SLICE_S` left: then it is broken off, to be begun anew by the next
attempt. Each time it has twice as long, `MOST_SLICE_S` at most, so that what needs a few seconds has them soon, and what hangs never keeps
anybody waiting longer. A piece that was broken off `MOST_BREAKS` times is let run to its end: whatever comes in meanwhile, everything ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mesh.tasks import alongside

SLICE_S = 0.5
"""A piece that needs less is worth waiting for: it would be begun anew."""

MOST_SLICE_S = 8.0
MOST_BREAKS = 10


class Haste:
    """One attempt in pieces. It is over when `is_over` says so, or a piece did not end."""

    def __init__(self, until_urged: Callable[[], Awaitable[None]]) -> None:
        self._until_urged = until_urged
        self._piece: asyncio.Timeout | None = None
        self._slice_s = SLICE_S
        self._is_urged = False
        self._has_advanced = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hears the word while the block runs."""
        async with alongside(self._listen()):
            yield

    @property
    def is_over(self) -> bool:
        """Whether no other piece is begun: something urgent wants the slot, and something was done."""
        return self._has_advanced and self._is_urged

    @property
    def has_advanced(self) -> bool:
        """Whether something was done that will not be done again."""
        return self._has_advanced

    def advance(self) -> None:
        """Something was done that will not be done again."""
        self._has_advanced = True

    async def ended(self, piece: Callable[[], Awaitable[None]], broken_off: int) -> bool:
        """Whether the piece came to its end, or was broken off; so often was it before."""
        if broken_off >= MOST_BREAKS:
            await piece()
        else:
            self._slice_s = min(SLICE_S * 2**broken_off, MOST_SLICE_S)
            limit = self._piece = asyncio.timeout(self._slice_s if self._is_urged else None)
            try:
                async with limit:
                    await piece()
            except TimeoutError:
                if limit.expired():
                    return False
                raise
            finally:
                self._piece = None
        self._has_advanced = True
        return True

    async def _listen(self) -> None:
        await self._until_urged()
        self._is_urged = True
        if self._piece is not None:
            self._piece.reschedule(asyncio.get_running_loop().time() + self._slice_s)
