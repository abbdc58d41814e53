"""Owns the opening of the topics that a URL names. Never chooses a default."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from mesh.clock import Clock
from mesh.log import Log
from mesh.tls import Credentials
from mesh.topics.contract import Topics
from mesh.topics.memory import MemoryTopics


def open_topics(url: str, service: str, clock: Clock, log: Log, credentials: Credentials | None) -> AbstractAsyncContextManager[Topics]:
    """Opens the topics at ``memory:`` (this process only), or on Redis (every process; `mesh.redis.server_at`).

    The services of one process share one embedded object. Raises: `Invalid` (``bad-topics-url``).
    """
    parts = urlsplit(url)
    if parts.scheme == "memory" and not parts.netloc:
        return _open(MemoryTopics(clock))
    from mesh.redis import server_at  # noqa: PLC0415  a driver is loaded by who uses it: a start is quicker without
    from mesh.topics.redis import RedisTopics  # noqa: PLC0415

    return _open(RedisTopics(server_at(url, service, credentials, code="bad-topics-url"), log))


@asynccontextmanager
async def _open(topics: Topics) -> AsyncIterator[Topics]:
    try:
        yield topics
    finally:
        await topics.close()
