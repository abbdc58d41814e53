"""Measures queues and cache: pipelined against one by one, ours against bare drivers, TLS against plain, together against apart.

Rounds alternate; figures are ratios of medians. RabbitMQ and Redis are the Debian packages, started here in temporary folders;
where they are missing only the embedded queue is measured, and the report says so.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aio_pika
from redis.asyncio import Redis as Client

from mesh.cache import Rate
from mesh.cache.redis import RedisCache
from mesh.clock import SystemClock
from mesh.ids import new_id
from mesh.log import Log
from mesh.queue import Message, Queue
from mesh.queue.opening import open_queue
from mesh.redis import server_at
from mesh.tls import Credentials
from pki.registrar import Registrar
from pki.store import Store
from tests.support.brokers import RABBITMQ_SERVER, RabbitMq, Redis, rabbitmq_running, redis_running
from wire.queues import COMMANDS, QueueSpec

ROUNDS = 3
BODY = os.urandom(512)
WORK = COMMANDS.name
TEN = QueueSpec("Ten", bytes, frozenset({"frontend"}), frozenset({"frontend"}), prefetch=10, max_tries=3, backoff_s=(1,))
SPECS = (COMMANDS, TEN)

Step = Callable[[], Awaitable[int]]


def measure() -> dict[str, Any]:
    """Ratios, and the rates beside them."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        figures = asyncio.run(_embedded(folder / "file"))
        if not RABBITMQ_SERVER.exists():
            return figures | {"RabbitMQ and Redis": {"value": "not installed here", "note": "apt-get install rabbitmq-server redis-server"}}
        Registrar(Store(folder / "pki")).bootstrap()
        with rabbitmq_running(folder / "rabbitmq", pki=folder / "pki") as broker:
            vhost = broker.fresh_vhost()
            broker.allow(vhost, "frontend")
            figures |= asyncio.run(_rabbitmq(broker, vhost, folder / "pki"))
        with redis_running(folder / "redis") as server:
            figures |= asyncio.run(_redis(server))
    return figures


async def _embedded(folder: Path) -> dict[str, Any]:
    async with open_queue(f"file://{folder}", "house", SPECS, SystemClock(), Log("house"), None) as queue:
        rates = await _rates({
            "one": lambda: _publish(queue, 100, 1), "fifty": lambda: _publish(queue, 2000, 50),
            "one ack": lambda: _consume(queue, WORK, 300, 1), "group": lambda: _consume(queue, WORK, 1800, 100),
        })  # fmt: skip
    return {
        "embedded: 50 in flight / one by one": _ratio(rates["fifty"] / rates["one"], 3, "times", f"{rates['one']:.0f}/s one by one"),
        "embedded: publish, 50 in flight": {"value": rates["fifty"], "unit": "/s"},
        "embedded: take and ack in groups of 100 / one by one": _ratio(rates["group"] / rates["one ack"], 3, "times", ""),
    }


async def _rabbitmq(broker: RabbitMq, vhost: str, pki: Path) -> dict[str, Any]:
    clock, log = SystemClock(), Log("frontend")
    credentials = Credentials.load(pki, "frontend")
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(open_queue(broker.url(vhost), "frontend", SPECS, clock, log, None))
        secret = await stack.enter_async_context(open_queue(broker.tls_url(vhost), "frontend", SPECS, clock, log, credentials))
        rates = await _rates({
            "one": lambda: _publish(plain, 100, 1), "fifty": lambda: _publish(plain, 1000, 50), "tls": lambda: _publish(secret, 1000, 50),
            "drain": lambda: _consume(plain, WORK, 2100, 200),
        })  # fmt: skip
        consumed = await _rates(
            {"ours": lambda: _consume(plain, TEN.name, 600, 10), "bare": lambda: _consume_bare(broker.url(vhost), TEN.name, 600)},
            before=lambda: _publish(plain, 600, 100, TEN.name),
        )
    return {
        "RabbitMQ: 50 in flight / one by one": _ratio(rates["fifty"] / rates["one"], 3, "times", f"{rates['one']:.0f}/s one by one"),
        "RabbitMQ: AMQPS / plain, 50 in flight": _ratio(rates["tls"] / rates["fifty"], 0.8, "", ""),
        "RabbitMQ: our consumer / bare aio-pika callback, prefetch 10": _ratio(consumed["ours"] / consumed["bare"], 0.8, "", ""),
        "RabbitMQ: take and ack in groups of 200": {"value": rates["drain"], "unit": "/s"},
    }


async def _redis(server: Redis) -> dict[str, Any]:
    clients = [RedisCache(server_at(server.url(1), "frontend", None, code="bad-cache-url"), Log("frontend")) for _ in range(4)]
    cache = clients[0]
    await cache.store("session:1", os.urandom(200), 600)
    limits = {"ratelimit:a:login": Rate(10_000_000, 1, 1_000_000)}

    async def together() -> int:
        for _ in range(400):
            await cache.fetch_and_allow("session:1", limits)
        return 400

    async def apart() -> int:
        for _ in range(400):
            await cache.fetch("session:1")
            await cache.allow(limits)
        return 400

    rates = await _rates({"together": together, "apart": apart})
    made = 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0.2)
        return b"scoreboard"

    await asyncio.gather(*(clients[number % 4].compute("scoreboard:finals", 60, make) for number in range(200)))
    small = await _forget_family_us(cache)
    async with Client.from_url(server.url(1)) as client:
        for start in range(0, 100_000, 10_000):
            await client.mset({f"filler:{number}": b"x" for number in range(start, start + 10_000)})
    large = await _forget_family_us(cache)
    for client in clients:
        await client.close()
    return {
        "Redis: session and limit together / apart": _ratio(rates["together"] / rates["apart"], 1.4, "times", ""),
        "Redis: 200 misses of one key over 4 clients": {"value": made, "unit": "making", "goal": "1", "is_met": made == 1},
        "Redis: forgetting a family among 100,000 keys / among few": {
            "value": large / small, "unit": "times", "goal": "≤ 1.5", "is_met": large / small <= 1.5,
        },
    }  # fmt: skip


async def _forget_family_us(cache: RedisCache) -> float:
    samples = []
    for _ in range(300):
        began = time.perf_counter()
        await cache.forget_family("problem:sum")
        samples.append(time.perf_counter() - began)
    return statistics.median(samples) * 1e6


async def _rates(steps: dict[str, Step], before: Step | None = None) -> dict[str, float]:
    """Things a second, the median of alternating rounds; what ``before`` does is not counted."""
    samples: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            if before is not None:
                await before()
            began = time.perf_counter()
            count = await step()
            samples[name].append(count / (time.perf_counter() - began))
    return {name: statistics.median(each) for name, each in samples.items()}


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


def _ratio(value: float, goal: float, unit: str, note: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "goal": f"≥ {goal:g}", "is_met": value >= goal, "note": note}
