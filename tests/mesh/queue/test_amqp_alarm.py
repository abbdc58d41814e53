"""RabbitMQ out of memory or disk: publishers are told so, consumers go on, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mesh.clock import SystemClock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.queue import Message, Queue
from mesh.queue.amqp import publisher
from mesh.queue.opening import open_queue
from tests.support.brokers import RabbitMq
from tests.support.queues import SPECS, ids, message, publish, take, until
from tests.support.timing import is_done_within

pytestmark = pytest.mark.brokers


@asynccontextmanager
async def alarm(rabbitmq: RabbitMq) -> AsyncIterator[None]:
    """The broker finds that it uses too much memory: a real alarm, raised by a tiny limit."""
    await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.00001")
    try:
        yield
    finally:
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.4")


async def test_memory_alarm_holds_publishers_back_and_loses_nothing(
    rabbitmq: RabbitMq, vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 1.0)
    monkeypatch.setattr(publisher, "BLOCKED_LIMIT_S", 0.3)
    async with open_queue(rabbitmq.url(vhost), "tester", SPECS, SystemClock(), Log("tester"), None) as queue:
        before = await publish(queue, "Work", 3)
        async with queue.consumer("Work") as consumer:
            held = await take(consumer, 3)
            async with alarm(rabbitmq):
                unknown = await _until_unknown(queue)

                async def is_refused() -> None:
                    with pytest.raises(Unavailable, match="memory or disk") as refused:
                        await queue.publish("Work", message("surely not taken"))
                    assert (refused.value.code, refused.value.retry_after_s) == ("queue-blocked", 10)

                await is_done_within(1, is_refused, "who is refused need not wait for long: publish")
                await consumer.ack(held)  # consumers have a line of their own
                assert (await queue.depth("Work")).unacknowledged == 0
                assert await queue.health() == ""
            await until(lambda: _published(queue, unknown))
            found = await take(consumer, 1)
            assert ids(found) == [unknown.id]
            await consumer.ack(found)
            after = await publish(queue, "Work", 1)
            rest = {after[0]}
            while rest:
                one = (await take(consumer, 1))[0]
                assert one.message.id in {unknown.id, *after}, "what was surely not taken never comes"
                rest.discard(one.message.id)
                await one.ack()
    assert before


async def _until_unknown(queue: Queue) -> Message:
    """The first that is caught by the alarm: it is on its way, and whether it arrives is not known."""
    async with asyncio.timeout(20):
        while True:
            one = message("caught")
            try:
                await queue.publish("Work", one)
            except Unavailable as refused:
                assert refused.code == "queue-unavailable"
                return one


async def _published(queue: Queue, one: Message) -> bool:
    try:
        await queue.publish("Work", one)
    except Unavailable:
        return False
    return True
