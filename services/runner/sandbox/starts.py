"""Owns how the starting of boxes goes: since when none starts, why, and when it is tried again. Never starts one.

A box that did not start tells at once that something is wrong here; one that is only slow does when the next is as slow: a machine that is
loaded, or that stood still, is not broken. The first that starts ends the trouble.
"""

from __future__ import annotations

import asyncio
from time import monotonic

from services.runner.sandbox.errors import BoxSlow

FIRST_PAUSE_S = 0.5
MOST_PAUSE_S = 10.0

PATIENCE_S = 3.0
"""Whoever wants a box waits so long for the trouble to pass."""


class Starts:
    """How it goes. ``trouble`` says why boxes do not start, empty while they do; ``failures`` counts those in a row."""

    def __init__(self) -> None:
        self.trouble = ""
        self.failures = 0
        self._since = 0.0
        self._hurry = asyncio.Event()
        self._bad, self._good = asyncio.Event(), asyncio.Event()
        self._good.set()

    @property
    def is_hopeless(self) -> bool:
        """Whether it has gone on for so long that nobody should wait for a box."""
        return bool(self.trouble) and self.lasts_s >= PATIENCE_S

    @property
    def lasts_s(self) -> float:
        """For how long none has started, since the first that did not; 0 while they do."""
        return monotonic() - self._since if self.failures else 0.0

    def failed(self, why: Exception) -> None:
        """One did not start."""
        if not self.failures:
            self._since = monotonic()
        self.failures += 1
        if self.trouble or not isinstance(why, BoxSlow) or self.failures > 1:
            self.trouble = str(why)
            self._good.clear()
            self._bad.set()

    def went_well(self) -> None:
        """One did."""
        self.trouble, self.failures = "", 0
        self._bad.clear()
        self._good.set()

    def hurry(self) -> None:
        """The next try is made at once: somebody says that it is mended."""
        self._hurry.set()

    async def pause(self) -> None:
        """Waits before the next try, longer each time."""
        self._hurry.clear()
        try:
            async with asyncio.timeout(min(FIRST_PAUSE_S * 2 ** min(self.failures - 1, 10), MOST_PAUSE_S)):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def until_bad(self) -> None:
        """Returns when boxes do not start."""
        await self._bad.wait()

    async def until_good(self) -> None:
        """Returns when they do again."""
        await self._good.wait()
