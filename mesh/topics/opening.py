"""Owns the opening of the topics that a URL names. Never chooses a default."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from mesh.clock import Clock
from mesh.errors import Invalid
from mesh.log import Log
from mesh.topics.contract import Topics
from mesh.topics.memory import MemoryTopics


def open_topics(url: str, service: str, clock: Clock, log: Log, credentials: object | None) -> AbstractAsyncContextManager[Topics]:
    """Opens the topics at ``memory:`` (this process only).

    The services of one process share one object. Raises: `Invalid` (``bad-topics-url``).
    """
    parts = urlsplit(url)
    if parts.scheme == "memory" and not parts.netloc:
        return _open_memory(clock)
    raise Invalid(f"cannot open topics at {parts.scheme}://{parts.hostname or ''}: write memory:", code="bad-topics-url")


@asynccontextmanager
async def _open_memory(clock: Clock) -> AsyncIterator[Topics]:
    topics = MemoryTopics(clock)
    try:
        yield topics
    finally:
        await topics.close()
