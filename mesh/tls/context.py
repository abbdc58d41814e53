"""Owns what happens in a handshake: TLS 1.3, both certificates, the peer's name, what was revoked. Reads no file.

A context that is in use is never changed: `load_cert_chain` with a key that does not match would break the listener, and a
CA cannot be taken out again. `ReloadableContext` hands every new handshake to the context that is current; connections that
are open keep theirs. Source of the traps: docs/decisions/0010-contexts-are-swapped-whole.md.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from mesh.tls.trust import Names
from pki.identity import NotAPeer, name_of_sans


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """Who is at the other end, as the handshake proved it. ``serial`` as `ssl` writes it; ``expires_at`` seconds since the epoch."""

    name: str
    serial: str
    issuer: Names
    expires_at: float


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom a context believes beyond what OpenSSL checks: serials that were taken back, authorities, and a name to insist on.

    ``expects`` is empty where the name is the one that was asked for (``server_hostname``), or where anyone of the mesh may call.
    """

    generation: int
    revoked: frozenset[str]
    issuers: frozenset[Names]
    refused: Callable[[str, str], None]
    expects: str = ""

    def admits(self, peer: PeerCertificate, now: float) -> str:
        """Why a peer is not believed (any more); empty when it is."""
        if peer.serial in self.revoked:
            return "certificate-revoked"
        if peer.issuer not in self.issuers:
            return "authority-not-trusted"
        if now >= peer.expires_at:
            return "certificate-expired"
        return ""


class Handshake(ssl.SSLObject):
    """One connection's TLS, which refuses a peer before the first byte of it is read, and keeps who the peer is."""

    peer: PeerCertificate | None = None
    generation: int = 0
    opened_at: float = 0.0

    def do_handshake(self) -> None:
        """Goes on with the handshake. Raises: `ssl.SSLError`, also for a peer that the policy does not admit."""
        context = self.context
        assert isinstance(context, PolicyContext)
        side = "server" if self.server_side else "client"
        try:
            super().do_handshake()
            self.peer = self._examine(context.policy)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as wrong:
            context.policy.refused(side, getattr(wrong, "reason", None) or str(wrong.args[-1]))
            raise
        self.generation, self.opened_at = context.policy.generation, time.monotonic()

    def _examine(self, policy: Policy) -> PeerCertificate | None:
        found: dict[str, Any] | None = self.getpeercert()
        if not found:
            return None  # only where no certificate was asked for: OpenSSL has refused otherwise
        try:
            peer = PeerCertificate(
                name=name_of_sans(found.get("subjectAltName", ())),
                serial=found["serialNumber"],
                issuer=found["issuer"],
                expires_at=float(ssl.cert_time_to_seconds(found["notAfter"])),
            )
        except NotAPeer as wrong:
            raise ssl.SSLCertVerificationError(1, "not-a-peer") from wrong
        expected = policy.expects or ("" if self.server_side else self.server_hostname)
        why = policy.admits(peer, time.time()) or ("another-name" if expected and peer.name != expected else "")
        if why:
            raise ssl.SSLCertVerificationError(1, why)
        return peer


class PolicyContext(ssl.SSLContext):
    """A complete context that is never changed after it was made."""

    policy: Policy
    sslobject_class = Handshake

    @classmethod
    def made(cls, protocol: int, policy: Policy, certificate: str, key: str, authorities: str, *, wants_certificate: bool) -> Self:
        """A context with that pair of files and those authorities (PEM text). Raises: `ssl.SSLError`, OSError."""
        context = cls(protocol)
        context.policy = policy
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(cadata=authorities)
        if protocol == ssl.PROTOCOL_TLS_SERVER:
            context.verify_mode = ssl.CERT_REQUIRED if wants_certificate else ssl.CERT_NONE
            context.num_tickets = 0  # a resumed session is not verified again, and a ticket carries the client's certificate
        elif policy.expects:
            context.check_hostname = False  # the policy insists on a name of its own
        return context


class ReloadableContext(ssl.SSLContext):
    """What listeners and pools hold: it stays the same while the context behind it is swapped."""

    current: PolicyContext

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Every new connection of asyncio and uvloop begins here: it gets the context that is current now."""
        return self.current.wrap_bio(*arguments, **named)


def peer_certificate(transport: Any) -> PeerCertificate | None:
    """Who is at the other end of a connection, None where no certificate was asked for. Costs a dictionary look-up."""
    handshake = transport.get_extra_info(SSL_OBJECT)
    return handshake.peer if isinstance(handshake, Handshake) else None


SSL_OBJECT: Final = "ssl_object"
