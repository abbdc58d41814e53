"""Owns the two keepers of the cache's promise, opened alike, and the passing of time for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from mesh.cache import Cache
from mesh.cache.memory import MemoryCache
from mesh.cache.redis import RedisCache
from mesh.clock import TurnedClock
from mesh.redis import server_at


@dataclass
class Stage:
    """A cache, the same cache as another process sees it, and its clock."""

    cache: Cache
    other: Cache
    clock: TurnedClock | None

    async def pass_time(self, seconds: float) -> None:
        """Turns the clock; a real server's clock takes its time."""
        if self.clock is not None:
            self.clock.turn(seconds)
        else:
            await asyncio.sleep(seconds)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.brokers)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "memory":
        clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
        memory = MemoryCache(clock)
        yield Stage(memory, memory, clock)
        await memory.close()
        return
    server = server_at(request.getfixturevalue("redis_url"), "tester", None, "bad-cache-url")
    first, second = RedisCache(server), RedisCache(server)
    yield Stage(first, second, None)
    await first.close()
    await second.close()


@pytest.fixture
def cache(stage: Stage) -> Cache:
    return stage.cache
