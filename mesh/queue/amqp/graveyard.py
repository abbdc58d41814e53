"""Owns looking at dead letters on RabbitMQ, replaying and purging them. Never makes one.

AMQP cannot look without taking: for a moment a second onlooker sees fewer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage

from mesh.errors import Refused
from mesh.queue.amqp.envelope import Envelope, unpacked
from mesh.queue.amqp.link import CALL_LIMIT_S
from mesh.queue.contract import DeadLetter, Message

_LOOKS: Final = 50


async def dead_letters(connection: AbstractConnection, dead_queue: str, most: int) -> list[DeadLetter]:
    """The oldest, put back where they were."""
    found: list[DeadLetter] = []
    async with _channel(connection) as channel:
        count = await _count(channel, dead_queue)
        async for delivered in _each(channel, dead_queue, min(count, most)):
            envelope = await _read(delivered)
            found.append(DeadLetter(envelope.message, envelope.error, envelope.tries + envelope.give_backs))
        await _put_back(channel, dead_queue, count)
    return found


async def settle_dead(
    connection: AbstractConnection, dead_queue: str, ids: Sequence[str], settle: Callable[[Envelope], Awaitable[None]]
) -> int:
    """Does something with each of these dead letters (no ids: all), then removes it; how many. The others stay."""
    wanted = frozenset(ids)
    settled = 0
    async with _channel(connection) as channel:
        count = await _count(channel, dead_queue)
        async for delivered in _each(channel, dead_queue, count):
            envelope = await _read(delivered)
            if wanted and envelope.message.id not in wanted:
                continue
            await settle(envelope)
            await channel.basic_ack(delivered.delivery_tag or 0)
            settled += 1
        await _put_back(channel, dead_queue, count - settled)
    return settled


async def counts(connection: AbstractConnection, queue: str) -> tuple[int, int]:
    """How many lie ready, and how many consume, as the broker says now (a reused channel would repeat its first answer)."""
    async with _channel(connection) as channel:
        answer = await channel.queue_declare(queue, passive=True, timeout=CALL_LIMIT_S)
        return answer.message_count or 0, answer.consumer_count or 0


@asynccontextmanager
async def _channel(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    outer = await connection.channel(publisher_confirms=False)
    channel = await outer.get_underlay_channel()
    try:
        yield channel
    finally:
        await channel.close()


async def _count(channel: AbstractChannel, queue: str) -> int:
    answer = await channel.queue_declare(queue, passive=True, timeout=CALL_LIMIT_S)
    return answer.message_count or 0


async def _each(channel: AbstractChannel, queue: str, most: int) -> AsyncIterator[DeliveredMessage]:
    """So many messages, oldest first, unacknowledged."""
    for _ in range(most):
        delivered = await channel.basic_get(queue, timeout=CALL_LIMIT_S)
        if delivered.delivery_tag is None:
            return
        yield delivered


async def _put_back(channel: AbstractChannel, queue: str, count: int) -> None:
    """Gives back what was not settled, and returns when it lies there again (or after a second: others take and put too)."""
    if count:
        await channel.basic_nack(0, multiple=True, requeue=True)
    for _ in range(_LOOKS):
        if await _count(channel, queue) >= count:
            return
        await asyncio.sleep(1 / _LOOKS)


async def _read(delivered: DeliveredMessage) -> Envelope:
    try:
        return await unpacked(delivered)
    except Refused as wrong:
        message_id = delivered.header.properties.message_id or f"unreadable-{delivered.delivery_tag}"
        return Envelope(Message(message_id, delivered.body), error=wrong.message)
