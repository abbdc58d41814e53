"""Owns what every exchange with one peer passes: its address, its circuit, its bulkhead, headers, figures, the names of failures."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import aiohttp

from mesh.errors import DeadlineExceeded, MeshError, Unavailable
from mesh.log import Log, correlation
from mesh.metrics import Metrics
from mesh.rpc.circuit import Circuit
from mesh.rpc.contract import CALL_PATH, CORRELATION_HEADER, TIMEOUT_HEADER, Method, deadline_of
from mesh.rpc.deadlines import Deadlines
from mesh.rpc.lines import Address, ConnectError
from mesh.rpc.tally import PeerTally
from mesh.tls import Credentials

_PATH: Final = CALL_PATH.encode()
_TIMEOUT: Final = TIMEOUT_HEADER.encode()
_CORRELATION: Final = CORRELATION_HEADER.encode()

WAITING_AT_ONCE: Final = 1024
PASSED_AT_ONCE: Final = 16_384
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
        self._addresses = addresses
        self._metrics = metrics
        self._log = log
        self._room = asyncio.Semaphore(calls_at_once)
        self._deadlines = Deadlines()
        self._waiting = 0
        self._passed = 0
        self._tallies: dict[str, PeerTally] = {}
        self._host = name.encode()
        self._known: tuple[Address, int] | None = None
        self._in_flight = metrics.gauge("peer_calls_in_flight").labels(name)
        self._open_gauge = metrics.gauge("peer_circuit_open").labels(name)
        self._circuit: Circuit | None = None

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
            if loop.time() - began >= _BLAMED_AFTER_S:
                self._circuit_now().failed()
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
        address = self._addresses.get(self._name)
        if address is None:
            raise Unavailable(f"nobody knows where {self._name} is: it has not started, or its address is not set", code="peer-unknown")
        circuit = self._circuit_now()
        if self._known != (address, self._credentials.generation):  # another peer, or we are another one: a new chance
            self._known = (address, self._credentials.generation)
            circuit.reset()
        wait_s = circuit.wait_s()
        if wait_s:
            raise Unavailable(f"{self._name} has failed repeatedly and is left alone", code="circuit-open", retry_after_s=wait_s)
        try:
            yield address
        except (aiohttp.ClientError, ssl.SSLError, OSError) as wrong:
            circuit.failed()
            raise self._named(wrong, address) from wrong
        except BaseException:
            circuit.abandoned()
            raise
        circuit.succeeded()

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

    def _circuit_now(self) -> Circuit:
        if self._circuit is None:
            self._circuit = Circuit(asyncio.get_running_loop().time, self._circuit_changed)
        return self._circuit

    def _circuit_changed(self, is_open: bool) -> None:
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
