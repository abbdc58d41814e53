"""Both keepers of the topics' promise, and a broadcaster on each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.topics import Topics
from mesh.topics.opening import open_topics
from tests.services.broadcaster.stands import Stand, stand_on
from tests.support.loops import SettledLoop


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.brokers)])
async def topics(request: pytest.FixtureRequest) -> AsyncIterator[Topics]:
    url = "memory:" if request.param == "memory" else request.getfixturevalue("redis_url")
    async with open_topics(url, "broadcaster", SystemClock(), Log("broadcaster"), None) as opened:
        yield opened


@pytest.fixture
async def stand(topics: Topics, pki_folder: Path) -> AsyncIterator[Stand]:
    async with stand_on(topics, pki_folder) as made:
        yield made


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What leans on the loop's own buffers is held on both loops."""
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": SettledLoop}
    if item.path.name == "test_slow_browsers.py":
        factories["uvloop"] = uvloop.new_event_loop
    return factories
