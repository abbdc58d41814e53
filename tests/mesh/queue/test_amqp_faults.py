"""What the queues on RabbitMQ do when the wire is cut, the broker dies or freezes, and what was declared is gone."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from mesh.clock import SystemClock
from mesh.errors import Conflict, Unavailable
from mesh.log import Log
from mesh.queue import Consumer, Message, Queue
from mesh.queue.amqp import AmqpQueue, publisher
from mesh.queue.amqp.link import Address
from mesh.queue.amqp.tap import AmqpTap
from tests.support.brokers import RabbitMq
from tests.support.proxy import Proxy
from tests.support.queues import SPECS, ids, message, nothing_comes, publish, spec, take, until

pytestmark = [pytest.mark.brokers]


def opened(url: str, *, name: str = "tester", heartbeat_s: int = 10, specs: tuple = SPECS) -> AbstractAsyncContextManager[AmqpQueue]:
    return AmqpQueue.open(Address((url,), name, heartbeat_s), "tester", specs, SystemClock(), Log(name))


@pytest.fixture
async def proxy(rabbitmq: RabbitMq) -> AsyncIterator[Proxy]:
    async with Proxy.to("127.0.0.1", rabbitmq.port) as standing:
        yield standing


class Collector:
    """A consumer that notes and acknowledges all that comes."""

    def __init__(self) -> None:
        self.found: list[str] = []

    async def run(self, queue: Queue, name: str = "Work") -> None:
        async with queue.consumer(name) as consumer:
            await self.collect(consumer)

    async def collect(self, consumer: Consumer) -> None:
        while True:
            held = await consumer.take(20)
            self.found += [each.message.id for each in held]
            try:
                await consumer.ack(held)
            except Unavailable:
                continue  # they come again

    async def has(self, wanted: list[str]) -> bool:
        return set(wanted) <= set(self.found)


async def publish_stubbornly(queue: Queue, count: int, confirmed: list[str]) -> None:
    """As a service does: the same message until it is confirmed."""
    for number in range(count):
        each = message(str(number) * 300)
        while True:
            try:
                await queue.publish("Work", each)
                break
            except Unavailable as refused:
                assert refused.code in {"queue-unavailable", "queue-away"}
                await asyncio.sleep(0.05)
        confirmed.append(each.id)


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_lines_cut_in_the_middle_of_frames_lose_nothing(rabbitmq: RabbitMq, vhost: str, proxy: Proxy, direction: str) -> None:
    confirmed: list[str] = []
    collector = Collector()
    async with opened(rabbitmq.url(vhost, port=proxy.port)) as queue:
        async with asyncio.TaskGroup() as group:
            collecting = group.create_task(collector.run(queue))
            publishing = group.create_task(publish_stubbornly(queue, 400, confirmed))
            for budget in (3000, 700, 4111, 1, 9000):
                await asyncio.sleep(0.25)
                proxy.cut_after(budget, "up" if direction == "up" else "down")
            await publishing
            await until(lambda: collector.has(confirmed))
            collecting.cancel()
        assert len(confirmed) == 400
        assert (await queue.depth("Work")).ready == 0
    assert proxy.accepted > 4


@pytest.mark.faults
@pytest.mark.timeout(120)
async def test_broker_killed_while_publishing_on_a_full_disk_loses_nothing_confirmed(rabbitmq: RabbitMq, vhost: str) -> None:
    """A full disk leaves empty what says what a queue is (docs/decisions/0251), and has the log deleted though nothing of it was written on (0262)."""
    confirmed: list[str] = []
    collector = Collector()
    async with opened(rabbitmq.url(vhost)) as queue, asyncio.TaskGroup() as group:
        files = await asyncio.to_thread(rabbitmq.queue_files, vhost)
        await until(lambda: _are_kept(files))
        [*logs] = files[0].parents[1].glob("*.wal")
        collecting = group.create_task(collector.run(queue))
        publishing = group.create_task(publish_stubbornly(queue, 600, confirmed))
        await until(lambda: _longer(confirmed, 100))
        await asyncio.to_thread(rabbitmq.kill)
        assert len(confirmed) < 600, "something is left to be published"
        with pytest.raises(Unavailable):
            await queue.depth("Work")
        for file in files:
            file.write_bytes(b"")
        for log in logs:
            log.unlink()
        await asyncio.to_thread(rabbitmq.start)
        await asyncio.wait_for(publishing, 60)
        await until(lambda: collector.has(confirmed), 30)
        collecting.cancel()


async def _are_kept(files: list[Path]) -> bool:
    are_logs_kept = files and all(log.stat().st_nlink > 1 for log in files[0].parents[1].glob("*.wal"))
    return bool(are_logs_kept) and all(file.with_name("config.kept").exists() for file in files)


async def test_consumer_hears_again_after_its_line_was_cut(rabbitmq: RabbitMq, vhost: str, proxy: Proxy) -> None:
    async with opened(rabbitmq.url(vhost, port=proxy.port)) as queue, queue.consumer("Work") as consumer:
        sent = await publish(queue, "Work", 2)
        first, second = await take(consumer, 2)
        proxy.cut()
        taking = asyncio.ensure_future(take(consumer, 2))
        again = await taking
        assert ids(again) == sent
        assert [each.attempt for each in again] == [2, 2]
        with pytest.raises(Unavailable):
            await first.ack()
        with pytest.raises(Unavailable):
            await consumer.ack([second])
        await consumer.ack(again)
    async with opened(rabbitmq.url(vhost)) as queue:
        assert (await queue.depth("Work")).ready == 0


async def test_stalled_line_refuses_in_time_and_recovers(
    rabbitmq: RabbitMq, vhost: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 0.5)
    async with opened(rabbitmq.url(vhost, port=proxy.port)) as queue:
        await publish(queue, "Work", 1)
        proxy.stall()
        began = time.monotonic()
        with pytest.raises(Unavailable, match="same id") as refused:
            await queue.publish("Work", message())
        assert refused.value.code == "queue-unavailable"
        assert time.monotonic() - began < 5, "half of what a line that is torn by its heartbeat takes"
        proxy.resume()
        await publish(queue, "Work", 1)
        await until(lambda: _ready(queue, "Work", 3))  # what was not confirmed in time has arrived all the same


async def test_what_never_left_is_surely_not_taken(rabbitmq: RabbitMq, vhost: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 0.5)
    async with opened(rabbitmq.url(vhost, port=proxy.port)) as queue:
        await publish(queue, "Work", 1)
        proxy.refuse()
        proxy.cut()
        async with asyncio.timeout(20):
            while True:  # the first may have been written to a line that was broken already
                with pytest.raises(Unavailable) as refused:
                    await queue.publish("Work", message())
                if refused.value.code == "queue-away":
                    break
        assert "nothing was taken" in str(refused.value)
        monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 30.0)
        monkeypatch.setattr(publisher, "LONG_AWAY_S", 0.0)
        monkeypatch.setattr(publisher, "AWAY_LIMIT_S", 0.1)
        async with asyncio.timeout(10):
            with pytest.raises(Unavailable, match="nothing was taken"):  # nobody waits long for what has been away for long
                await queue.publish("Work", message())
        proxy.admit()
        async with asyncio.timeout(20):
            while await queue.health():
                await asyncio.sleep(0.05)
        await publish(queue, "Work", 1)


@pytest.mark.faults
async def test_frozen_line_is_noticed_by_heartbeat_and_its_messages_go_to_another(rabbitmq: RabbitMq, vhost: str, proxy: Proxy) -> None:
    url = rabbitmq.url(vhost, port=proxy.port)
    async with (
        opened(url, name="frozen", heartbeat_s=1) as frozen,
        opened(rabbitmq.url(vhost)) as healthy,
        frozen.consumer("Work") as first,
    ):
        sent = await publish(healthy, "Work", 3)
        await take(first, 3)
        proxy.stall()
        async with healthy.consumer("Work") as second:
            began = time.monotonic()
            again = await take(second, 3)
            assert ids(again) == sent
            await second.ack(again)
            assert time.monotonic() - began < 10
        proxy.resume()
        await until(lambda: _takes_part_again(frozen, first))


async def test_broker_that_is_away_at_the_start_is_waited_for(rabbitmq: RabbitMq, vhost: str, proxy: Proxy) -> None:
    proxy.refuse()
    async with opened(rabbitmq.url(vhost, port=proxy.port)) as queue, queue.consumer("Work") as consumer:
        await nothing_comes(consumer)
        proxy.admit()
        sent = await publish(queue, "Work", 1)
        assert ids(await take(consumer, 1)) == sent


async def test_queue_that_was_deleted_is_declared_and_consumed_again(
    rabbitmq: RabbitMq, vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesh.queue.amqp.tap.LOOK_S", 0.3)
    async with opened(rabbitmq.url(vhost)) as queue, queue.consumer("Work") as consumer:
        await publish(queue, "Work", 1)
        await take(consumer, 1)
        await asyncio.to_thread(rabbitmq.ask, "DELETE", f"queues/{vhost}/Work")
        sent = await publish(queue, "Work", 1)
        assert ids(await take(consumer, 1)) == sent


async def test_a_message_that_the_broker_believes_delivered_comes_again(rabbitmq: RabbitMq, vhost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quorum queue can count a message as with a consumer that never saw it: a consumer that idles begins anew."""
    monkeypatch.setattr("mesh.queue.amqp.tap.LOOK_S", 0.1)
    monkeypatch.setattr("mesh.queue.amqp.tap.RENEW_S", 0.5)
    arrive, lost = AmqpTap._arrive, []

    async def lose_the_first(tap: AmqpTap, delivered: Any) -> None:
        if lost:
            await arrive(tap, delivered)
        lost.append(delivered)

    monkeypatch.setattr(AmqpTap, "_arrive", lose_the_first)
    async with opened(rabbitmq.url(vhost)) as queue, queue.consumer("Work") as consumer:
        sent = await publish(queue, "Work", 1)
        assert ids(await take(consumer, 1)) == sent
    assert len(lost) == 2


