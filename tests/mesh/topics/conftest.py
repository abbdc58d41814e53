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
from tests.support.redises import patient, tester_at

Make = Callable[..., Topics]
"""Makes topics with other bounds: memory_length, buffer_length."""


@pytest.fixture(params=["memory", *(pytest.param(name, marks=pytest.mark.brokers) for name in ("redis", "mesh-redis"))])
def make(request: pytest.FixtureRequest) -> Make:
    """In memory, and over mutual TLS: on a bare Redis, and on one as compose/redis/ has it, with the commands that recorder and broadcaster may use."""
    if request.param == "memory":
        return lambda **bounds: MemoryTopics(SystemClock(), **bounds)
    if request.param == "redis":
        server = patient(server_at(request.getfixturevalue("rediss_url"), "tester", request.getfixturevalue("credentials")("recorder"), code="bad-topics-url"))
    else:
        server = patient(tester_at(request.getfixturevalue("secured_state"), request.getfixturevalue("credentials")("recorder"), "recorder", "broadcaster"))
    return lambda **bounds: RedisTopics(server, Log("tester"), **bounds)


@pytest.fixture
async def topics(make: Make) -> AsyncIterator[Topics]:
    opened = make()
    yield opened
    await opened.close()
