"""Owns how long work that nobody waits for may go on once something urgent wants its slot. Never knows what the work is.

No other piece is begun, once something was done, and the one that runs has `SLICE_S` left: then it is broken off, to be begun anew by the next
attempt. Each time it has twice as long, `MOST_SLICE_S` at most, so that what needs a few seconds has them soon. No piece is ever let run to its
end while somebody waits: one that was broken off `MOST_BREAKS` times is put off by whoever asked for it (docs/decisions/0220).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from mesh.tasks import alongside
from wire.judging import MOST_BREAKS

SLICE_S = 0.5
"""A piece that needs less is worth waiting for: it would be begun anew."""

MOST_SLICE_S = 4.0
BUILD_S = 4.0
"""What a compiler has besides: mostly it needs a second or two, and what it made is kept."""

MOST_CASE_S = 10.0
"""What a submission has besides for a case, where its limits allow it so much: the case that is running."""

T = TypeVar("T")


class GivesWay(Exception):
    """Something urgent wants the slot, and the attempt goes no further."""


class Haste:
    """One attempt in pieces. The piece that comes next was broken off ``broken_off`` times, here and in the attempts before."""

    def __init__(self, until_urged: Callable[[], Awaitable[None]], broken_off: int = 0) -> None:
        self._until_urged = until_urged
        self._piece: asyncio.Timeout | None = None
        self._slice_s = self._least_s = SLICE_S
        self._is_urged = False
        self._has_advanced = False
        self.broken_off = broken_off

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

    @property
    def is_futile(self) -> bool:
        """Whether the piece that comes next was broken off so often that it has to wait until nobody wants the slot."""
        return self.broken_off >= MOST_BREAKS

    def advance(self) -> None:
        """Something was done that will not be done again: what comes next is another piece."""
        self._has_advanced = True
        self.broken_off = 0

    async def result_of(self, piece: Callable[[], Awaitable[T]], allowance_s: float = 0.0) -> T:
        """What the piece comes to. Once something urgent wants the slot it has its slice left, and so much besides.

        Raises: `GivesWay` when it was broken off, and what the piece raises.
        """
        self._least_s = min(SLICE_S * 2 ** min(self.broken_off, MOST_BREAKS), MOST_SLICE_S)
        self._slice_s = allowance_s + self._least_s
        limit = self._piece = asyncio.timeout(self._slice_s if self._is_urged else None)
        try:
            async with limit:
                return await piece()
        except TimeoutError as late:
            if not limit.expired():
                raise
            self.broken_off += 1
            raise GivesWay from late
        finally:
            self._piece = None

    def end_allowance(self) -> None:
        """What the piece has besides its slice was for a part of it that is over."""
        self._slice_s = self._least_s
        if self._piece is not None and self._is_urged:
            over_at = asyncio.get_running_loop().time() + self._slice_s
            self._piece.reschedule(min(over_at, self._piece.when() or over_at))

    async def _listen(self) -> None:
        await self._until_urged()
        self._is_urged = True
        if self._piece is not None:
            self._piece.reschedule(asyncio.get_running_loop().time() + self._slice_s)