async def test_queue_that_was_declared_otherwise_stops_the_start(rabbitmq: RabbitMq, vhost: str) -> None:
    async with opened(rabbitmq.url(vhost), specs=(spec("Work", max_length=10),)):
        pass
    with pytest.raises(Conflict, match="Work") as refused:
        async with opened(rabbitmq.url(vhost), specs=(spec("Work", max_length=20),)):
            pass
    assert refused.value.code == "queue-declared-otherwise"


async def test_poison_goes_to_the_dead_letters_and_holds_up_nobody(rabbitmq: RabbitMq, vhost: str) -> None:
    url = rabbitmq.url(vhost)
    async with opened(url) as queue, await aio_pika.connect(url) as connection:
        exchange = await (await connection.channel()).get_exchange("palestra.work", ensure=False)
        for poison in (
            aio_pika.Message(b"not gzip at all", message_id="bad-gzip", content_encoding="gzip"),
            aio_pika.Message(b"?", message_id="unknown-encoding", content_encoding="br"),
            aio_pika.Message(gzip.compress(bytes(40 << 20)), message_id="bomb", content_encoding="gzip"),
            aio_pika.Message(gzip.compress(b"cut off" * 1000)[:-20], message_id="cut", content_encoding="gzip"),
            aio_pika.Message(b"?", message_id="strange-headers", headers={"palestra-tries": "many", "palestra-error": 5, "n": 7}),
        ):
            await exchange.publish(poison, "Work")
        sent = await publish(queue, "Work", 1)
        async with queue.consumer("Work") as consumer:
            strange, healthy = await take(consumer, 2)
            assert (strange.message.id, strange.attempt, dict(strange.message.headers)) == ("strange-headers", 1, {"n": "7"})
            assert healthy.message.id == sent[0]
            await consumer.ack([strange, healthy])
        await until(lambda: _dead(queue, 4))
        letters = await queue.dead_letters("Work")
        assert {letter.message.id for letter in letters} == {"bad-gzip", "unknown-encoding", "bomb", "cut"}
        assert all("message" in letter.error for letter in letters)


