"""Owns the lines that runners at work hold open: waited on until something is to be said. Never knows what."""

from __future__ import annotations

import asyncio

from services.grader.figures import Figures


class Lines:
    """One line per attempt, at most; stirring it ends the wait of whoever holds it now."""

    def __init__(self, figures: Figures) -> None:
        self._held: dict[str, asyncio.Event] = {}
        self._gauge = figures.lines

    async def until_stirred(self, attempt: str, until: float) -> bool:
        """Whether something is to be said before that time of the loop. Being cancelled means that the line broke."""
        stirred = self._held.setdefault(attempt, asyncio.Event())
        try:
            with self._gauge.track_inprogress():
                async with asyncio.timeout_at(until):
                    await stirred.wait()
        except TimeoutError:
            return False
        return True

    def stir(self, attempt: str) -> None:
        """Something is to be said on it."""
        stirred = self._held.pop(attempt, None)
        if stirred is not None:
            stirred.set()

    def stir_all(self) -> None:
        """On every line."""
        for attempt in list(self._held):
            self.stir(attempt)
