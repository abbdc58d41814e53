"""Owns the connections to one peer: a keep-alive pool for each address, for the present credentials. Never bounds calls: the bulkhead does.

A swap of credentials empties the pool; what is under way ends on the connection that it has. So a new certificate, a new CA
and a revocation of the peer take hold with the next call, and no call is broken off.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from mesh.rpc.connection import Connection
from mesh.addresses import Address
from mesh.tls import Credentials

CONNECT_S: Final = 3.0
KEEPALIVE_S: Final = 30.0
"""Shorter than the server's, so that a pooled connection is not closed under a call that just took it."""

P = TypeVar("P", bound=asyncio.Protocol)


class ConnectError(OSError):
    """No connection came about, so nothing was asked. ``is_trust`` says that the peer was there and did not prove its name."""

    def __init__(self, reason: str, *, is_trust: bool) -> None:
        super().__init__(reason)
        self.is_trust = is_trust


class Lines:
    """The connections to one peer. Used inside the loop only."""

    def __init__(self, name: str, credentials: Credentials) -> None:
        self._name = name
        self._credentials = credentials
        self._idle: dict[Address, deque[Connection]] = {}
        self._busy: set[Connection] = set()
        self._generation = -1

    async def take(self, address: Address) -> Connection:
        """A connection for one exchange; give it back, whatever became of it. Raises: `ConnectError`."""
        if self._credentials.generation != self._generation:
            self._forget_idle()
            self._generation = self._credentials.generation
        oldest = asyncio.get_running_loop().time() - KEEPALIVE_S
        idle = self._idle.setdefault(address, deque())
        while idle:
            connection = idle.pop()
            if connection.is_reusable and connection.idle_since >= oldest:
                self._busy.add(connection)
                return connection
            connection.close()
        connection = await connected(Connection, self._name, address, self._credentials)
        connection.belongs_to = (address, self._generation)
        self._busy.add(connection)
        return connection

    def give(self, connection: Connection) -> None:
        """Takes a connection back: kept for the next call, or closed, which cancels what still runs on it at the peer."""
        self._busy.discard(connection)
        address, generation = connection.belongs_to
        if not connection.is_reusable or generation != self._generation:
            connection.close()
            return
        now = asyncio.get_running_loop().time()
        connection.idle_since = now
        self._idle.setdefault(address, deque()).append(connection)
        for one, idle in list(self._idle.items()):
            while idle and idle[0].idle_since < now - KEEPALIVE_S:
                idle.popleft().close()
            if not idle:
                del self._idle[one]

    def close(self) -> None:
        """Closes everything, whatever runs on it."""
        self._forget_idle()
        for connection in list(self._busy):
            connection.close()

    def _forget_idle(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()


async def connected(factory: Callable[[], P], name: str, address: Address, credentials: Credentials) -> P:
    """A protocol on a fresh connection to the peer of that name, which has proved it. Raises: `ConnectError`."""
    context = credentials.client_context()
    try:
        async with asyncio.timeout(CONNECT_S):
            _, protocol = await asyncio.get_running_loop().create_connection(factory, *address, ssl=context, server_hostname=name)
    except ssl.SSLError as wrong:
        raise ConnectError(str(wrong), is_trust=True) from wrong
    except OSError as wrong:
        raise ConnectError(str(wrong) or type(wrong).__name__, is_trust=False) from wrong
    return protocol