async def test_consumer_that_dies_with_a_message_too_often_has_it_buried(
    rabbitmq: RabbitMq, vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesh.queue.amqp.topology.GIVE_BACK_LIMIT", 2)
    async with opened(rabbitmq.url(vhost)) as queue:
        (sent,) = await publish(queue, "Work", 1)
        for attempt in (1, 2, 3):
            async with queue.consumer("Work") as consumer:
                assert (await take(consumer, 1))[0].attempt == attempt
        await until(lambda: _dead(queue, 1))
        (letter,) = await queue.dead_letters("Work")
        assert letter.message.id == sent
        assert "given back too often" in letter.error


async def test_large_bodies_cross_the_wire_compressed(rabbitmq: RabbitMq, vhost: str, proxy: Proxy) -> None:
    async with opened(rabbitmq.url(vhost, port=proxy.port)) as queue:
        before = proxy.passed_bytes["up"]
        await queue.publish("Work", Message("large", b"the same words again and again " * 10_000))
        assert proxy.passed_bytes["up"] - before < 20_000


async def test_refusals_that_nothing_explains_make_one_new_line(rabbitmq: RabbitMq, vhost: str) -> None:
    """Here an operator's policy explains them, which a service cannot see; in a cluster it was a line that had gone bad."""
    async with opened(rabbitmq.url(vhost)) as queue:
        policy = {"pattern": "^Work$", "definition": {"max-length": 1}, "apply-to": "queues"}
        await asyncio.to_thread(rabbitmq.ask, "PUT", f"operator-policies/{vhost}/tiny", policy)
        lines, codes = {id(await queue._sending.connection()): await queue._sending.connection()}, []
        async with asyncio.timeout(30):
            while codes.count("queue-unavailable") < 14:
                try:
                    await queue.publish("Work", message())
                except Unavailable as refused:
                    codes.append(refused.code)
                line = await queue._sending.connection()
                lines[id(line)] = line
        assert len(lines) == 2


async def test_connections_bear_the_name_of_their_service(rabbitmq: RabbitMq, vhost: str) -> None:
    async def are_named() -> bool:
        names = await asyncio.to_thread(rabbitmq.connection_names, vhost)
        return sorted(names) == ["recorder consumes", "recorder publishes"]

    async with opened(rabbitmq.url(vhost), name="recorder"):
        await until(are_named)


async def test_torn_line_never_looks_like_a_cancellation(rabbitmq: RabbitMq, vhost: str, proxy: Proxy) -> None:
    """aiormq cancels what waits on a torn connection; a handler that saw that would be gone without a word."""
    async with opened(rabbitmq.url(vhost, port=proxy.port), heartbeat_s=1) as queue:
        await publish(queue, "Work", 1)
        proxy.stall()
        waiting = [asyncio.ensure_future(queue.publish("Work", message())) for _ in range(30)]
        await asyncio.sleep(0.2)
        proxy.cut()
        proxy.resume()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(each is None or isinstance(each, Unavailable) for each in results)


async def test_service_that_may_not_declare_uses_what_is_there(rabbitmq: RabbitMq, vhost: str) -> None:
    async with opened(rabbitmq.url(vhost)):
        pass
    rabbitmq.allow(vhost, "narrow", password="narrow", configure="^$", write=r"^palestra\.work$", read="^Work$")
    async with opened(rabbitmq.url(vhost, user="narrow", password="narrow")) as queue:
        sent = await publish(queue, "Work", 1)
        async with queue.consumer("Work") as consumer:
            held = await take(consumer, 1)
            assert ids(held) == sent
            with pytest.raises(Unavailable):
                await held[0].retry("may not write to the retry exchanges")
            await consumer.ack(await take(consumer, 1))


async def _longer(found: list[str], count: int) -> bool:
    return len(found) >= count


async def _ready(queue: Queue, name: str, count: int) -> bool:
    return (await queue.depth(name)).ready == count


async def _dead(queue: Queue, count: int) -> bool:
    return (await queue.depth("Work")).dead == count


async def _takes_part_again(queue: Queue, consumer: Consumer) -> bool:
    try:
        await queue.publish("Work", message())
        await consumer.ack(await take(consumer, 1, 1))
    except (Unavailable, TimeoutError):
        return False
    return True
