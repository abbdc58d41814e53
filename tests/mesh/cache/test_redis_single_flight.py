"""One value is made once, by all processes together; a family is forgotten at a cost that does not grow with the cache."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from redis.asyncio import Redis as Client

from mesh.cache.redis import RedisCache
from mesh.log import Log
from mesh.redis import server_at

pytestmark = pytest.mark.brokers

PROCESSES, CALLERS = 4, 50
FILL = "for at = 1, ARGV[1] do redis.call('SET', 'filler:' .. at, 'x') end"


async def _started(url: str) -> Process:
    root = Path(__file__).parents[3]
    words = ("-m", "tests.mesh.cache.stampede", url, str(CALLERS))
    return await asyncio.create_subprocess_exec(sys.executable, *words, cwd=root, stdin=PIPE, stdout=PIPE)


async def _line(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().strip()


@pytest.mark.faults
async def test_200_misses_over_4_processes_are_one_computation(redis_url: str) -> None:
    processes = [await _started(redis_url) for _ in range(PROCESSES)]
    try:
        assert [await _line(one) for one in processes] == ["ready"] * PROCESSES
        for one in processes:
            assert one.stdin is not None
            one.stdin.write(b"go\n")
            one.stdin.close()
        assert [await _line(one) for one in processes] == ["value 1"] * PROCESSES
        assert [await one.wait() for one in processes] == [0] * PROCESSES
    finally:
        for one in processes:
            if one.returncode is None:
                one.kill()
                await one.wait()
    async with Client.from_url(redis_url) as client:
        assert await client.get("computations") == b"1"


async def test_forgetting_a_family_costs_the_same_among_a_hundred_times_more_keys(redis_url: str) -> None:
    cache = RedisCache(server_at(redis_url, "tester", None, code="bad-cache-url"), Log("tester"))

    async def made() -> bytes:
        return b"made"

    said: list[dict[str, int]] = []
    async with Client.from_url(redis_url) as client:
        for count in (1_000, 100_000):
            await client.eval(FILL, 0, str(count))
            for number in range(50):
                await cache.compute(f"member:{number}", 60, made, family="f")
            await client.config_resetstat()
            await cache.forget_family("f")
            said.append({name: one["calls"] for name, one in (await client.info("commandstats")).items() if "config" not in name and "info" not in name})
            assert await cache.fetch_many([f"member:{number}" for number in range(50)]) == [None] * 50
        await client.flushdb()
    assert said == [{"cmdstat_set": 1}] * 2
    await cache.close()
