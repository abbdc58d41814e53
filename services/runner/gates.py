"""Owns that a thing is done by one at a time, per key, and that keys nobody uses are forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Gate:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Gates:
    """A lock per key, for as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._gates: dict[str, _Gate] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._gates

    @asynccontextmanager
    async def one_at_a_time(self, key: str) -> AsyncIterator[None]:
        """The block is entered by nobody else with that key."""
        gate = self._gates.setdefault(key, _Gate())
        gate.users += 1
        try:
            async with gate.lock:
                yield
        finally:
            gate.users -= 1
            if not gate.users:
                del self._gates[key]
