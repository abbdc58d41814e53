"""compose/rabbitmq/ and the code say the same, and a broker that is started from it lets each service do its work and no other."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import aiormq
import pytest
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, AMQPChannelError

from mesh.clock import SystemClock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.queue import Consumer, Delivery, Message, Queue
from mesh.queue.amqp import topology
from mesh.queue.amqp.link import underlay
from mesh.queue.contract import STRAYS
from mesh.queue.opening import BROKER, open_queue
from mesh.tls import Credentials
from pki.registrar import Registrar
from tests.support.brokers import RabbitMq
from tests.support.house_broker import HouseBroker
from tests.support.queues import message, take, until
from tools import definitions
from wire.queues import CERTIFICATES, COMMANDS, QUEUES, SUBMISSIONS

pytestmark = pytest.mark.brokers

LOW = SUBMISSIONS["low"].name
USERS = (*definitions.USERS, "operator")


@pytest.fixture
def opened(
    house_broker: HouseBroker, credentials: Callable[[str], Credentials]
) -> Callable[[str], AbstractAsyncContextManager[Queue]]:
    """The queues as the service of that name opens them."""

    @asynccontextmanager
    async def open_as(service: str) -> AsyncIterator[Queue]:
        held = await asyncio.to_thread(credentials, service)
        async with open_queue(house_broker.house_url, service, QUEUES, SystemClock(), Log(service), held) as queue:
            yield queue

    return open_as


def test_files_are_those_that_the_code_makes() -> None:
    stale = [path.name for path, text in definitions.files().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert not stale, "run `make docs`"


def test_broker_that_loads_the_definitions_has_exactly_these(house_broker: HouseBroker) -> None:
    exported, wanted = house_broker.exported(), definitions.definitions()
    assert [user["name"] for user in wanted["users"]] == list(USERS)
    for part, keys in (
        ("users", ("name", "password_hash", "tags")),
        ("permissions", ("user", "configure", "write", "read")),
        ("topic_permissions", ("user", "exchange", "write", "read")),
        ("policies", ("name", "definition")),
        *DECLARED,
    ):
        assert _rows(exported[part], keys) == _rows(wanted[part], keys), part


DECLARED = (
    ("exchanges", ("name", "type", "durable", "auto_delete", "arguments")),
    ("queues", ("name", "durable", "auto_delete", "arguments")),
    ("bindings", ("source", "destination", "routing_key", "arguments")),
)


async def test_broker_on_which_a_service_declared_everything_has_the_same_as_the_file(rabbitmq: RabbitMq, vhost: str) -> None:
    async with open_queue(rabbitmq.url(vhost), "recorder", QUEUES, SystemClock(), Log("recorder"), None):
        made = await asyncio.to_thread(rabbitmq.ask, "GET", f"definitions/{vhost}")
    wanted = definitions.definitions()
    for part, keys in DECLARED:
        assert _rows(made[part], keys) == _rows(wanted[part], keys), part


async def test_service_that_may_configure_finds_nothing_declared_otherwise(house_broker: HouseBroker, opened: Any) -> None:
    """Were anything in the file other than in the code, this would raise ``queue-declared-otherwise``."""
    await asyncio.to_thread(house_broker.ctl, "set_permissions", "--vhost", definitions.VHOST, "recorder", ".*", ".*", ".*")
    try:
        async with opened("recorder"):
            pass
    finally:
        rights = next(row for row in definitions.definitions()["permissions"] if row["user"] == "recorder")
        words = (rights["configure"], rights["write"], rights["read"])
        await asyncio.to_thread(house_broker.ctl, "set_permissions", "--vhost", definitions.VHOST, "recorder", *words)


@pytest.mark.parametrize("user", USERS)
async def test_user_reaches_what_the_table_says_and_nothing_else(
    user: str, house_broker: HouseBroker, credentials: Callable[[str], Credentials]
) -> None:
    held = await asyncio.to_thread(credentials, user)
    async with _line(house_broker, held) as connection:
        for spec in QUEUES:
            may_send, may_read = user in spec.publishers, user in spec.consumers
            is_operator = user == "operator"
            for exchange, expected in {
                topology.WORK: may_send,
                topology.AGAIN: may_read or is_operator,
                topology.DEAD: may_read,
                topology.retry_exchange(topology.as_wait_ms(spec.backoff_s[0])): may_read,
                "": False,
                **({spec.exchange: may_send} if spec.exchange else {}),
            }.items():
                assert await _may(connection, _publish, exchange, spec.name) == expected, (exchange, spec.name)
            assert await _may(connection, _read, spec.name) == may_read, spec.name
            assert not await _may(connection, _bind, spec.name, topology.WORK), spec.name
            assert await _may(connection, _read, spec.dead) == (may_read or is_operator), spec.dead
        for name in (STRAYS, topology.wait_queue(1000)):
            assert await _may(connection, _read, name) == (user == "operator" and name == STRAYS)
            assert not await _may(connection, _bind, name, topology.WORK)
        assert not await _may(connection, _publish, topology.UNROUTED, "")
        assert not await _may(connection, _publish, topology.WORK, "AnyQueue")
        assert not await _may(connection, _declare)


async def test_service_that_publishes_elsewhere_is_told_so(opened: Any) -> None:
    async with opened("frontend") as queue:
        with pytest.raises(Unavailable, match=LOW) as refused:
            await queue.publish(LOW, message())
        assert refused.value.code == "queue-not-allowed"
        await queue.publish(COMMANDS.name, message())


async def test_frontend_may_look_how_full_every_queue_is_and_knows_what_it_cannot_see(opened: Any) -> None:
    async with opened("frontend") as queue:
        before = {spec.name: (await queue.depth(spec.name)).ready for spec in QUEUES}
        assert set(before) == {spec.name for spec in QUEUES}
        await queue.publish(COMMANDS.name, message())
        assert (await queue.depth(COMMANDS.name)).ready == before[COMMANDS.name] + 1
        assert not queue.sees_all


async def test_services_do_their_work_with_the_rights_they_have(opened: Any) -> None:
    async with opened("recorder") as recorder, opened("grader") as grader, recorder.consumer(COMMANDS.name):
        sent = message("poor", headers={"kind": "test"})
        await recorder.publish(LOW, sent)
        async with grader.consumer(LOW) as consumer:
            await (await _named(consumer, sent.id)).retry("not now")
            again = await _named(consumer, sent.id)
            assert (again.message, again.attempt) == (sent, 2)
            await again.reject("never")
            await until(lambda: _is_dead(grader, LOW, sent.id))
            assert await grader.replay(LOW, [sent.id]) == 1
            await (await _named(consumer, sent.id)).reject("never again")
        await until(lambda: _is_dead(grader, LOW, sent.id))
        assert await grader.purge(LOW, [sent.id]) == 1


async def test_program_that_knows_an_exchange_of_its_own_reaches_the_queue_through_it(
    house_broker: HouseBroker, opened: Any, credentials: Callable[[str], Credentials]
) -> None:
    """As the user's own documents publish: exchange ``certificates``, routing key ``ContestQueue``, declared direct and durable."""
    held = await asyncio.to_thread(credentials, "recorder")
    async with opened("certificates") as queue, queue.consumer(CERTIFICATES.name) as consumer, _line(house_broker, held) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("certificates", ensure=False)
        await exchange.publish(aio_pika.Message(b"{}", message_id="from-elsewhere"), "ContestQueue")
        assert (await _named(consumer, "from-elsewhere")).message == Message("from-elsewhere", b"{}")


