"""Owns the opening of the cache that a URL names. Never chooses a default."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from mesh.cache.contract import Cache
from mesh.cache.memory import MemoryCache
from mesh.clock import Clock
from mesh.errors import Invalid
from mesh.log import Log


def open_cache(url: str, service: str, clock: Clock, log: Log, credentials: object | None) -> AbstractAsyncContextManager[Cache]:
    """Opens the cache at ``memory:`` (this process only; ``memory:?max_mib=64&evicts=no``).

    The services of one process share one object. Raises: `Invalid` (``bad-cache-url``).
    """
    parts = urlsplit(url)
    if parts.scheme == "memory" and not parts.netloc:
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        max_mib = options.pop("max_mib", "64")
        evicts = options.pop("evicts", "yes")
        if not options and max_mib.isdecimal() and evicts in {"yes", "no"}:
            return _open_memory(clock, int(max_mib) << 20, evicts == "yes")
    raise Invalid(
        f"cannot open a cache at {parts.scheme}://{parts.hostname or ''}: write memory:, memory:?max_mib=64&evicts=no",
        code="bad-cache-url",
    )


@asynccontextmanager
async def _open_memory(clock: Clock, max_bytes: int, evicts: bool) -> AsyncIterator[Cache]:
    cache = MemoryCache(clock, max_bytes=max_bytes, evicts=evicts)
    try:
        yield cache
    finally:
        await cache.close()
