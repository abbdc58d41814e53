"""A real RabbitMQ that is full, or takes nothing: who submits hears 503 and when to come back, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.queue import Queue
from mesh.queue.amqp import publisher
from mesh.queue.opening import open_queue
from tests.mesh.queue.test_amqp_alarm import alarm
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import World
from tests.support.brokers import RabbitMq
from tests.support.proxy import Proxy
from tests.support.queues import take
from wire.queues import COMMANDS

pytestmark = pytest.mark.brokers


@asynccontextmanager
async def queued_on(url: str, world: World, monkeypatch: pytest.MonkeyPatch, max_length: int) -> AsyncIterator[Queue]:
    """The world's frontend publishes to that broker."""
    spec = replace(COMMANDS, max_length=max_length)
    async with open_queue(url, "frontend", (spec,), SystemClock(), Log("frontend"), None) as queue:
        monkeypatch.setattr(world.backbone.queue, "publish", queue.publish)
        yield queue


async def test_full_queue_is_503_until_there_is_room(finals: World, amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await finals.signed_in("ana")
    taken = []
    async with queued_on(amqp_url, finals, monkeypatch, max_length=3) as queue:
        while (answer := await ana.submit()).status == 202:
            taken.append(answer.json["id"])
            assert len(taken) < 100
        assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "queue-full", "5")
        async with queue.consumer(COMMANDS.name) as consumer:
            held = await take(consumer, len(taken))
            assert [one.message.id for one in held] == taken, "what was answered with 202, and nothing else"
            await consumer.ack(held)
            again = await ana.submit()
            assert again.status == 202
            assert (await take(consumer, 1))[0].message.id == again.json["id"]


async def test_broker_in_alarm_is_503_and_the_same_key_counts_once(
    finals: World, rabbitmq: RabbitMq, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 1.0)
    monkeypatch.setattr(publisher, "BLOCKED_LIMIT_S", 0.3)
    ana, key = await finals.signed_in("ana"), {"Idempotency-Key": "once"}
    async with queued_on(amqp_url, finals, monkeypatch, max_length=1000) as queue:
        async with alarm(rabbitmq):
            unknown = await ana.submit(headers=key)
            assert (unknown.status, unknown.code) == (503, "queue-unavailable")
            assert int(unknown.headers["Retry-After"]) >= 1
            refused = await ana.submit()
            assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "queue-blocked", "10")
        again = await ana.submit(headers=key)
        assert again.status == 202
        one = again.json["id"]
        async with queue.consumer(COMMANDS.name) as consumer:
            assert {(await take(consumer, 1))[0].message.id} == {one}, "the same command, which is applied once"
            assert (await queue.depth(COMMANDS.name)).ready <= 1


async def test_the_health_detail_says_since_when_the_queue_is_away(worlds: Worlds, rabbitmq: RabbitMq, amqp_url: str) -> None:
    async with Proxy.to("127.0.0.1", rabbitmq.port) as line:
        url = amqp_url.replace(f":{rabbitmq.port}/", f":{line.port}/")
        async with worlds(mesh_settings={"queue_url": url}) as world, asyncio.timeout(60):
            while (await world.person().get("/health")).json["checks"]["queue"] != "ok":
                await asyncio.sleep(0.05)
            line.refuse()
            line.cut()
            while (detail := (await world.person().get("/health")).json)["checks"]["queue"] == "ok":
                await asyncio.sleep(0.05)
    assert detail["status"] == "degraded"
    assert detail["checks"]["queue"].startswith("away since ")
