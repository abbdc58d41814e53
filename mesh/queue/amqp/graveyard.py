"""Owns looking at dead letters on RabbitMQ, replaying and purging them. Never makes one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage

from mesh.errors import Refused
from mesh.queue.amqp.envelope import Envelope, unpacked
from mesh.queue.amqp.link import CALL_LIMIT_S
from mesh.queue.contract import DeadLetter, Message


async def dead_letters(connection: AbstractConnection, dead_queue: str, most: int) -> list[DeadLetter]:
    """The oldest, put back where they were when the channel closes."""
    found: list[DeadLetter] = []
    async with _channel(connection) as channel:
        async for delivered in _each(channel, dead_queue, most):
            envelope = await _read(delivered)
            found.append(DeadLetter(envelope.message, envelope.error, envelope.tries + envelope.give_backs))
    return found


async def settle_dead(
    connection: AbstractConnection, dead_queue: str, ids: Sequence[str], settle: Callable[[Envelope], Awaitable[None]]
) -> int:
    """Does something with each of these dead letters (no ids: all), then removes it; how many. The others stay."""
    wanted = frozenset(ids)
    count = 0
    async with _channel(connection) as channel:
        async for delivered in _each(channel, dead_queue, None):
            envelope = await _read(delivered)
            if wanted and envelope.message.id not in wanted:
                continue
            await settle(envelope)
            await channel.basic_ack(delivered.delivery_tag or 0)
            count += 1
    return count


async def message_count(connection: AbstractConnection, queue: str) -> int:
    """How many lie ready, as the broker says now (a reused channel would repeat its first answer)."""
    async with _channel(connection) as channel:
        answer = await channel.queue_declare(queue, passive=True, timeout=CALL_LIMIT_S)
        return answer.message_count or 0


@asynccontextmanager
async def _channel(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    outer = await connection.channel(publisher_confirms=False)
    channel = await outer.get_underlay_channel()
    try:
        yield channel
    finally:
        await channel.close()


async def _each(channel: AbstractChannel, queue: str, most: int | None) -> AsyncIterator[DeliveredMessage]:
    """Every message that lay there at the start, oldest first, unacknowledged."""
    answer = await channel.queue_declare(queue, passive=True, timeout=CALL_LIMIT_S)
    count = answer.message_count or 0
    for _ in range(count if most is None else min(count, most)):
        delivered = await channel.basic_get(queue, timeout=CALL_LIMIT_S)
        if delivered.delivery_tag is None:
            return
        yield delivered


async def _read(delivered: DeliveredMessage) -> Envelope:
    try:
        return await unpacked(delivered)
    except Refused as wrong:
        message_id = delivered.header.properties.message_id or f"unreadable-{delivered.delivery_tag}"
        return Envelope(Message(message_id, delivered.body), error=wrong.message)
