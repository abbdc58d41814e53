"""What counts as a broken line to RabbitMQ, when a new one is made, and that it is counted."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aio_pika.exceptions import DeliveryError

from mesh.errors import Unavailable
from mesh.queue import Queue
from mesh.queue.amqp.link import line
from tests.mesh.queue.test_amqp_faults import opened
from tests.support.brokers import RabbitMq
from tests.support.proxy import Proxy
from tests.support.queues import message, until

pytestmark = [pytest.mark.brokers]


async def test_an_end_without_a_kind_is_a_broken_line_and_a_fault_of_ours_is_not() -> None:
    """aiormq ends what waits on a channel that goes with its connection by a bare Exception: it ended a whole grader."""
    with pytest.raises(Unavailable, match="asking: the line broke") as broken, line("asking"):
        raise Exception
    assert broken.value.code == "queue-unavailable"
    with pytest.raises(ZeroDivisionError), line("asking"):
        raise ZeroDivisionError


async def test_a_line_that_is_made_again_is_counted(rabbitmq: RabbitMq, vhost: str) -> None:
    async with Proxy.to("127.0.0.1", rabbitmq.port) as proxy, opened(rabbitmq.url(vhost, port=proxy.port)) as queue:
        made = queue.connections
        assert made >= 1
        proxy.cut()
        await until(lambda: _has_more(queue, made))


async def test_one_queue_that_is_refused_without_a_reason_gets_a_new_line(rabbitmq: RabbitMq, vhost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in a cluster whose node had died: the channel's own notion of one queue stayed wrong, while others took everything."""
    async with opened(rabbitmq.url(vhost)) as queue:
        made, sent = queue.connections, queue._publisher._sent

        async def refusing(exchange: str, name: str, *rest: Any) -> bool:
            if name == "Work":
                raise DeliveryError(None, cast("Any", None))
            return await sent(exchange, name, *rest)

        monkeypatch.setattr(queue._publisher, "_sent", refusing)
        for _ in range(5):
            with pytest.raises(Unavailable, match="refused a message for Work"):
                await queue.publish("Work", message())
            await queue.publish("Single", message())
        await until(lambda: _has_more(queue, made))


async def _has_more(queue: Queue, made: int) -> bool:
    return queue.connections > made
