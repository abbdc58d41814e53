"""Owns a small memory of what was just read: each thing is read once for all who ask at the same time. Bounded.

What was read from a replica and what was read fresh are two things: whoever must see what he just did is not shown the other.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from mesh.clock import Clock
from services.frontend.reads.sides import Side, current

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Fresh(Generic[K, V]):
    """Values that count as fresh for ``life_s``, of the ``most`` keys asked for last.

    What fails is told to all who wait, and not kept. While their source is away they may still be had for ``stale_s`` (`stale`).
    """

    def __init__(self, clock: Clock, life_s: float, most: int = 1000, stale_s: float = 0.0) -> None:
        self._clock = clock
        self._life_s = life_s
        self._stale_s = stale_s
        self._most = most
        self._kept: OrderedDict[tuple[Side, K], tuple[float, V]] = OrderedDict()
        self._readings: dict[tuple[Side, K], _Reading[V]] = {}

    async def read(self, key: K, make: Callable[[], Awaitable[V]], *, life_s: float | None = None) -> V:
        """The fresh value, read by ``make`` when there is none; when its reader is cancelled, the next in line reads.

        ``life_s`` is how old it may be for this reader.
        """
        return await self._read((current(), key), make, self._life_s if life_s is None else life_s)

    def stale(self, key: K) -> tuple[V] | None:
        """What was read last, this request's side before the other; None when that is longer ago than ``stale_s``."""
        return next((kept for side in (current(), *Side) if (kept := self._within((side, key), self._stale_s))), None)

    def forget(self, key: K) -> None:
        """The next to ask reads anew; what is being read now is not kept."""
        for side in Side:
            self._kept.pop((side, key), None)
            self._readings.pop((side, key), None)

    def _within(self, key: tuple[Side, K], age_s: float) -> tuple[V] | None:
        kept = self._kept.get(key)
        return (kept[1],) if kept is not None and self._clock.monotonic() - kept[0] < age_s else None

    async def _read(self, key: tuple[Side, K], make: Callable[[], Awaitable[V]], life_s: float) -> V:
        while True:
            fresh = self._within(key, life_s)
            if fresh is not None:
                return fresh[0]
            reading = self._readings.get(key)
            if reading is None:
                return await self._make(key, make)
            await reading.ended.wait()
            if reading.error is not None:
                raise reading.error
            if reading.found is not None:
                return reading.found[0]

    async def _make(self, key: tuple[Side, K], make: Callable[[], Awaitable[V]]) -> V:
        reading = self._readings[key] = _Reading[V]()
        began = self._clock.monotonic()
        try:
            value = await make()
        except Exception as error:
            reading.error = error
            raise
        else:
            reading.found = (value,)
            if self._readings.get(key) is reading:
                self._keep(key, began, value)
            return value
        finally:
            if self._readings.get(key) is reading:
                del self._readings[key]
            reading.ended.set()

    def _keep(self, key: tuple[Side, K], began: float, value: V) -> None:
        self._kept[key] = (began, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


class _Reading(Generic[V]):
    """One read under way."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.found: tuple[V] | None = None
        self.error: Exception | None = None
