"""The queues on RabbitMQ over mutual TLS: a service is its certificate, and the broker must prove who it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from mesh.clock import SystemClock
from mesh.errors import Invalid, Unavailable
from mesh.log import Log
from mesh.queue import Queue
from mesh.queue.amqp import AmqpQueue, publisher
from mesh.queue.opening import open_queue, without_password
from mesh.tls import Credentials
from pki.registrar import Registrar
from tests.support.brokers import RabbitMq, Redis
from tests.support.doors import doors, open_to_others
from tests.support.ports import free_ports
from tests.support.queues import SPECS, ids, message, publish, take

pytestmark = pytest.mark.brokers


def opened(url: str, credentials: Credentials | None) -> AbstractAsyncContextManager[Queue]:
    return open_queue(url, "grader", SPECS, SystemClock(), Log("grader"), credentials)


async def test_the_broker_of_the_tests_listens_on_loopback_only(rabbitmq: RabbitMq) -> None:
    node = rabbitmq._node._process
    assert node is not None
    assert len(doors(node.pid)) > 3, "AMQP, AMQPS, management, and where nodes of Erlang talk"
    assert open_to_others(node.pid) == set()


async def test_service_signs_in_by_its_certificate_alone(
    rabbitmq: RabbitMq, vhost: str, credentials: Callable[[str], Credentials]
) -> None:
    rabbitmq.allow(vhost, "grader")
    async with opened(rabbitmq.tls_url(vhost), await asyncio.to_thread(credentials, "grader")) as queue, queue.consumer("Work") as consumer:
        sent = await publish(queue, "Work", 3)
        held = await take(consumer, 3)
        assert ids(held) == sent
        await consumer.ack(held)


async def test_certificate_without_a_user_of_that_name_is_refused(
    rabbitmq: RabbitMq, vhost: str, credentials: Callable[[str], Credentials], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 0.3)
    async with opened(rabbitmq.tls_url(vhost), await asyncio.to_thread(credentials, "mailer")) as queue:
        with pytest.raises(Unavailable):
            await queue.publish("Work", message())


async def test_certificate_of_a_foreign_authority_is_refused(
    rabbitmq: RabbitMq, vhost: str, fresh_pki: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_LIMIT_S", 0.3)
    rabbitmq.allow(vhost, "grader")
    foreign = await asyncio.to_thread(Credentials.load, fresh_pki.store.folder, "grader")
    async with opened(rabbitmq.tls_url(vhost), foreign) as queue:
        with pytest.raises(Unavailable):
            await queue.publish("Work", message())


@pytest.mark.parametrize(
    "url", ["http://host/", "file://host/path", "amqps://host/vhost", "amqp://one/v,file:///two", "memory:", "", "file:"]
)
def test_address_that_makes_no_sense_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        opened(url, None)
    assert refused.value.code == "bad-queue-url"


def test_passwords_in_addresses_are_not_shown() -> None:
    shown = without_password("amqp://grader:secret@one:5672/v,amqp://grader:secret@two/v")
    assert shown == "amqp://grader:***@one:5672/v,amqp://grader:***@two/v"


async def test_server_that_is_not_the_broker_is_refused(
    redis_server: Redis, vhost: str, credentials: Callable[[str], Credentials]
) -> None:
    """Anything else of the mesh has a good certificate too: but in another name."""
    async with opened(f"amqps://127.0.0.1:{redis_server.tls_port}/{vhost}", await asyncio.to_thread(credentials, "grader")) as queue:
        assert isinstance(queue, AmqpQueue)
        assert queue._sending.failure is not None
        assert "another-name" in queue._sending.failure.message


async def test_of_several_nodes_one_that_answers_is_enough(rabbitmq: RabbitMq, vhost: str) -> None:
    (nobody,) = free_ports(1)
    async with opened(f"{rabbitmq.url(vhost, port=nobody)},{rabbitmq.url(vhost)}", None) as queue:
        await publish(queue, "Work", 1)
        async with queue.consumer("Work") as consumer:
            await take(consumer, 1)
