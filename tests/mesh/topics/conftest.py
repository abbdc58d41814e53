"""Owns the two keepers of the topics' promise, opened alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.redis import server_at
from mesh.topics import Topics
from mesh.topics.memory import MemoryTopics
from mesh.topics.redis import RedisTopics

Make = Callable[..., Topics]
"""Makes topics with other bounds: memory_length, buffer_length."""


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.brokers)])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "memory":
        return lambda **bounds: MemoryTopics(SystemClock(), **bounds)
    url = request.getfixturevalue("redis_url")
    return lambda **bounds: RedisTopics(server_at(url, "tester", None, code="bad-topics-url"), Log("tester"), **bounds)


@pytest.fixture
async def topics(make: Make) -> AsyncIterator[Topics]:
    opened = make()
    yield opened
    await opened.close()
