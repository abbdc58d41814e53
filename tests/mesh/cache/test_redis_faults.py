"""What the cache on Redis does when the server is away, frozen, emptied or full."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis as Client

from mesh.cache import Cache, Rate
from mesh.cache.redis import RedisCache
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.redis import server_at
from tests.support.brokers import Redis, redis_running
from tests.support.proxy import Proxy
from tests.support.timing import is_done_within

pytestmark = pytest.mark.brokers


def cache_at(url: str) -> RedisCache:
    return RedisCache(server_at(url, "tester", None, code="bad-cache-url"), Log("tester"))


async def until_back(cache: Cache) -> None:
    """Waits until the server is used again."""
    async with asyncio.timeout(10):
        while True:
            try:
                await cache.fetch("any")
            except Unavailable:
                await asyncio.sleep(0.02)
            else:
                return


async def made() -> bytes:
    return b"made"


async def everything_refuses(cache: Cache) -> None:
    calls = {
        "fetch": lambda: cache.fetch("a"),
        "fetch_many": lambda: cache.fetch_many(["a"]),
        "store": lambda: cache.store("a", b"1", 1),
        "store_if_absent": lambda: cache.store_if_absent("a", b"1", 1),
        "forget": lambda: cache.forget("a"),
        "forget_family": lambda: cache.forget_family("a"),
        "allow": lambda: cache.allow({"a": Rate(1, 1, 1)}),
        "fetch_and_allow": lambda: cache.fetch_and_allow("a", {"b": Rate(1, 1, 1)}),
        "add_to_list": lambda: cache.add_to_list("l", "a", 1),
        "list_members": lambda: cache.list_members("l"),
        "remove_from_list": lambda: cache.remove_from_list("l", "a"),
    }

    async def is_refused(call: Callable[[], Awaitable[object]]) -> None:
        with pytest.raises(Unavailable) as refused:
            await call()
        assert refused.value.code == "cache-unavailable"

    for name, call in calls.items():
        await is_done_within(1.5, partial(is_refused, call), name)


@pytest.mark.faults
async def test_server_that_died_is_said_within_a_second_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    with redis_running(tmp_path) as server:
        cache = cache_at(server.url(0))
        await cache.store("a", b"1", 60)
        await asyncio.to_thread(server.kill)
        await everything_refuses(cache)
        assert await cache.compute("k", 60, made) == b"made"
        await asyncio.to_thread(server.start)
        await until_back(cache)
        await cache.store("a", b"2", 60)
        assert await cache.fetch("a") == b"2"
        await cache.close()


async def test_stalled_server_is_said_within_a_second(redis_server: Redis, redis_url: str) -> None:
    async with Proxy.to("127.0.0.1", redis_server.port) as proxy:
        cache = cache_at(redis_url.replace(str(redis_server.port), str(proxy.port)))
        await cache.store("a", b"1", 60)
        proxy.stall()

        async def is_refused() -> None:
            with pytest.raises(Unavailable):
                await cache.fetch("a")

        async def is_made() -> None:
            assert await cache.compute("k", 60, made) == b"made"

        await is_done_within(1.5, is_refused, "fetch")
        await is_done_within(1.5, is_made, "compute")
        proxy.cut()
        proxy.resume()
        await until_back(cache)
        assert await cache.fetch("a") == b"1"
        await cache.close()


async def test_answers_never_go_to_the_wrong_caller_when_callers_are_cancelled(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.cache.redis._LIMIT_S", 10.0)  # nobody is told that there is none
    cache = cache_at(redis_url)
    for number in range(50):
        await cache.store(str(number), str(number).encode(), 60)
    for delay in range(20):
        asking = [asyncio.ensure_future(cache.fetch(str(number))) for number in range(50)]
        await asyncio.sleep(delay / 10_000)
        for number, each in enumerate(asking):
            if number % 3:
                each.cancel()
        for number, each in enumerate(await asyncio.gather(*asking, return_exceptions=True)):
            assert isinstance(each, asyncio.CancelledError) or each == str(number).encode()
    await cache.close()


async def test_maker_that_died_holds_up_the_others_for_a_bounded_time(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.cache.redis._LOCK_MS", 300)
    cache = cache_at(redis_url)
    async with Client.from_url(redis_url) as client:
        await client.set("lock:key", "of a process that died", px=60_000)
    began = time.monotonic()
    assert await cache.compute("key", 60, made) == b"made"
    assert 0.2 < time.monotonic() - began < 2
    await cache.close()


async def test_value_near_its_end_is_made_anew_by_one_while_the_others_get_the_old_one(redis_url: str) -> None:
    first, second = cache_at(redis_url), cache_at(redis_url)
    assert await first.compute("key", 10, made) == b"made"
    async with Client.from_url(redis_url) as client:
        await client.pexpire("key", 1500)
    making, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> bytes:
        making.set()
        await may_end.wait()
        return b"anew"

    refreshing = asyncio.ensure_future(first.compute("key", 60, slow))
    await making.wait()
    assert await second.compute("key", 60, slow) == b"made"
    may_end.set()
    assert await refreshing == b"anew"
    assert await second.fetch("key") == b"anew"
    await first.close()
    await second.close()


async def test_lost_version_of_a_family_brings_nothing_back_to_life(redis_url: str) -> None:
    cache = cache_at(redis_url)
    assert await cache.compute("key", 60, made, family="f") == b"made"
    async with Client.from_url(redis_url) as client:
        await client.delete("family:f")  # as when the server evicted it
    assert await cache.fetch("key") is None

    async def anew() -> bytes:
        return b"anew"

    assert await cache.compute("key", 60, anew, family="f") == b"anew"
    await cache.close()


async def test_forgetting_a_family_looks_for_no_keys(redis_url: str) -> None:
    cache = cache_at(redis_url)
    for number in range(20):
        await cache.compute(f"k{number}", 60, made, family="f")
    async with Client.from_url(redis_url) as client:
        await client.config_resetstat()
        await cache.forget_family("f")
        statistics = await client.info("commandstats")
    assert {name.removeprefix("cmdstat_") for name in statistics} <= {"set", "config|resetstat", "info"}
    await cache.close()


@pytest.mark.faults
async def test_full_server_that_must_not_evict_refuses(tmp_path: Path) -> None:
    with redis_running(tmp_path, settings=("--maxmemory", "8mb", "--maxmemory-policy", "noeviction")) as server:
        cache = cache_at(server.url(0))
        await cache.store("kept", b"1", 60)
        with pytest.raises(Unavailable) as refused:
            for number in range(500):
                await cache.store(str(number), bytes(20_000), 60)
        assert refused.value.code == "cache-full"
        assert await cache.fetch("kept") == b"1"
        with pytest.raises(Unavailable) as refused:
            await cache.fetch_and_allow("kept", {"a": Rate(1, 1, 1)})
        assert refused.value.code == "cache-full", "so who needs the value only asks for it alone"
        with pytest.raises(Unavailable) as refused:
            await cache.store_if_absent("kept", b"2", 60)
        assert refused.value.code == "cache-full", "what is there already shows it too: health asks so"
        await cache.close()


async def test_burst_of_callers_shares_a_bounded_pool(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.cache.redis._LIMIT_S", 20.0)  # 500 answers may take more than a second here
    cache = cache_at(redis_url)
    await cache.store("a", b"1", 60)
    assert set(await asyncio.gather(*(cache.fetch("a") for _ in range(500)))) == {b"1"}
    async with Client.from_url(redis_url) as client:
        ours = [one for one in await client.client_list() if one["name"] == "tester" and one["db"] == redis_url.rsplit("/", 1)[1]]
    assert 1 <= len(ours) <= 32
    await cache.close()
