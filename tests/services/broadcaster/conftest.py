"""Both keepers of the topics' promise, and a broadcaster on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.topics import Topics
from mesh.topics.opening import open_topics
from tests.services.broadcaster.stands import Stand, stand_on


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.brokers)])
async def topics(request: pytest.FixtureRequest) -> AsyncIterator[Topics]:
    url = "memory:" if request.param == "memory" else request.getfixturevalue("redis_url")
    async with open_topics(url, "broadcaster", SystemClock(), Log("broadcaster"), None) as opened:
        yield opened


@pytest.fixture
async def stand(topics: Topics, pki_folder: Path) -> AsyncIterator[Stand]:
    async with stand_on(topics, pki_folder) as made:
        yield made
