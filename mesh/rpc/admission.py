"""Owns who may come in: the peer of a connection, whether it still is believed, whether its method lists it, how much is held.

Never reads a header to learn who somebody is: a peer is its certificate's URI SAN.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from aiohttp import web

from mesh.errors import Forbidden, MeshError, Unauthenticated, Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.rpc.contract import Method
from mesh.tls import Credentials
from mesh.tls.context import SSL_OBJECT, Handshake

NOBODY: Final = "nobody"
"""The name of a peer that was not asked for a certificate, in logs and metrics."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection is kept before it is asked to come again, and how many calls are held at once."""

    connection_age_s: float = 3600.0
    calls_at_once: int = 2048
    drain_s: float = 10.0
    keepalive_s: float = 90.0


class Caller(NamedTuple):
    """Who calls, and the handshake that proved it."""

    name: str
    handshake: Handshake | None


class Admission:
    """The keeper of one door."""

    def __init__(self, credentials: Credentials, limits: Limits, metrics: Metrics, log: Log) -> None:
        self._credentials = credentials
        self._limits = limits
        self._log = log
        self._refused = metrics.counter("refused_callers_total")
        self._idle = asyncio.Event()
        self.held = 0
        self.is_draining = False

    def enter(self, is_call: bool) -> None:
        """A call has come; a passed exchange (False) is not counted."""
        self.held += is_call

    def leave(self, is_call: bool) -> None:
        """It has ended, however."""
        self.held -= is_call
        if self.is_draining and self.held == 0:
            self._idle.set()

    async def until_idle(self) -> None:
        """Returns when no call is held any more; meant for when draining."""
        while self.held:
            self._idle.clear()
            await self._idle.wait()

    def caller_of(self, request: web.BaseRequest) -> Caller:
        """Who calls. Raises: `Unauthenticated` for one that is not believed any more."""
        transport = request.transport
        handshake = transport.get_extra_info(SSL_OBJECT) if transport is not None else None
        if not isinstance(handshake, Handshake) or handshake.peer is None:
            return Caller(NOBODY, None)
        why = self._why_not(handshake)
        if why:
            raise _disbelief(handshake.peer.name, why)
        return Caller(handshake.peer.name, handshake)

    def is_outdated(self, caller: Caller) -> bool:
        """Whether the connection is too old, or from before a swap of credentials, so that the next call shall use another."""
        handshake = caller.handshake
        if handshake is None:
            return False
        if handshake.generation != self._credentials.generation:
            return True
        age_s = time.monotonic() - handshake.opened_at
        return age_s > self._limits.connection_age_s * (0.8 + 0.2 * (handshake.opened_at % 1.0))  # each at a moment of its own

    def admit(self, method: Method[Any, Any], peer: str) -> None:
        """Lets a call in. Raises: `Forbidden` (``caller-not-allowed``), `Unavailable` (``shutting-down``, ``overloaded``)."""
        if peer not in method.callers:
            raise self.refusal(method.name, peer, method.name)
        if self.is_draining:
            raise Unavailable("this service is shutting down; nothing was done, call again", code="shutting-down", retry_after_s=0.2)
        if self.held > self._limits.calls_at_once:
            raise Unavailable(f"{self.held} calls are under way; call again in a moment", code="overloaded", retry_after_s=0.5)

    def refusal(self, method: str, peer: str, label: str) -> MeshError:
        """The refusal of a caller, logged and counted. ``label`` keeps invented method names out of the metrics."""
        self._log.warning("caller-refused", method=method, peer=peer)
        self._refused.labels(label, peer).inc()
        return Forbidden(f"{peer} may not call {method}", code="caller-not-allowed", details={"peer": peer, "method": method})

    def cut_off(self, transports: Iterable[Any]) -> int:
        """Ends the connections of peers that are not believed any more, whatever runs on them; returns how many."""
        count = 0
        for transport in transports:
            if transport is None or transport.is_closing():  # one that is gone has no TLS to be asked about, and asyncio fails on it
                continue
            handshake = transport.get_extra_info(SSL_OBJECT)
            if isinstance(handshake, Handshake) and handshake.peer is not None and (why := self._why_not(handshake)):
                self._log.warning("connection-cut", peer=handshake.peer.name, reason=why)
                transport.abort()
                count += 1
        return count

    def _why_not(self, handshake: Handshake) -> str:
        assert handshake.peer is not None
        if handshake.generation == self._credentials.generation:
            return "" if time.time() < handshake.peer.expires_at else "certificate-expired"
        return self._credentials.admits(handshake.peer)


def _disbelief(name: str, why: str) -> Unauthenticated:
    """What a peer is told that was believed when it connected."""
    match why:
        case "certificate-revoked":
            return Unauthenticated(f"the certificate of {name} was revoked: issue a new one, then connect again", code="certificate-revoked")
        case "certificate-expired":
            return Unauthenticated(f"the certificate of {name} has expired: renew it, then connect again", code="certificate-expired")
        case _:
            return Unauthenticated(f"the CA of the certificate of {name} is not trusted any more: renew it", code="authority-not-trusted")
