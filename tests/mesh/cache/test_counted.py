"""What a service does with cache, state and topics is counted, whoever keeps them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from mesh.cache import Rate
from mesh.cache.counted import CountedCache
from mesh.cache.memory import MemoryCache
from mesh.clock import TurnedClock
from mesh.errors import Unavailable
from mesh.metrics import MESH_METRICS, Metrics
from mesh.topics import Gap
from mesh.topics.counted import CountedTopics
from mesh.topics.memory import MemoryTopics

CLOCK = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("tester", MESH_METRICS)


async def shown(metrics: Metrics, name: str) -> dict[str, float]:
    """The lines of one metric, by their labels."""
    lines = [line for line in (await asyncio.to_thread(metrics.text)).decode().splitlines() if line.startswith(f"palestra_tester_{name}")]
    return {line.rpartition(" ")[0].removeprefix(f"palestra_tester_{name}"): float(line.rpartition(" ")[2]) for line in lines}


async def made() -> bytes:
    return b"made"


async def test_hits_misses_and_computations_are_counted_by_kind_of_key(metrics: Metrics) -> None:
    cache = CountedCache(MemoryCache(CLOCK), metrics, "cache")
    for _ in range(3):
        await cache.compute("problem:sum:card", 60, made)
    await cache.store("session:1", b"1", 60)
    await cache.fetch("session:1")
    await cache.fetch_many(["session:1", "session:2"])
    await cache.fetch_and_allow("session:3", {"ratelimit:a:any": Rate(1, 60, 1)})
    assert (await shown(metrics, "cache_reads_total")) == {
        '{kind="problem",outcome="miss",store="cache"}': 1, '{kind="problem",outcome="hit",store="cache"}': 2,
        '{kind="session",outcome="hit",store="cache"}': 2, '{kind="session",outcome="miss",store="cache"}': 2,
    }  # fmt: skip
    assert (await shown(metrics, "cache_computations_total")) == {'{kind="problem",store="cache"}': 1}
    assert (await shown(metrics, "cache_seconds_count"))['{call="fetch_and_allow",store="cache"}'] == 1


async def test_failures_are_counted_and_seen(metrics: Metrics) -> None:
    inner = MemoryCache(CLOCK)
    state = CountedCache(inner, metrics, "state")
    await state.fetch("session:1")
    assert (await shown(metrics, "cache_away")) == {'{store="state"}': 0}
    await inner.close()
    with pytest.raises(Unavailable):
        await state.fetch("session:1")
    assert (await shown(metrics, "cache_errors_total")) == {'{code="cache-unavailable",store="state"}': 1}
    assert (await shown(metrics, "cache_away")) == {'{store="state"}': 1}


async def test_news_breaks_and_what_is_read_again_are_counted(metrics: Metrics) -> None:
    topics = CountedTopics(MemoryTopics(CLOCK, buffer_length=2), metrics)
    async with topics.subscribe() as subscription:
        await subscription.follow("contest:finals")
        await topics.publish([("contest:finals", b"1"), ("contest:finals", b"2"), ("contest:finals", b"3"), ("user:ana", b"4")])
        assert isinstance(await subscription.next(), Gap)
    replay = await topics.replay("contest:finals", "0-0")
    assert len(replay.news) == 3
    await topics.replay("contest:finals", "1-1")
    assert (await shown(metrics, "topics_published_total")) == {'{kind="contest"}': 3, '{kind="user"}': 1}
    assert (await shown(metrics, "topics_gaps_total")) == {"": 1}
    assert (await shown(metrics, "topics_replays_total"))['{outcome="complete"}'] == 1
    assert (await shown(metrics, "topics_replays_total"))['{outcome="incomplete"}'] == 1
    assert (await shown(metrics, "topics_replayed_total")) == {"": 6}
    await topics.close()
    with pytest.raises(Unavailable):
        await topics.publish([("user:ana", b"5")])
    assert (await shown(metrics, "topics_unpublished_total")) == {"": 1}
