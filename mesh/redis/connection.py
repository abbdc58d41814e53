"""Owns connections to Redis, their limits, and the one error that callers see. Never knows what is kept there."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import Connection
from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError

from mesh.errors import Invalid, Unavailable
from mesh.tasks import heeded
from mesh.tls import Credentials

SERVER: Final = "redis"
"""The name in the server's certificate."""
_MOST_CONNECTIONS: Final = 32


class MeshConnection(Connection):
    """A TCP connection, over TLS when ``tls`` gives a context: asked anew each time, so that a renewed certificate is used."""

    def __init__(self, *, tls: Callable[[], ssl.SSLContext] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._tls = tls

    def _connection_arguments(self) -> Mapping[str, Any]:
        arguments = {"host": self.host, "port": self.port}
        return arguments if self._tls is None else {**arguments, "ssl": self._tls()}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Redis is and how to sign in; ``database`` also keeps apart the channels of installations that share it."""

    options: Mapping[str, Any]
    database: int

    def connection(self) -> MeshConnection:
        """One connection of its own, not yet open, for a reader that must know when it breaks."""
        return MeshConnection(**self.options)

    def client(self, limit_s: float) -> Redis:
        """A client over a bounded pool. Who waits for a connection for longer than ``limit_s`` gets an error."""
        pool = BlockingConnectionPool(
            max_connections=_MOST_CONNECTIONS, timeout=limit_s, connection_class=MeshConnection, **self.options
        )
        return Redis.from_pool(pool)


def server_at(url: str, service: str, credentials: Credentials | None, code: str) -> Server:
    """Reads ``redis://[user:password@]host[:port][/database]``, or ``rediss://`` with the service's certificate.

    Raises: `Invalid` with that code.
    """
    parts = urlsplit(url)
    database = parts.path.strip("/") or "0"
    is_tls = parts.scheme == "rediss"
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname or not database.isdecimal() or (is_tls and credentials is None):
        raise Invalid(
            f"not the address of a Redis: {parts.scheme}://{parts.hostname or ''}: write redis://host:6379/0 or rediss://host:6379/0",
            code=code,
        )
    options: dict[str, Any] = {
        "host": parts.hostname, "port": parts.port or 6379, "db": int(database), "client_name": service, "protocol": 2,
        "socket_connect_timeout": 1.0, "socket_timeout": 2.0, "driver_info": None,
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
    }  # fmt: skip
    if is_tls and credentials is not None:
        context = credentials.client_context(SERVER)
        options["tls"] = lambda: context
    return Server(options, int(database))


@asynccontextmanager
async def answering(code: str, limit_s: float) -> AsyncIterator[None]:
    """Bounds what is asked of Redis in time. Raises: `Unavailable` with that code, or ``cache-full``."""
    try:
        with heeded():
            async with asyncio.timeout(limit_s):
                yield
    except OutOfMemoryError as wrong:
        raise Unavailable("Redis is full: raise its maxmemory", code="cache-full", retry_after_s=5) from wrong
    except (RedisError, OSError) as wrong:  # a timeout is an OSError
        raise Unavailable(f"Redis does not answer: {type(wrong).__name__} {wrong}".rstrip(), code=code, retry_after_s=2) from wrong


async def ask(client: Redis, *words: Any) -> Any:
    """One command, as redis-py reads its answer. Raises: RedisError, OSError: call it under `answering`."""
    return await client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py types the wrappers only


class Script:
    """A Lua script, sent once and then named by its hash."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._hash = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, client: Redis, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script returns; in one round trip unless the server has forgotten it."""
        try:
            return await ask(client, "EVALSHA", self._hash, len(keys), *keys, *arguments)
        except NoScriptError:
            return await ask(client, "EVAL", self._text, len(keys), *keys, *arguments)
