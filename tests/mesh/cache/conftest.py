"""Owns the keepers of the cache's promise, opened alike, and the passing of time for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh.cache import Cache
from mesh.cache.file import FileCache
from mesh.cache.memory import MemoryCache
from mesh.cache.redis import RedisCache
from mesh.clock import SystemClock, TurnedClock
from mesh.log import Log
from mesh.redis import Server, server_at
from tests.support.redises import patient, tester_at


@dataclass
class Stage:
    """A cache, the same cache as another process sees it, and its clock."""

    cache: Cache
    other: Cache
    clock: TurnedClock | None

    def monotonic(self) -> float:
        """Seconds by that clock; a real server's goes as ours."""
        return (self.clock or SystemClock()).monotonic()

    async def pass_time(self, seconds: float) -> None:
        """Turns the clock; a real server's clock takes its time."""
        if self.clock is not None:
            self.clock.turn(seconds)
        else:
            await asyncio.sleep(seconds)


REDIS = [pytest.param(name, marks=pytest.mark.brokers) for name in ("redis", "mesh-redis")]


@pytest.fixture(params=["memory", "file", *REDIS])
def place(request: pytest.FixtureRequest) -> Server | str:
    """memory, file, or a fresh database over mutual TLS: of a bare Redis, and of one as compose/redis/ has it. Servers start outside of any event loop."""
    if request.param == "redis":
        return patient(server_at(request.getfixturevalue("rediss_url"), "tester", request.getfixturevalue("credentials")("frontend"), code="bad-cache-url"))
    if request.param == "mesh-redis":
        return patient(tester_at(request.getfixturevalue("secured_state"), request.getfixturevalue("credentials")("frontend"), "frontend"))
    return str(request.param)


@pytest.fixture
async def stage(place: Server | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr("mesh.cache.redis._LIMIT_S", 10.0)  # a busy machine is no promise broken; test_redis_faults holds the limit
    clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
    if place == "file":
        async with FileCache.open(tmp_path, clock, Log("tester")) as remembering:
            yield Stage(remembering, remembering, clock)
        return
    if place == "memory":
        memory = MemoryCache(clock)
        yield Stage(memory, memory, clock)
        await memory.close()
        return
    assert isinstance(place, Server)
    first, second = RedisCache(place, Log("tester")), RedisCache(place, Log("tester"))
    yield Stage(first, second, None)
    await first.close()
    await second.close()


@pytest.fixture
def cache(stage: Stage) -> Cache:
    return stage.cache
