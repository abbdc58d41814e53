"""What a service does with queues is counted, on both keepers; a service without queues never reaches for a broker."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, cast

import pytest

from mesh.backbone import House
from mesh.clock import SystemClock
from mesh.errors import NotFound, Unavailable
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.queue import Queue, counted
from mesh.queue.contract import STRAYS
from mesh.queue.counted import CountedQueue
from mesh.settings import MeshConfig
from mesh.tasks import alongside
from mesh.undertaker import Undertaker
from tests.mesh.queue.test_amqp_faults import opened
from tests.support.brokers import RabbitMq
from tests.support.ports import free_ports
from tests.support.queues import SPECS, message, publish, take, until
from wire.methods import UNDERTAKING
from wire.queues import QUEUES


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("tester", MESH_METRICS)


def _figure(metrics: Metrics, line: str, service: str = "tester") -> float:
    name, _, labels = line.partition("{")
    return metrics._registry.get_sample_value(f"palestra_{service}_{name}", dict(re.findall(r'(\w+)="([^"]*)"', labels))) or 0.0


async def test_every_act_is_counted(queue: Queue, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "LOOK_S", 0.05)
    one = CountedQueue(queue, metrics)
    await publish(one, "Work", 4)
    for _ in range(5):
        await one.publish("Small", message())
    await until(lambda: _full(one))
    with pytest.raises(NotFound):
        await one.publish("None", message())
    async with alongside(one.watch(["Work"])), one.consumer("Work") as consumer:
        first, second, third, fourth = await take(consumer, 4)
        await consumer.ack([first])
        await second.ack()
        await third.reject("never")
        await fourth.retry("not now")
        (again,) = await take(consumer, 1)
        assert again.attempt == 2
        await until(lambda: _is(metrics, 'queue_messages{queue="Work",state="held"}', 1))
        await until(lambda: _is(metrics, 'queue_messages{queue="Work",state="dead"}', 1))
        await until(lambda: _is(metrics, 'queue_consumers{queue="Work"}', 1))
    with pytest.raises(Unavailable):
        await again.ack()  # its consumer has left: it comes again
    wanted = {
        'queue_published_total{outcome="confirmed",queue="Work"}': 4, 'queue_published_total{outcome="no-such-queue",queue="None"}': 1,
        'queue_taken_total{again="no",queue="Work"}': 4, 'queue_taken_total{again="yes",queue="Work"}': 1,
        'queue_settled_total{outcome="acked",queue="Work"}': 2, 'queue_settled_total{outcome="rejected",queue="Work"}': 1,
        'queue_settled_total{outcome="retried",queue="Work"}': 1, 'queue_settled_total{outcome="broken",queue="Work"}': 1,
        'queue_publish_seconds_count{queue="Work"}': 4, 'queue_age_seconds_count{queue="Work"}': 5, "queue_strays": 0,
    }  # fmt: skip
    assert {line: _figure(metrics, line) for line in wanted} == wanted
    assert _figure(metrics, 'queue_published_total{outcome="queue-full",queue="Small"}') >= 1


@pytest.mark.faults
async def test_service_without_queues_never_reaches_for_the_broker(tmp_path: Path, pki_folder: Path) -> None:
    (nobody,) = free_ports(1)
    config = MeshConfig(folder=str(tmp_path), pki_folder=str(pki_folder), queue_url=f"amqp://127.0.0.1:{nobody}/v")
    async with House(config, SPECS, SystemClock()) as house, house.backbone("runner", ()) as backbone:
        life = Life("runner")
        backbone.server("127.0.0.1", 0, life)
        assert (await life.examine())["queue"] == ""
        assert await backbone.queue.refusal() == ""
        for act in (backbone.queue.publish("Work", message()), backbone.queue.depth("Work"), backbone.queue.strays()):
            with pytest.raises(Unavailable) as refused:
                await act
            assert refused.value.code == "queue-not-allowed"


@pytest.mark.faults
async def test_health_says_since_when_the_broker_is_away(tmp_path: Path, pki_folder: Path) -> None:
    (nobody,) = free_ports(1)
    config = MeshConfig(folder=str(tmp_path), pki_folder=str(pki_folder), queue_url=f"amqp://127.0.0.1:{nobody}/v")
    async with House(config, QUEUES, SystemClock()) as house, house.backbone("frontend", ()) as backbone:
        life = Life("frontend")
        backbone.server("127.0.0.1", 0, life)
        assert re.match(r"away since \d+ s: RabbitMQ cannot be reached", (await life.examine())["queue"])
        await until(lambda: _is(backbone.metrics, "queue_away", 1, "frontend"))


@pytest.mark.brokers
async def test_a_queue_that_somebody_deleted_is_told_and_hides_no_other(rabbitmq: RabbitMq, vhost: str, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "LOOK_S", 0.05)
    async with opened(rabbitmq.url(vhost)) as broker:
        queue = CountedQueue(broker, metrics)
        async with queue.consumer("Work"), alongside(queue.watch(["Work", "Small"])):
            await until(lambda: _is(metrics, 'queue_consumers{queue="Work"}', 1))
            await asyncio.to_thread(rabbitmq.ask, "DELETE", f"queues/{vhost}/Work")
            await until(lambda: _is(metrics, 'queue_consumers{queue="Work"}', 0))
            await until(lambda: _is_refused(queue, is_so=True))
            assert (await queue.health(), _figure(metrics, "queue_away")) == ("", 0), "the broker is there"
            told = await Undertaker(queue, ["Work", "Small"], UNDERTAKING["grader"], Log("tester"))._tell(None, cast("Any", None))
            assert ([one.name for one in told.queues], told.missing) == (["Small"], ("Work",))
            await publish(queue, "Work", 1)  # who may declare makes it anew
            await until(lambda: _is_refused(queue, is_so=False))


@pytest.mark.brokers
async def test_a_deleted_queue_of_dead_letters_is_named_as_that_and_the_queue_keeps_its_figures(
    rabbitmq: RabbitMq, vhost: str, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "LOOK_S", 0.05)
    async with opened(rabbitmq.url(vhost)) as broker:
        queue, undertaker = CountedQueue(broker, metrics), Undertaker(broker, ["Work", "Small"], UNDERTAKING["grader"], Log("tester"))
        await asyncio.to_thread(rabbitmq.ask, "DELETE", f"queues/{vhost}/Work.dead")
        async with queue.consumer("Work") as consumer, alongside(queue.watch(["Work", "Small"])):
            await publish(queue, "Work", 2)
            assert len(await take(consumer, 2)) == 2
            await until(lambda: _is(metrics, 'queue_messages{queue="Work",state="held"}', 2))
            await until(lambda: _is(metrics, 'queue_consumers{queue="Work"}', 1))
            assert _figure(metrics, "queue_away") == 0
            told = await undertaker._tell(None, cast("Any", None))
            assert [(one.name, one.dead, one.consumers) for one in told.queues] == [("Work", None, 1), ("Small", 0, 0)]
            assert told.missing == ("Work.dead",)
            for asked in (queue.dead_letters("Work"), queue.replay("Work", ()), queue.purge("Work", ())):
                with pytest.raises(Unavailable, match=r"no queue Work\.dead: it was deleted") as refused:
                    await asked
                assert refused.value.code == "queue-missing"
            await asyncio.to_thread(rabbitmq.ask, "DELETE", f"queues/{vhost}/Work")
            assert (await undertaker._tell(None, cast("Any", None))).missing == ("Work",)


@pytest.mark.brokers
async def test_a_deleted_queue_of_strays_is_named_and_the_broker_is_not_called_away(
    rabbitmq: RabbitMq, vhost: str, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "LOOK_S", 0.05)
    async with opened(rabbitmq.url(vhost)) as broker:
        queue, undertaker = CountedQueue(broker, metrics), Undertaker(broker, ["Work"], UNDERTAKING["grader"], Log("tester"))
        assert await queue.strays() == 0
        await asyncio.to_thread(rabbitmq.ask, "DELETE", f"queues/{vhost}/{STRAYS}")
        said: list[float] = []
        monkeypatch.setattr(queue._is_away, "set", said.append)
        async with alongside(queue.watch(["Work"])):
            await until(lambda: _longer(said, 2))
        assert not any(said), "the broker is there"
        told = await undertaker._tell(None, cast("Any", None))
        assert ([one.name for one in told.queues], told.strays, told.missing) == (["Work"], 0, (STRAYS,))


async def _longer(said: list[float], count: int) -> bool:
    return len(said) > count


async def _is_refused(queue: Queue, *, is_so: bool) -> bool:
    return ("Work" in await queue.refusal()) == is_so


async def _full(queue: Queue) -> bool:
    """The queue refuses: RabbitMQ lets a few more in than it is told to."""
    try:
        await queue.publish("Small", message())
    except Unavailable as refused:
        return refused.code == "queue-full"
    return False


async def _is(metrics: Metrics, line: str, value: float, service: str = "tester") -> bool:
    return _figure(metrics, line, service) == value