@pytest.mark.parametrize("user", ["runner", "broadcaster", "rabbitmq"])
async def test_certificate_of_the_mesh_without_a_user_is_refused(
    user: str, house_broker: HouseBroker, credentials: Callable[[str], Credentials]
) -> None:
    held = await asyncio.to_thread(credentials, user)
    with pytest.raises(aio_pika.exceptions.AMQPConnectionError):
        async with _line(house_broker, held):
            pass


async def test_certificate_of_another_authority_is_refused(house_broker: HouseBroker, pki_folder: Path, fresh_pki: Registrar) -> None:
    folder = fresh_pki.store.folder
    context = ssl.create_default_context(cafile=str(pki_folder / "ca.crt"))  # believes the broker, who does not believe it
    context.check_hostname = False
    await asyncio.to_thread(context.load_cert_chain, folder / "recorder.crt", folder / "recorder.key")
    with pytest.raises(CONNECTION_EXCEPTIONS):
        await _connected(house_broker, context)


async def test_nobody_comes_in_without_a_certificate_or_with_a_password_or_older_tls(house_broker: HouseBroker, pki_folder: Path) -> None:
    context = ssl.create_default_context(cafile=str(pki_folder / "ca.crt"))
    context.check_hostname = False
    with pytest.raises(CONNECTION_EXCEPTIONS):
        await _connected(house_broker, context)
    await asyncio.to_thread(context.load_cert_chain, pki_folder / "recorder.crt", pki_folder / "recorder.key")
    await (await _connected(house_broker, context)).close()
    with pytest.raises(CONNECTION_EXCEPTIONS):
        await _connected(house_broker, context, "guest:guest@", "")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(CONNECTION_EXCEPTIONS):
        await _connected(house_broker, context)


