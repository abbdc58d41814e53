"""A process to be killed: publishes, or holds deliveries, and says on standard output what it was promised."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mesh.clock import SystemClock
from mesh.queue.file import FileQueue
from tests.support.queues import SPECS, message


async def publish_for_ever(folder: Path) -> None:
    async with FileQueue.open(folder, SPECS, SystemClock()) as queue:
        while True:
            batch = [message(b"x" * 700) for _ in range(20)]
            await asyncio.gather(*(queue.publish("Work", each) for each in batch))
            print(*(each.id for each in batch), flush=True)


async def hold(folder: Path) -> None:
    async with FileQueue.open(folder, SPECS, SystemClock()) as queue, queue.consumer("Work") as consumer:
        held = list(await consumer.take(3))
        await held[0].ack()
        await queue.depth("Work")
        await held[1].retry("the process will die")
        print(*(each.message.id for each in held), flush=True)
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run({"publish": publish_for_ever, "hold": hold}[sys.argv[1]](Path(sys.argv[2])))
