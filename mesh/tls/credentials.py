"""Owns a service's certificate, key and trust as they are now, and the swap when the files change. Never signs a certificate.

New files are read in a thread, checked as a whole (pair, name, chain, revocation lists), made into new contexts, then put in
place in one step. Files that do not fit together, as in the middle of a renewal, leave what is in use and are tried again.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mesh.errors import Broken, MeshError
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.tasks import alongside
from mesh.tls.context import PeerCertificate, Policy, PolicyContext, ReloadableContext
from mesh.tls.trust import Trust, name_of, read_trust
from pki.identity import NotAPeer

LOOK_S: Final = 1.0
"""How often the files are looked at, in seconds."""

_LATE: Final = 1 / 6
"""A leaf is renewed when a third of its life is left; with so little left, nobody has done so."""

ContextKey = tuple[int, bool, str]
"""Protocol, whether a certificate is wanted, the expected name."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one moment: the leaf, its key, whom to believe. ``generation`` grows with every swap."""

    generation: int
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    trust: Trust
    stamp: tuple[tuple[int, int, int], ...]


class Credentials:
    """One service's identity. Contexts that it hands out stay the same objects and follow the files."""

    def __init__(self, folder: Path, service: str) -> None:
        self.service = service
        self._folder = folder
        self._paths = [folder / f"{service}.crt", folder / f"{service}.key", folder / "ca.crt", folder / "revoked.crl"]
        self._contexts: dict[ContextKey, ReloadableContext] = {}
        self._swapped = asyncio.Event()
        self._on_refusal: Callable[[str, str], None] = lambda _side, _reason: None
        self.now = self._read(1)
        self._policy = self._policy_of(self.now)

    @classmethod
    def load(cls, folder: Path, service: str) -> Self:
        """Reads the files once. Raises: `Broken` (``credentials-missing``, ``credentials-unusable``) saying what to run."""
        return cls(folder, service)

    @classmethod
    @asynccontextmanager
    async def watched(cls, folder: Path, service: str, metrics: Metrics, log: Log) -> AsyncIterator[Self]:
        """Reads the files and follows them until the context is left. Raises as `load` does."""
        credentials = await asyncio.to_thread(cls.load, folder, service)
        credentials.show(metrics)
        async with alongside(credentials.follow(log)):
            yield credentials

    def show(self, metrics: Metrics) -> None:
        """Shows when the certificate expires, and counts refused handshakes by our side of them and the reason."""
        metrics.gauge("certificate_expiry_seconds").set_function(self.seconds_left)
        refusals = metrics.counter("handshakes_refused_total")
        self._on_refusal = lambda side, reason: refusals.labels(side, reason).inc()

    @property
    def generation(self) -> int:
        """Grows with every swap."""
        return self.now.generation

    def seconds_left(self) -> float:
        """Seconds until the certificate expires; negative when it has."""
        return self.now.certificate.not_valid_after_utc.timestamp() - time.time()

    async def health(self) -> str:
        """What is wrong with our certificate: it should have been renewed long ago, or is over. Empty while all is well."""
        certificate, left_s = self.now.certificate, self.seconds_left()
        life_s = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds()
        if left_s <= 0:
            return f"the certificate of {self.service} has ended: peers refuse us; bring a new one (palestra pki renew)"
        if left_s < life_s * _LATE:
            return f"the certificate of {self.service} ends in {left_s / 3600:.1f} h and was not renewed; see to it (palestra pki renew)"
        return ""

    def admits(self, peer: PeerCertificate) -> str:
        """Why a peer that was believed at its handshake is not any more; empty when it is."""
        return self._policy.admits(peer, time.time())

    def server_context(self, *, wants_certificate: bool = True) -> ReloadableContext:
        """For a listener. Without ``wants_certificate`` it serves anyone, and nobody has a name."""
        return self._context(ssl.PROTOCOL_TLS_SERVER, wants_certificate, "")

    def client_context(self, expects: str = "") -> ReloadableContext:
        """For connections to others. The peer must prove the ``server_hostname`` asked for, or the name in ``expects``.

        ``expects`` is for drivers that cannot ask for another name than the host they connect to.
        """
        return self._context(ssl.PROTOCOL_TLS_CLIENT, True, expects)

    def reload(self) -> bool:
        """Looks at the files; True when they had changed and are in use now. Blocks; `refresh` is for the loop.

        Raises: `Broken` (``credentials-missing``, ``credentials-unusable``) when what is there cannot be used; nothing changes.
        """
        found = self._prepared()
        return found is not None and self._put(*found)

    async def refresh(self) -> bool:
        """The same, reading in a thread."""
        found = await asyncio.to_thread(self._prepared)
        return found is not None and self._put(*found)

    async def follow(self, log: Log) -> None:
        """Reloads whenever the files change, for ever."""
        last_fault = ""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if await self.refresh():
                    log.info("credentials-swapped", generation=self.generation, expires_in_s=round(self.seconds_left()))
                last_fault = ""
            except MeshError as wrong:
                if wrong.message != last_fault:  # once, not every second
                    log.warning("credentials-not-swapped", code=wrong.code, reason=wrong.message)
                last_fault = wrong.message

    async def until_swapped(self, generation: int) -> None:
        """Returns when a later generation is in use."""
        while self.generation <= generation:
            await self._swapped.wait()

    def _prepared(self) -> tuple[Snapshot, dict[ContextKey, PolicyContext]] | None:
        if self._stamp() == self.now.stamp:
            return None
        fresh = self._read(self.now.generation + 1)
        return fresh, {key: self._made(key, fresh) for key in list(self._contexts)}

    def _put(self, fresh: Snapshot, contexts: dict[ContextKey, PolicyContext]) -> bool:
        for key, outer in self._contexts.items():
            outer.current = contexts.get(key) or self._made(key, fresh)
        self.now, self._policy = fresh, self._policy_of(fresh)
        self._swapped.set()
        self._swapped = asyncio.Event()
        return True

    def _context(self, protocol: int, wants_certificate: bool, expects: str) -> ReloadableContext:
        key = (protocol, wants_certificate, expects)
        if key not in self._contexts:
            outer = ReloadableContext(protocol)
            outer.current = self._made(key, self.now)
            self._contexts[key] = outer
        return self._contexts[key]

    def _made(self, key: ContextKey, snapshot: Snapshot) -> PolicyContext:
        protocol, wants_certificate, expects = key
        certificate, private, *_ = map(str, self._paths)
        try:
            return PolicyContext.made(
                protocol, self._policy_of(snapshot, expects), certificate, private, snapshot.trust.pem, wants_certificate=wants_certificate
            )
        except (ssl.SSLError, OSError) as wrong:
            raise self._unusable(str(wrong)) from wrong

    def _policy_of(self, snapshot: Snapshot, expects: str = "") -> Policy:
        trust = snapshot.trust
        return Policy(snapshot.generation, trust.revoked, trust.issuers, self._refused, expects)

    def _refused(self, side: str, reason: str) -> None:
        self._on_refusal(side, reason)

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(_stamp(path) for path in self._paths)

    def _read(self, generation: int) -> Snapshot:
        stamp = self._stamp()
        certificate_path, key_path, trust_path, revocations_path = self._paths
        try:
            certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
            key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
            trust = read_trust(trust_path, revocations_path)
        except FileNotFoundError as missing:
            raise Broken(f"{missing.filename} is missing: run `make pki`, or copy it from the CA", code="credentials-missing") from missing
        except (OSError, ValueError, TypeError) as wrong:
            raise self._unusable(str(wrong)) from wrong
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise self._unusable("the key is not the certificate's")
        self._examine(certificate, trust)
        if self._stamp() != stamp:
            raise self._unusable("the files changed while they were read")
        return Snapshot(generation, certificate, key, trust, stamp)

    def _examine(self, certificate: x509.Certificate, trust: Trust) -> None:
        try:
            proven = name_of(certificate)
        except NotAPeer as wrong:
            raise self._unusable(str(wrong)) from wrong
        if proven != self.service:
            raise self._unusable(f"the certificate is that of {proven}")
        if certificate.not_valid_after_utc.timestamp() <= time.time():
            raise self._unusable(f"the certificate ended at {certificate.not_valid_after_utc}")
        if not trust.has_signed(certificate):
            raise self._unusable("no CA in ca.crt signed the certificate")

    def _unusable(self, text: str) -> Broken:
        return Broken(f"{self._folder}/{self.service}.crt: {text}: run `palestra pki doctor`", code="credentials-unusable")


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)
