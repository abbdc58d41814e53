"""Measures the cache on Redis: one round trip against two, many misses of one key, and what a large family costs to forget.

Redis is the Debian package, started here in a temporary folder.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from redis.asyncio import Redis as Client

from benchmarks.processes import Pinned
from benchmarks.rounds import at_least, at_most, rates
from mesh.cache import Rate
from mesh.cache.redis import RedisCache
from mesh.log import Log
from mesh.redis import server_at
from tests.support.brokers import Redis, redis_running

ROUNDS = 5
PROCESSES, MISSES = 4, 200
SMALL, LARGE = 1_000, 100_000
FORGETTINGS = 300


def measure() -> dict[str, Any]:
    """Ratios and counts; about a quarter of a minute."""
    if shutil.which("redis-server") is None:
        return {"Redis": {"value": "not installed here", "note": "apt-get install redis-server"}}
    with tempfile.TemporaryDirectory() as folder, redis_running(Path(folder) / "redis") as server:
        return asyncio.run(_together(server)) | asyncio.run(_forgetting(server)) | _misses(server.url(1))


def opened(url: str) -> RedisCache:
    """The cache as a service opens it."""
    return RedisCache(server_at(url, "frontend", None, code="bad-cache-url"), Log("frontend"))


async def _together(server: Redis) -> dict[str, Any]:
    cache = opened(server.url(1))
    try:
        await cache.store("session:1", os.urandom(200), 600)
        limits = {"ratelimit:a:login": Rate(10_000_000, 1, 1_000_000)}

        async def together() -> int:
            for _ in range(400):
                await cache.fetch_and_allow("session:1", limits)
            return 400

        async def apart() -> int:
            for _ in range(400):
                await cache.fetch("session:1")
                await cache.allow(limits)
            return 400

        speed = await rates({"together": together, "apart": apart}, ROUNDS)
    finally:
        await cache.close()
    return {
        "session and limit in one round trip / apart": at_least(speed["together"] / speed["apart"], 1.4),
    }


async def _forgetting(server: Redis) -> dict[str, Any]:
    """Two databases of one server, one with few keys and one with many; they take turns."""
    caches = {count: opened(server.url(database)) for database, count in ((2, SMALL), (3, LARGE))}
    samples: dict[int, list[float]] = {count: [] for count in caches}
    try:
        for database, count in ((2, SMALL), (3, LARGE)):
            async with Client.from_url(server.url(database)) as client:
                for start in range(0, count, 10_000):
                    await client.mset({f"problem:sum:{number}": os.urandom(40) for number in range(start, min(start + 10_000, count))})
        for number in range(FORGETTINGS):
            for count, cache in caches.items():
                found = await cache.compute("problem:sum:page", 60, _page(number), family="problem:sum")
                assert found == b"%d" % number, "what was forgotten is made anew"
                began = time.perf_counter()
                await cache.forget_family("problem:sum")
                samples[count].append(time.perf_counter() - began)
    finally:
        for cache in caches.values():
            await cache.close()
    small, large = (statistics.median(each) for each in samples.values())
    name = f"forgetting a family among {LARGE:,} keys / among {SMALL:,}"
    return {name: at_most(large / small, 1.5, note=f"{large * 1e6:.0f} µs")}


def _page(number: int) -> Callable[[], Awaitable[bytes]]:
    async def make() -> bytes:
        return b"%d" % number

    return make


def _misses(url: str) -> dict[str, Any]:
    """So many ask for one key that is not there, at once, in several processes: how often was it made, at most, in a round?"""
    helpers = [Pinned("benchmarks.cache_end", number, url) for number in range(PROCESSES)]
    made = []
    try:
        for number in range(ROUNDS):
            at = time.monotonic() + 0.1
            for helper in helpers:
                helper.tell(key=f"scoreboard:{number}", count=MISSES // PROCESSES, at=at)
            answers = [helper.hear() for helper in helpers]
            assert sum(answer["answered"] for answer in answers) == MISSES, answers
            made.append(sum(answer["made"] for answer in answers))
    finally:
        for helper in helpers:
            helper.close()
    note = f"each of {ROUNDS} rounds: {made}"
    return {f"{MISSES} misses of one key over {PROCESSES} processes": {"value": max(made), "unit": "making", "goal": "1", "is_met": set(made) == {1}, "note": note}}


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
