"""Owns one webhook call over HTTP: through the gate, bounded in time, no redirect followed, nothing read but the status."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.mailer.gate import NOT_PUBLIC, AddressRefused, Gate
from services.mailer.signing import headers_of
from wire.notices import DeliveryOrder

_GONE: Final = 410
_REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to. ``http_status`` is 0 when there was no answer; ``error`` is fit for the account whose webhook it is."""

    http_status: int = 0
    error: str = ""
    is_timeout: bool = False

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has it. Source: Standard Webhooks: any 2xx."""
        return 200 <= self.http_status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more calls. Source: Standard Webhooks: 410 Gone."""
        return self.http_status == _GONE


class Caller:
    """Makes the calls. One connection each: a receiver is not bound to keep them, and each is checked anew."""

    def __init__(self, session: aiohttp.ClientSession, clock: Clock, metrics: Metrics, log: Log, *, timeout_s: float) -> None:
        self._session = session
        self._clock = clock
        self._log = log
        self._timeout_s = timeout_s
        self._seconds = metrics.histogram("webhook_seconds")
        self._in_flight = metrics.gauge("webhooks_in_flight")

    async def call(self, order: DeliveryOrder) -> Answer:
        """Posts the body once, signed for this moment."""
        body = order.body.encode()
        began = self._clock.monotonic()
        self._in_flight.inc()
        try:
            headers = headers_of(order.secret, order.delivery, int(self._clock.now().timestamp()), body)
            async with self._session.post(order.url, data=body, headers=headers, allow_redirects=False) as answer:
                return _judged(answer.status)
        except TimeoutError:
            return Answer(error=f"no answer within {self._timeout_s:g} s", is_timeout=True)
        except (aiohttp.ClientError, OSError, ValueError) as wrong:
            return Answer(error=_told(wrong))
        except Exception as broken:  # noqa: BLE001  what a stranger answers must not end the mailer, nor the house around it; told below
            self._log.error("webhook-call-broken", delivery=order.delivery, cause=broken)
            return Answer(error="the call broke on our side; the operator has been told")
        finally:
            self._in_flight.dec()
            self._seconds.observe(self._clock.monotonic() - began)


@asynccontextmanager
async def open_caller(gate: Gate, clock: Clock, metrics: Metrics, log: Log, *, timeout_s: float, ca_file: str) -> AsyncIterator[Caller]:
    """A caller with its session; closes both and the gate. Raises: OSError where ``ca_file`` cannot be read, `ssl.SSLError` where it holds no certificate."""
    trusted = ssl.create_default_context()
    if ca_file:
        trusted.load_verify_locations(cafile=Path(ca_file))
    connector = aiohttp.TCPConnector(
        resolver=gate, socket_factory=gate.open_socket, use_dns_cache=False, force_close=True, limit=0, ssl=trusted
    )
    async with aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=timeout_s), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
        trust_env=False, headers={"User-Agent": "Palestra-Webhooks/1", "Content-Type": "application/json"},
    ) as session:  # fmt: skip
        try:
            yield Caller(session, clock, metrics, log, timeout_s=timeout_s)
        finally:
            await gate.close()


def _judged(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(status)
    return Answer(status, f"answered {status}" + ("; redirects are not followed" if status in _REDIRECTS else ""))


def _told(wrong: Exception) -> str:
    """What the account may know of a call that came to nothing."""
    match wrong:
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(wrong.certificate_error, "verify_message", "") or "certificate not trusted"
            return f"the receiver's certificate is refused: {reason}"
        case aiohttp.ClientConnectorDNSError():
            return NOT_PUBLIC
        case aiohttp.ClientSSLError():
            return "no TLS connection can be made to the receiver"
        case aiohttp.ClientConnectorError() if isinstance(wrong.os_error, AddressRefused):
            return NOT_PUBLIC
        case aiohttp.ClientConnectorError():
            return f"cannot connect: {wrong.os_error.strerror or 'no way to the receiver'}"[:200]
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return "the receiver closed the connection without an answer"
        case ValueError():
            return "the address or the secret of this webhook cannot be used: set it anew"
        case _:
            return "the receiver does not speak HTTP"
