"""A process that asks for one missing value many times at once; a program of its own, started by the test of single flight.

    python -m tests.mesh.cache.stampede URL COUNT

It says ``ready``, waits for a line, and prints how many different answers it got.
"""

from __future__ import annotations

import asyncio
import sys

from redis.asyncio import Redis

from mesh.cache.redis import RedisCache
from mesh.log import Log
from mesh.redis import server_at


async def main(url: str, count: int) -> None:
    cache = RedisCache(server_at(url, "tester", None, code="bad-cache-url"), Log("tester"))
    async with Redis.from_url(url) as counter:

        async def make() -> bytes:
            number = await counter.incr("computations")
            await asyncio.sleep(0.2)
            return b"value %d" % number

        await cache.fetch("warm")
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        answers = await asyncio.gather(*(cache.compute("key", 60, make, family="f") for _ in range(count)))
    await cache.close()
    print(b"|".join(sorted(set(answers))).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
