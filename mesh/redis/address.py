"""Owns the reading of a Redis address: one server, or the Sentinels that know it; who signs in. Never connects."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis

from mesh.errors import Invalid
from mesh.redis.connection import Era, MeshConnection
from mesh.redis.sentinels import Sentinels
from mesh.tls import Credentials

SERVER: Final = "redis"
"""The name in the certificate of every Redis and every Sentinel."""
_MOST_CONNECTIONS: Final = 32
_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
_SCHEMES: Final = {"redis": False, "rediss": False, "redis+sentinel": True, "rediss+sentinel": True}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Redis is and how to sign in; ``database`` also keeps apart the channels of installations that share it.

    With ``sentinels`` the master is asked for at every connect.
    """

    options: Mapping[str, Any]
    database: int
    sentinels: Sentinels | None = None

    def connection(self) -> MeshConnection:
        """One connection of its own, not yet open, for a reader that must know when it breaks."""
        return MeshConnection(sentinels=self.sentinels, **self.options)

    def client(self, limit_s: float, era: Era) -> Redis:
        """A client over a bounded pool. Who waits for a connection for longer than ``limit_s`` gets an error."""
        pool = BlockingConnectionPool(
            max_connections=_MOST_CONNECTIONS, timeout=limit_s, connection_class=MeshConnection, sentinels=self.sentinels, era=era, **self.options
        )
        return Redis.from_pool(pool)


def server_at(url: str, service: str, credentials: Credentials | None, code: str) -> Server:
    """Reads ``redis://[user:password@]host[:port][/database]`` or ``redis+sentinel://…@host,host,host/NAME[/database]``.

    ``rediss://`` and ``rediss+sentinel://`` speak TLS with the service's certificate. ``?password_file=/secrets/redis_{service}``
    reads the password at every connect; the user is then the service, where none is named. Raises: `Invalid` with that code.
    """
    parts = urlsplit(url)
    wrong = Invalid(
        f"not the address of a Redis: {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}: write redis://host:6379/0, "
        "rediss://host:6379/0 or rediss+sentinel://host:26379,host:26379,host:26379/NAME/0, with ?password_file=PATH where one is needed",
        code=code,
    )  # fmt: skip
    is_watched, is_tls = _SCHEMES.get(parts.scheme), parts.scheme.startswith("rediss")
    if is_watched is None or (is_tls and credentials is None):
        raise wrong
    hosts = _hosts(parts, _SENTINEL_PORT if is_watched else _PORT)
    names = [part for part in parts.path.split("/") if part]
    master = names.pop(0) if is_watched and names else ""
    database = names.pop(0) if names else "0"
    if not hosts or names or not database.isdecimal() or (is_watched and not master) or (len(hosts) > 1 and not is_watched):
        raise wrong
    secure: dict[str, Any] = {"tls": _context(credentials)} if is_tls and credentials is not None else {}
    who = _who(parts, service, wrong)
    options: dict[str, Any] = {
        "host": hosts[0][0], "port": hosts[0][1], "db": int(database), "client_name": service, "protocol": 2,
        "socket_connect_timeout": 1.0, "socket_timeout": 2.0, "driver_info": None, **secure, **who,
    }  # fmt: skip
    return Server(options, int(database), Sentinels(hosts, master, secure, who) if is_watched else None)


def _context(credentials: Credentials) -> Callable[[], ssl.SSLContext]:
    context = credentials.client_context(SERVER)
    return lambda: context


def _hosts(parts: SplitResult, default_port: int) -> list[tuple[str, int]]:
    """The hosts of an address; none when one of them makes no sense."""
    found: list[tuple[str, int]] = []
    for each in parts.netloc.rpartition("@")[2].split(","):
        try:
            one = urlsplit(f"//{each}")
            host, port = one.hostname, one.port
        except ValueError:
            return []
        if not host:
            return []
        found.append((host, port or default_port))
    return found


def _who(parts: SplitResult, service: str, wrong: Invalid) -> dict[str, Any]:
    name, mark, password = parts.netloc.rpartition("@")[0].partition(":")
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    path = asked.pop("password_file", "")
    if asked or (path and mark):
        raise wrong
    if path:
        return {"username": unquote(name) or service, "password_file": Path(path.replace("{service}", service))}
    return {"username": unquote(name) or None, "password": unquote(password) if mark else None}
