"""Measures queues: pipelined against one by one, ours against the bare driver, TLS against plain.

Rounds alternate; figures are ratios of medians. RabbitMQ is the Debian package, started here in a temporary folder;
where it is missing only the embedded queue is measured, and the report says so.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aio_pika

from benchmarks.rounds import at_least, rates
from compose.local.servers import RABBITMQ_SERVER
from mesh.clock import SystemClock
from mesh.ids import new_id
from mesh.log import Log
from mesh.queue import Message, Queue
from mesh.queue.opening import open_queue
from mesh.tls import Credentials
from pki.registrar import Registrar
from pki.store import Store
from tests.support.brokers import RabbitMq, rabbitmq_running
from wire.queues import COMMANDS, QueueSpec

ROUNDS = 7
BODY = os.urandom(512)
WORK = COMMANDS.name
TEN = QueueSpec("Ten", bytes, frozenset({"frontend"}), frozenset({"frontend"}), prefetch=10, max_tries=3, backoff_s=(1,))
SPECS = (COMMANDS, TEN)


def measure() -> dict[str, Any]:
    """Ratios, and the rates beside them."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        figures = asyncio.run(_embedded(folder / "file"))
        if not RABBITMQ_SERVER.exists():
            return figures | {"RabbitMQ": {"value": "not installed here", "note": "apt-get install rabbitmq-server"}}
        Registrar(Store(folder / "pki")).bootstrap()
        with rabbitmq_running(folder / "rabbitmq", pki=folder / "pki") as broker:
            vhost = broker.fresh_vhost()
            broker.allow(vhost, "frontend")
            figures |= asyncio.run(_rabbitmq(broker, vhost, folder / "pki"))
    return figures


async def _embedded(folder: Path) -> dict[str, Any]:
    async with open_queue(f"file://{folder}", "house", SPECS, SystemClock(), Log("house"), None) as queue:
        speed = await rates({
            "one": lambda: _publish(queue, 100, 1), "fifty": lambda: _publish(queue, 2000, 50),
            "one ack": lambda: _consume(queue, WORK, 300, 1), "group": lambda: _consume(queue, WORK, 1800, 100),
        }, ROUNDS)  # fmt: skip
    return {
        "embedded: 50 in flight / one by one": at_least(speed["fifty"] / speed["one"], 3, f"{speed['one']:.0f}/s one by one"),
        "embedded: publish, 50 in flight": {"value": speed["fifty"], "unit": "/s"},
        "embedded: take and ack in groups of 100 / one by one": at_least(speed["group"] / speed["one ack"], 3),
    }


async def _rabbitmq(broker: RabbitMq, vhost: str, pki: Path) -> dict[str, Any]:
    clock, log = SystemClock(), Log("frontend")
    credentials = Credentials.load(pki, "frontend")
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(open_queue(broker.url(vhost), "frontend", SPECS, clock, log, None))
        secret = await stack.enter_async_context(open_queue(broker.tls_url(vhost), "frontend", SPECS, clock, log, credentials))
        speed = await rates({
            "one": lambda: _publish(plain, 100, 1), "fifty": lambda: _publish(plain, 1000, 50), "tls": lambda: _publish(secret, 1000, 50),
            "drain": lambda: _consume(plain, WORK, 2100, 200),
        }, ROUNDS)  # fmt: skip
        consumed = await rates(
            {"ours": lambda: _consume(plain, TEN.name, 600, 10), "bare": lambda: _consume_bare(broker.url(vhost), TEN.name, 600)},
            ROUNDS,
            before=lambda: _publish(plain, 600, 100, TEN.name),
        )
    return {
        "RabbitMQ: 50 in flight / one by one": at_least(speed["fifty"] / speed["one"], 3, f"{speed['one']:.0f}/s one by one"),
        "RabbitMQ: AMQPS / plain, 50 in flight": at_least(speed["tls"] / speed["fifty"], 0.8),
        "RabbitMQ: our consumer / bare aio-pika callback, prefetch 10": at_least(consumed["ours"] / consumed["bare"], 0.8),
        "RabbitMQ: take and ack in groups of 200": {"value": speed["drain"], "unit": "/s"},
    }


async def _publish(queue: Queue, count: int, in_flight: int, name: str = WORK) -> int:
    async def some() -> None:
        for _ in range(count // in_flight):
            await queue.publish(name, Message(new_id(), BODY))

    await asyncio.gather(*(some() for _ in range(in_flight)))
    return count


async def _consume(queue: Queue, name: str, count: int, group: int) -> int:
    async with queue.consumer(name) as consumer:
        left = count
        while left:
            held = await consumer.take(min(group, left))
            await consumer.ack(held)
            left -= len(held)
    return count


async def _consume_bare(url: str, name: str, count: int) -> int:
    done = asyncio.Event()
    left = count

    async def handle(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal left
        await message.ack()
        left -= 1
        if not left:
            done.set()

    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=10)
        await (await channel.get_queue(name)).consume(handle)
        await done.wait()
    return count
