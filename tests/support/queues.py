"""Owns the queues that the tests of both keepers declare, and short words for what they do with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mesh.ids import new_id
from mesh.queue import Consumer, Delivery, Message, Queue
from wire.queues import QueueSpec

_EVERYBODY = frozenset({"tester", "publisher", "consumer"})


def spec(name: str, *, prefetch: int = 50, max_tries: int = 3, **more: object) -> QueueSpec:
    """A declaration with short waits."""
    fields: dict[str, object] = {"backoff_s": (1,), **more}
    return QueueSpec(name, bytes, publishers=_EVERYBODY, consumers=_EVERYBODY, prefetch=prefetch, max_tries=max_tries, **fields)  # type: ignore[arg-type]  # fields by name


WORK = spec("Work")
SMALL = spec("Small", max_length=5)
BRIEF = spec("Brief", ttl_s=1)
SINGLE = spec("Single", is_single_active=True)
NARROW = spec("Narrow", prefetch=2)
PACED = spec("Paced", rate_per_minute=600)
SPECS = (WORK, SMALL, BRIEF, SINGLE, NARROW, PACED)


def message(body: bytes | str = b"body", **more: object) -> Message:
    """A fresh message."""
    return Message(new_id(), body.encode() if isinstance(body, str) else body, **more)  # type: ignore[arg-type]  # fields by name


async def publish(queue: Queue, name: str, count: int) -> list[str]:
    """Publishes so many, one after the other; their ids."""
    messages = [message(str(number)) for number in range(count)]
    for each in messages:
        await queue.publish(name, each)
    return [each.id for each in messages]


async def take(consumer: Consumer, count: int, limit_s: float = 15) -> list[Delivery]:
    """Takes exactly so many, not acknowledged."""
    found: list[Delivery] = []
    async with asyncio.timeout(limit_s):
        while len(found) < count:
            found += await consumer.take(count - len(found))
    return found


async def nothing_comes(consumer: Consumer, for_s: float = 0.3) -> None:
    """Fails when something comes."""
    try:
        async with asyncio.timeout(for_s):
            found = await consumer.take()
    except TimeoutError:
        return
    raise AssertionError(f"came: {[each.message.id for each in found]}")


def ids(deliveries: list[Delivery]) -> list[str]:
    return [each.message.id for each in deliveries]


async def until(is_so: Callable[[], Awaitable[bool]], limit_s: float = 15) -> None:
    """Returns when it is so; fails after the limit."""
    async with asyncio.timeout(limit_s):
        while not await is_so():
            await asyncio.sleep(0.02)


async def holds(queue: Queue, name: str) -> bool:
    """Whether anything lies in it that may be taken now."""
    return (await queue.depth(name)).ready > 0
