"""Owns short words for what tests do with a subscription."""

from __future__ import annotations

import asyncio

from mesh.topics import Gap, News, Subscription


async def hear(subscription: Subscription, count: int, limit_s: float = 10) -> list[News | Gap]:
    """The next so many."""
    async with asyncio.timeout(limit_s):
        return [await subscription.next() for _ in range(count)]


async def bodies(subscription: Subscription, count: int) -> list[bytes]:
    """The bodies of the next so many; a gap is a failure."""
    heard = await hear(subscription, count)
    assert all(isinstance(each, News) for each in heard), heard
    return [each.body for each in heard if isinstance(each, News)]


async def silence(subscription: Subscription, for_s: float = 0.2) -> None:
    """Fails when something is heard."""
    try:
        async with asyncio.timeout(for_s):
            heard = await subscription.next()
    except TimeoutError:
        return
    raise AssertionError(f"heard {heard}")
