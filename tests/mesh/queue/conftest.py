"""Owns the two keepers of the queue's promise, opened alike: a file, and RabbitMQ over mutual TLS. Each test gets an empty store of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.queue import Queue
from mesh.queue.opening import open_queue
from mesh.tls import Credentials
from tests.support.brokers import RabbitMq
from tests.support.queues import SPECS

Opener = Callable[[], AbstractAsyncContextManager[Queue]]
SERVICE = "grader"
"""Whose certificate the broker sees: the user of that name."""


@pytest.fixture(params=["file", pytest.param("amqp", marks=pytest.mark.brokers)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the queues are kept."""
    if request.param == "file":
        return f"file://{tmp_path / 'queue'}"
    rabbitmq, vhost = request.getfixturevalue("rabbitmq"), request.getfixturevalue("vhost")
    rabbitmq.allow(vhost, SERVICE)
    return str(rabbitmq.tls_url(vhost))


@pytest.fixture
def opener(store_url: str, credentials: Callable[[str], Credentials]) -> Opener:
    """Opens the same store again and again; at the broker, signed in by the certificate alone."""
    ours = credentials(SERVICE)
    return lambda: open_queue(store_url, "tester", SPECS, SystemClock(), Log("tester"), ours)


@pytest.fixture
async def queue(opener: Opener) -> AsyncIterator[Queue]:
    """An open store."""
    async with opener() as opened:
        yield opened


@pytest.fixture
def vhost(rabbitmq: RabbitMq) -> Iterator[str]:
    """A fresh virtual host."""
    name = rabbitmq.fresh_vhost()
    yield name
    rabbitmq.drop_vhost(name)
