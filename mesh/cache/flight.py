"""Owns single flight: of all who want one missing value at once, one makes it. Starts no tasks and stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Flights:
    """The makings under way in this process, by key."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight] = {}

    async def join(self, key: str, make: Callable[[Callable[[], bool]], Awaitable[bytes]]) -> bytes:
        """The value that one caller makes for all.

        ``make`` gets a question, "is it still wanted?", to ask before it stores: False after `abandon`. Who waits gets the
        maker's error too; when the maker is cancelled, the next in line makes it.
        """
        while (flight := self._flights.get(key)) is not None:
            await flight.landed.wait()
            if flight.value is not None:
                return flight.value
            if flight.error is not None:
                raise flight.error
        flight = self._flights[key] = _Flight()
        try:
            flight.value = await make(lambda: self._flights.get(key) is flight)
        except Exception as error:
            flight.error = error
            raise
        else:
            return flight.value
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.landed.set()

    def abandon(self, key: str) -> None:
        """Lets nobody join the making that is under way: what it reads may be older than the caller's wish to forget."""
        self._flights.pop(key, None)


class _Flight:
    def __init__(self) -> None:
        self.landed = asyncio.Event()
        self.value: bytes | None = None
        self.error: Exception | None = None