async def test_prometheus_asks_with_a_certificate(house_broker: HouseBroker, pki_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(pki_folder / "ca.crt"))
    context.check_hostname = False
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await _scraped(house_broker, context)
    await asyncio.to_thread(context.load_cert_chain, pki_folder / "analytics.crt", pki_folder / "analytics.key")
    assert b'rabbitmq_queue_messages_ready{vhost="palestra",queue="CommandQueue"}' in await _scraped(house_broker, context)


async def _scraped(broker: HouseBroker, context: ssl.SSLContext) -> bytes:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.metrics_port, ssl=context)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: rabbitmq\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer or await reader.readexactly(1)


@asynccontextmanager
async def _line(broker: HouseBroker, held: Credentials) -> AsyncIterator[aio_pika.abc.AbstractConnection]:
    connection = await _connected(broker, held.client_context(BROKER))
    try:
        yield connection
    finally:
        await connection.close()


async def _connected(
    broker: HouseBroker, context: ssl.SSLContext, user: str = "", how: str = "?auth=external"
) -> aio_pika.abc.AbstractConnection:
    async with asyncio.timeout(10):
        return await aio_pika.connect(broker.house_url.replace("//", f"//{user}") + how, ssl_context=context)


async def _may(connection: aio_pika.abc.AbstractConnection, act: Callable[..., Any], *words: str) -> bool:
    """Whether the broker lets this user do it, on a channel of its own."""
    channel = await underlay(connection).channel(publisher_confirms=True, on_return_raises=True)
    try:
        await act(channel, *words)
    except AMQPChannelError as refused:
        if "RESOURCE_LOCKED" in str(refused):
            return True  # it may, but not by basic.get: the queue has a single active consumer
        assert "ACCESS_REFUSED" in str(refused)
        return False
    finally:
        await channel.close()
    return True


async def _publish(channel: aiormq.abc.AbstractChannel, exchange: str, key: str) -> None:
    properties = aiormq.spec.Basic.Properties(message_id="tried", delivery_mode=2)
    await channel.basic_publish(b"{}", exchange=exchange, routing_key=key, properties=properties, mandatory=False, timeout=10)


async def _read(channel: aiormq.abc.AbstractChannel, queue: str) -> None:
    await channel.basic_get(queue, timeout=10)


async def _bind(channel: aiormq.abc.AbstractChannel, queue: str, exchange: str) -> None:
    await channel.queue_bind(queue, exchange, "#", timeout=10)


async def _declare(channel: aiormq.abc.AbstractChannel) -> None:
    await channel.queue_declare("OfMyOwn", durable=True, timeout=10)


async def _named(consumer: Consumer, message_id: str) -> Delivery:
    """That message, past those that other tests left there."""
    while True:
        (delivery,) = await take(consumer, 1)
        if delivery.message.id == message_id:
            return delivery
        await delivery.ack()


async def _is_dead(queue: Queue, name: str, message_id: str) -> bool:
    return message_id in {letter.message.id for letter in await queue.dead_letters(name)}


def _rows(part: list[dict[str, Any]], keys: tuple[str, ...]) -> list[str]:
    """The rows in an order of their own, of which only these keys count."""
    return sorted(json.dumps({key: row[key] for key in keys}, sort_keys=True) for row in part)
