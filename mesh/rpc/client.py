"""Owns calls to other services: deadlines, retries, the circuit and the bulkhead of each peer. Never trusts an address: a peer is
the name that its certificate proves.

    MeshErrors that begin here: ``peer-unknown`` ``peer-unreachable`` ``peer-not-trusted`` ``peer-disconnected`` ``peer-busy``
    ``circuit-open`` ``stream-broken`` (all `Unavailable`), ``deadline-exceeded`` (`DeadlineExceeded`), ``bad-answer`` (`Broken`)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

from aiohttp import web
from yarl import URL

from mesh import codec
from mesh.errors import Broken, MeshError, Unavailable
from mesh.log import Log, correlation
from mesh.metrics import Metrics
from mesh.rpc.answers import error_of_answer, in_header, result_of_answer
from mesh.rpc.attempts import Attempts
from mesh.rpc.contract import CORRELATION_HEADER, MAX_ANSWER_BYTES, REQUEST_HEADER, Download, Method
from mesh.rpc.connection import Connection
from mesh.rpc.lines import Lines
from mesh.rpc.outgoing import Outgoing
from mesh.rpc.passing import BrowserGone, answer_on, ask_on, forwarded, target_of, unheard
from mesh.addresses import Address, addresses_of, looked_up
from mesh.rpc.sessions import Sessions
from mesh.rpc.splice import is_upgrade, open_far, opening_of, splice
from mesh.tls import Credentials

__all__ = ["Download", "Peer", "Peers"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")


class Peers:
    """Every peer of one service, each made when first named. Leaving its context closes all connections."""

    def __init__(
        self,
        service: str,
        credentials: Credentials,
        addresses: MutableMapping[str, tuple[str, int]],
        metrics: Metrics,
        log: Log,
    ) -> None:
        self.service = service
        self._credentials = credentials
        self._addresses = addresses
        self._metrics = metrics
        self._log = log
        self._peers: dict[str, Peer] = {}
        self._places: dict[tuple[str, Address], Peer] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for peer in (*self._peers.values(), *self._places.values()):
            await peer.close()
        self._peers.clear()
        self._places.clear()

    def peer(self, name: str) -> Peer:
        """The peer of that name; it need not be there yet."""
        if name not in self._peers:
            self._peers[name] = Peer(name, self._credentials, self._addresses, self._metrics, self._log)
        return self._peers[name]

    async def places(self, name: str) -> list[Peer]:
        """A line to each process of that service by itself; host names that stand for several are looked up. Empty: nobody knows one."""
        known = addresses_of(self._addresses, name)
        found = await looked_up(known)
        if len(found) <= 1:
            return [self.peer(name)] if known else []
        for address in found:
            if (name, address) not in self._places:
                self._places[name, address] = Peer(name, self._credentials, {name: address}, self._metrics, self._log)
        return [self._places[name, address] for address in found]


class Peer:
    """Another service, pinned to its name. Every call raises what the peer answered, or one of the errors above."""

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        addresses: Mapping[str, tuple[str, int]],
        metrics: Metrics,
        log: Log,
        *,
        calls_at_once: int = 256,
    ) -> None:
        self.name = name
        self._credentials = credentials
        self._lines = Lines(name, credentials)
        self._sessions = Sessions(credentials)
        self._outgoing = Outgoing(name, credentials, addresses, metrics, log, calls_at_once=calls_at_once)

    async def close(self) -> None:
        """Closes every connection to the peer, whatever runs on it."""
        self._lines.close()
        await self._sessions.close()

    async def call(self, method: Method[Req, Resp], request: Req, timeout_s: float | None = None) -> Resp:
        """Asks and returns the answer. ``timeout_s`` bounds all tries together, as do the method and the work that runs now.

        Cancelling it cancels the handler at the peer. Idempotent methods are tried again with growing pauses.
        """
        body = codec.encode(request)
        async with self._outgoing.call(method, timeout_s) as ends:
            attempts = self._attempts(method, ends)
            while True:
                try:
                    return await self._ask(method, body, ends)
                except MeshError as wrong:
                    await attempts.pause_after(wrong)

    @asynccontextmanager
    async def download(self, method: Method[Req, Any], request: Req, timeout_s: float | None = None) -> AsyncIterator[Download]:
        """Opens a stream of bytes; tried again until it is open, not after.

        Reading it raises `Unavailable` (``stream-broken``) when it ends early.
        """
        body = codec.encode(request)
        async with self._outgoing.call(method, timeout_s) as ends:
            attempts = self._attempts(method, ends)
            connection: Connection | None = None
            while connection is None:
                try:
                    connection = await self._open(method, body, ends)
                except MeshError as wrong:
                    await attempts.pause_after(wrong)
            try:
                yield Download(connection.length, self._chunks(connection))
            finally:
                self._lines.give(connection)

    async def upload(self, method: Method[Req, Resp], request: Req, chunks: AsyncIterable[bytes], timeout_s: float | None = None) -> Resp:
        """Sends bytes with a request and returns the answer. Tried again until the peer is there, not after: the bytes are gone."""
        framing = f"{REQUEST_HEADER}: {in_header(request)}\r\nTransfer-Encoding: chunked".encode()
        async with self._outgoing.call(method, timeout_s) as ends:
            attempts = self._attempts(method, ends)
            while True:
                has_begun = False
                try:
                    with self._outgoing.attempt() as address:
                        connection = await self._lines.take(address)
                        has_begun = True
                        try:
                            await connection.send(self._outgoing.head(method, ends, framing), chunks)
                            content = await self._whole(connection)
                        finally:
                            self._lines.give(connection)
                    return self._result(method, connection.status, content)
                except MeshError as wrong:
                    if has_begun:
                        raise
                    await attempts.pause_after(wrong)

    async def pass_on(
        self, method: Method[Any, Any], request: web.BaseRequest, tail: str, headers: Mapping[str, str] | None = None
    ) -> web.StreamResponse:
        """Hands a whole HTTP exchange or WebSocket on and streams both ways; returns the finished answer.

        ``headers`` are added to the request, and win. Hop-by-hop headers stay here. A request body that this process's
        server has decompressed is handed on decompressed. The caller bounds how much of it may come.
        """
        extra = dict(headers or {})
        if correlation.get():
            extra[CORRELATION_HEADER] = correlation.get()
        target = target_of(method.name, tail, request)
        with self._outgoing.passing():
            try:
                attempts = self._attempts(method, asyncio.get_running_loop().time() + method.timeout_s, is_idempotent=False)
                while True:
                    try:
                        if is_upgrade(request):
                            return await self._pass_socket(request, opening_of(target, self.name, forwarded(request.headers.items(), extra)))
                        return await self._pass_exchange(request, target, extra)
                    except MeshError as wrong:  # only what has not reached the peer goes out again
                        await attempts.pause_after(wrong)
            except BrowserGone:
                return unheard()

    def _attempts(self, method: Method[Any, Any], ends: float, *, is_idempotent: bool | None = None) -> Attempts:
        patience = partial(self._outgoing.patient_until, method.patience_s) if method.patience_s else None
        return Attempts(method.is_idempotent if is_idempotent is None else is_idempotent, ends, patience)

    async def _pass_socket(self, request: web.BaseRequest, opening: bytes) -> web.StreamResponse:
        with self._outgoing.attempt() as address:
            far = await open_far(self.name, address, self._credentials, opening)
        try:
            return await splice(far, request)
        finally:
            far.transport.close()

    async def _pass_exchange(self, request: web.BaseRequest, target: str, extra: Mapping[str, str]) -> web.StreamResponse:
        async with self._sessions.session() as session:
            with self._outgoing.attempt() as address:
                url = URL.build(scheme="https", host=address[0], port=address[1]).join(URL(target, encoded=True))
                answer = await ask_on(session, url, self.name, request, extra)
            async with answer:
                return await answer_on(answer, self.name, request)

    async def _ask(self, method: Method[Any, Resp], body: bytes, ends: float) -> Resp:
        with self._outgoing.attempt() as address:
            connection = await self._lines.take(address)
            try:
                await connection.open(self._outgoing.head(method, ends, b"Content-Length: %d" % len(body)) + body)
                content = await self._whole(connection)
            finally:
                self._lines.give(connection)
        return self._result(method, connection.status, content)

    async def _open(self, method: Method[Any, Any], body: bytes, ends: float) -> Connection:
        """A connection whose answer's head is here and says 200; the caller gives it back."""
        with self._outgoing.attempt() as address:
            connection = await self._lines.take(address)
            is_open = False
            try:
                await connection.open(self._outgoing.head(method, ends, b"Content-Length: %d" % len(body)) + body)
                is_open = connection.status == 200
                content = b"" if is_open else await self._whole(connection)
            finally:
                if not is_open:
                    self._lines.give(connection)
        if not is_open:
            raise error_of_answer(connection.status, content, self.name)
        return connection

    async def _whole(self, connection: Connection) -> bytes:
        if connection.length > MAX_ANSWER_BYTES:
            raise Broken(f"{self.name} answered with {connection.length} bytes; such things are downloads", code="bad-answer")
        return await connection.rest()

    def _result(self, method: Method[Any, Resp], status: int, content: bytes) -> Resp:
        if status != 200:
            raise error_of_answer(status, content, self.name)
        return result_of_answer(method.response, content, self.name)

    async def _chunks(self, connection: Connection) -> AsyncIterator[bytes]:
        try:
            async for chunk in connection.chunks():
                yield chunk
        except ConnectionError as wrong:
            raise Unavailable(f"{self.name} broke off in the middle of a stream", code="stream-broken") from wrong
