"""Owns the opening of the durable queues that a URL names. Never chooses a default."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from mesh.cache.contract import Cache
from mesh.clock import Clock
from mesh.errors import Invalid
from mesh.log import Log
from mesh.queue.contract import Declaration, Queue
from mesh.queue.file import FileQueue
from mesh.tls import Credentials

BROKER: Final = "rabbitmq"
"""The name in the broker's certificate."""


def open_queue(  # noqa: PLR0917 (every opening takes its setting first, then what the service is)
    url: str, service: str, declarations: Iterable[Declaration], clock: Clock, log: Log, credentials: Credentials | None,
    state: Cache | None = None,
) -> AbstractAsyncContextManager[Queue]:
    """Opens the queues at a URL: ``file:///folder`` for this process only, ``amqp(s)://host/vhost`` for many.

    The services of one process share one embedded object. Of a RabbitMQ cluster all nodes may be named, with commas between:
    they are tried in turn. ``amqps`` without a user signs in by the service's certificate (EXTERNAL); the broker must prove the
    name ``rabbitmq``. ``state`` keeps declared rates for every process that shares it; without, each keeps them by itself. Raises: `Invalid` (``bad-queue-url``), and as `FileQueue.open` and `AmqpQueue.open`.
    """
    urls = url.split(",")
    parts = urlsplit(urls[0])
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return _open_file(Path(parts.path), tuple(declarations), clock)
    from mesh.queue.amqp import AmqpQueue  # noqa: PLC0415  a driver is loaded by who uses it: a start is quicker without
    from mesh.queue.amqp.link import Address  # noqa: PLC0415

    schemes = {urlsplit(each).scheme for each in urls}
    if schemes == {"amqp"}:
        return AmqpQueue.open(Address(tuple(urls), service), service, declarations, clock, log, state)
    if schemes == {"amqps"} and credentials is not None:
        address = Address(tuple(map(_by_certificate, urls)), service, tls=partial(credentials.client_context, BROKER))
        return AmqpQueue.open(address, service, declarations, clock, log, state)
    raise Invalid(
        f"cannot open queues at {without_password(url)!r}: write file:///folder, amqp://user:password@host/vhost or amqps://host/vhost",
        code="bad-queue-url",
    )


def _by_certificate(url: str) -> str:
    """The same, with EXTERNAL authentication where no user is named."""
    parts = urlsplit(url)
    if parts.username:
        return url
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, "auth=external")))))


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    if "," in url:
        return ",".join(map(without_password, url.split(",")))
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user_and_host = f"{parts.username}:***@{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=user_and_host))


@asynccontextmanager
async def _open_file(path: Path, declarations: tuple[Declaration, ...], clock: Clock) -> AsyncIterator[Queue]:
    async with FileQueue.open(path, declarations, clock) as queue:
        yield queue
