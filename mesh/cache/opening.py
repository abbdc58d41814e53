"""Owns the opening of the cache that a URL names. Never chooses a default."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from mesh.cache.contract import Cache
from mesh.cache.file import FileCache
from mesh.cache.memory import MemoryCache
from mesh.clock import Clock
from mesh.errors import Invalid, Unavailable
from mesh.log import Log
from mesh.tls import Credentials


def open_cache(
    url: str, service: str, clock: Clock, log: Log, credentials: Credentials | None
) -> AbstractAsyncContextManager[Cache]:
    """Opens the cache at ``memory:`` (this process only; ``memory:?max_mib=64&evicts=no``), or on Redis (`mesh.redis.server_at`).

    For state there is ``file:///folder`` too: this process only, remembered, never evicted. The services of one process share
    one embedded object. Raises: `Invalid` (``bad-cache-url``), and as `FileCache.open`.
    """
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return _open(_memory_at(url, clock), log)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return FileCache.open(Path(parts.path), clock, log)
    from mesh.cache.redis import RedisCache  # noqa: PLC0415  a driver is loaded by who uses it: a start is quicker without
    from mesh.redis import server_at  # noqa: PLC0415

    return _open(RedisCache(server_at(url, service, credentials, code="bad-cache-url"), log), log)


def _memory_at(url: str, clock: Clock) -> MemoryCache:
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    max_mib, evicts = options.pop("max_mib", "64"), options.pop("evicts", "yes")
    if parts.netloc or options or not max_mib.isdecimal() or evicts not in {"yes", "no"}:
        raise Invalid(f"cannot open a cache at {url!r}: write memory:, memory:?max_mib=64&evicts=no or file:///folder", code="bad-cache-url")
    return MemoryCache(clock, max_bytes=int(max_mib) << 20, evicts=evicts == "yes")


@asynccontextmanager
async def _open(cache: Cache, log: Log) -> AsyncIterator[Cache]:
    try:
        yield cache
    finally:
        try:
            await cache.close()
        except Unavailable as wrong:
            log.warning("cache-not-closed", reason=wrong.message)
