"""Owns the opening of the durable queues that a URL names. Never chooses a default."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mesh.clock import Clock
from mesh.errors import Invalid
from mesh.log import Log
from mesh.queue.contract import Declaration, Queue
from mesh.queue.file import FileQueue


def open_queue(  # noqa: PLR0917 (every opening takes its setting first, then what the service is)
    url: str, service: str, declarations: Iterable[Declaration], clock: Clock, log: Log, credentials: object | None
) -> AbstractAsyncContextManager[Queue]:
    """Opens the queues at ``file:///folder`` or ``file:folder`` (this process only).

    The services of one process share one object. Raises: `Invalid` (``bad-queue-url``), and as `FileQueue.open`.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return _open_file(Path(parts.path), tuple(declarations), clock)
    raise Invalid(f"cannot open a queue at {without_password(url)!r}: write file:///folder", code="bad-queue-url")


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user_and_host = f"{parts.username}:***@{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=user_and_host))


@asynccontextmanager
async def _open_file(path: Path, declarations: tuple[Declaration, ...], clock: Clock) -> AsyncIterator[Queue]:
    async with FileQueue.open(path, declarations, clock) as queue:
        yield queue
