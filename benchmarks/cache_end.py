"""A process of the cache benchmark: asks for one key many times at once, and says how often it had to make the value itself."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from benchmarks.cache import opened
from benchmarks.processes import obey

MAKING_S = 0.2


async def main() -> None:
    cache = opened(sys.argv[1])
    await cache.fetch("nothing")  # the connection is there before it counts

    async def ask(command: dict[str, Any]) -> dict[str, int]:
        made = 0

        async def make() -> bytes:
            nonlocal made
            made += 1
            await asyncio.sleep(MAKING_S)
            return b"the board"

        await asyncio.sleep(command["at"] - time.monotonic())
        found = await asyncio.gather(*(cache.compute(command["key"], 60, make) for _ in range(command["count"])))
        return {"made": made, "answered": found.count(b"the board")}

    try:
        await obey({}, ask)
    finally:
        await cache.close()


if __name__ == "__main__":
    asyncio.run(main())
