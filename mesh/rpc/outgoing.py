"""Owns what every exchange with one peer passes: its address, its circuit, its bulkhead, headers, figures, the names of failures."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final

import aiohttp

from mesh.errors import DeadlineExceeded, MeshError, Unavailable
from mesh.log import Log, correlation
from mesh.metrics import Metrics
from mesh.rpc.circuit import Circuit
from mesh.rpc.contract import CALL_PATH, CORRELATION_HEADER, TIMEOUT_HEADER, Method, deadline_of
from mesh.rpc.deadlines import Deadlines
from mesh.rpc.lines import ConnectError
from mesh.addresses import Address
from mesh.rpc.places import Turns
from mesh.rpc.tally import PeerTally
from mesh.tls import Credentials

_PATH: Final = CALL_PATH.encode()
_TIMEOUT: Final = TIMEOUT_HEADER.encode()
_CORRELATION: Final = CORRELATION_HEADER.encode()

WAITING_AT_ONCE: Final = 1024
PASSED_AT_ONCE: Final = 16_384
_asked: ContextVar[Circuit | None] = ContextVar("asked", default=None)
"""Whom the call that runs now has asked last."""

_BLAMED_AFTER_S: Final = 1.0
"""A peer that is silent for less time than this may just be asked by somebody in a hurry."""


class Outgoing:
    """One peer's gate. Full means: wait in line while the deadline lasts, and past `WAITING_AT_ONCE` in line, refuse."""

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        addresses: Mapping[str, Address],
        metrics: Metrics,
        log: Log,
        *,
        calls_at_once: int,
    ) -> None:
        self._name = name
        self._credentials = credentials
        self._metrics = metrics
        self._log = log
        self._room = asyncio.Semaphore(calls_at_once)
        self._deadlines = Deadlines()
        self._waiting = 0
        self._passed = 0
        self._tallies: dict[str, PeerTally] = {}
        self._host = name.encode()
        self._in_flight = metrics.gauge("peer_calls_in_flight").labels(name)
        self._open_gauge = metrics.gauge("peer_circuit_open").labels(name)
        self._is_open = False
        self._turns = Turns(name, addresses, self._circuits_changed)

    @asynccontextmanager
    async def call(self, method: Method[Any, Any], timeout_s: float | None) -> AsyncIterator[float]:
        """Room for one call; yields its deadline on the loop's clock, which also ends it.

        Raises: `DeadlineExceeded`, `Unavailable` (``peer-busy``).
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends = deadline_of(method.timeout_s if timeout_s is None else min(timeout_s, method.timeout_s))
        outcome = "ok"
        limit = self._deadlines.until(ends)
        try:
            with limit:
                await self._take_room()
                try:
                    yield ends
                finally:
                    self._room.release()
                    self._in_flight.dec()
        except TimeoutError as late:
            if not limit.has_expired:
                raise
            outcome = DeadlineExceeded.default_code
            asked = _asked.get()
            if asked is not None and loop.time() - began >= _BLAMED_AFTER_S:
                self._turns.failed(asked)
            raise DeadlineExceeded(f"{method.name} did not answer within {loop.time() - began:.3g} s") from late
        except MeshError as wrong:
            outcome = wrong.code
            raise
        except BaseException:
            outcome = "cancelled"
            raise
        finally:
            self._tally(method.name).note(outcome, loop.time() - began)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Room for one passed exchange, which may last for hours. Raises: `Unavailable` (``peer-busy``)."""
        if self._passed >= PASSED_AT_ONCE:
            raise self._busy()
        self._passed += 1
        try:
            yield
        finally:
            self._passed -= 1

    @contextmanager
    def attempt(self) -> Iterator[Address]:
        """One try: yields the address, names what fails, tells the circuit. Raises: `Unavailable`, as the client's module lists."""
        address, circuit = self._turns.next(self._credentials.generation)
        _asked.set(circuit)
        try:
            yield address
        except (aiohttp.ClientError, ssl.SSLError, OSError) as wrong:
            self._turns.failed(circuit)
            raise self._named(wrong, address) from wrong
        except BaseException:
            circuit.abandoned()
            raise
        self._turns.succeeded(circuit)

    def patient_until(self, patience_s: float) -> float:
        """Until when a call may wait for the peer to come back, on the loop's clock: so long after it was found away, no longer."""
        since = self._turns.away_since
        return (asyncio.get_running_loop().time() if since is None else since) + patience_s

    def head(self, method: Method[Any, Any], ends: float, framing: bytes) -> bytes:
        """The request line and headers of a call: the rest of the caller's time and the piece of work travel in them."""
        left_ms = max(1, int((ends - asyncio.get_running_loop().time()) * 1000))
        work = correlation.get()
        named = b"%s: %s\r\n" % (_CORRELATION, work.encode()) if work and work.isascii() and work.isprintable() else b""
        return b"POST %s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%s: %d\r\n%s%s\r\n\r\n" % (
            _PATH, method.name.encode(), self._host, _TIMEOUT, left_ms, named, framing,
        )  # fmt: skip

    async def _take_room(self) -> None:
        if self._waiting >= WAITING_AT_ONCE:
            raise self._busy()
        self._waiting += 1
        try:
            await self._room.acquire()
        finally:
            self._waiting -= 1
        self._in_flight.inc()

    def _busy(self) -> Unavailable:
        return Unavailable(f"too many calls to {self._name} wait already; try later", code="peer-busy", retry_after_s=1.0)

    def _circuits_changed(self, is_open: bool) -> None:
        if is_open == self._is_open:
            return
        self._is_open = is_open
        self._open_gauge.set(int(is_open))
        if is_open:
            self._log.warning("circuit-opened", peer=self._name)
        else:
            self._log.info("circuit-closed", peer=self._name)

    def _tally(self, method: str) -> PeerTally:
        tally = self._tallies.get(method)
        if tally is None:
            tally = self._tallies[method] = PeerTally(self._metrics, method)
        return tally

    def _named(self, wrong: Exception, address: Address) -> Unavailable:
        where = f"{self._name} at {address[0]}:{address[1]}"
        match wrong:
            case ConnectError(is_trust=True) | aiohttp.ClientSSLError() | ssl.SSLError():
                return Unavailable(f"{where} does not prove to be {self._name} ({wrong}): see `pki doctor`", code="peer-not-trusted")
            case ConnectError() | aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | ConnectionRefusedError():
                return Unavailable(f"{where} cannot be reached: {wrong}", code="peer-unreachable")
            case _:
                return Unavailable(f"{where} broke off: {str(wrong) or type(wrong).__name__}", code="peer-disconnected")
