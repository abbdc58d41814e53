"""Owns calls to other services: deadlines, retries, the circuit and the bulkhead of each peer. Never trusts an address: a peer is
the name that its certificate proves.

    MeshErrors that begin here: ``peer-unknown`` ``peer-unreachable`` ``peer-not-trusted`` ``peer-disconnected`` ``peer-busy``
    ``circuit-open`` ``stream-broken`` (all `Unavailable`), ``deadline-exceeded`` (`DeadlineExceeded`), ``bad-answer`` (`Broken`)
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator, Mapping, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, Self, TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

from mesh import codec
from mesh.errors import Broken, MeshError, Unavailable
from mesh.log import Log, correlation
from mesh.metrics import Metrics
from mesh.rpc.answers import error_of_answer, in_header, result_of_answer
from mesh.rpc.attempts import Attempts
from mesh.rpc.contract import CORRELATION_HEADER, MAX_ANSWER_BYTES, REQUEST_HEADER, Download, Method
from mesh.rpc.lines import Lines
from mesh.rpc.outgoing import Outgoing
from mesh.rpc.passing import forwarded, hand_on, target_of
from mesh.rpc.splice import is_upgrade, opening_of, splice
from mesh.tls import Credentials

__all__ = ["Download", "Peer", "Peers"]

LARGE_BYTES: Final = 1 << 20

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for peer in self._peers.values():
            await peer.close()
        self._peers.clear()

    def peer(self, name: str) -> Peer:
        """The peer of that name; it need not be there yet."""
        if name not in self._peers:
            self._peers[name] = Peer(name, self._credentials, self._addresses, self._metrics, self._log)
        return self._peers[name]


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
        self._lines = Lines(credentials)
        self._outgoing = Outgoing(name, credentials, addresses, metrics, log, calls_at_once=calls_at_once)

    async def close(self) -> None:
        """Closes every connection to the peer, whatever runs on it."""
        await self._lines.close()

    async def call(self, method: Method[Req, Resp], request: Req, timeout_s: float | None = None) -> Resp:
        """Asks and returns the answer. ``timeout_s`` bounds all tries together, as do the method and the work that runs now.

        Cancelling it cancels the handler at the peer. Idempotent methods are tried again with growing pauses.
        """
        body = codec.encode(request)
        async with self._outgoing.call(method, timeout_s) as ends:
            attempts = Attempts(method.is_idempotent, ends)
            while True:
                try:
                    status, content = await self._ask(method, body, self._outgoing.headers(ends))
                    return self._result(method, status, content)
                except MeshError as wrong:
                    await attempts.pause_after(wrong)

    @asynccontextmanager
    async def download(self, method: Method[Req, Any], request: Req, timeout_s: float | None = None) -> AsyncIterator[Download]:
        """Opens a stream of bytes; tried again until it is open, not after.

        Reading it raises `Unavailable` (``stream-broken``) when it ends early.
        """
        body = codec.encode(request)
        async with self._outgoing.call(method, timeout_s) as ends, AsyncExitStack() as stack:
            attempts = Attempts(method.is_idempotent, ends)
            answer: aiohttp.ClientResponse | None = None
            while answer is None:
                try:
                    answer = await self._open(stack, method, body, self._outgoing.headers(ends))
                except MeshError as wrong:
                    await attempts.pause_after(wrong)
            yield Download(answer.content_length or 0, self._chunks(answer))

    async def upload(self, method: Method[Req, Resp], request: Req, chunks: AsyncIterable[bytes], timeout_s: float | None = None) -> Resp:
        """Sends bytes with a request and returns the answer. Never tried again: the bytes are gone."""
        async with self._outgoing.call(method, timeout_s) as ends:
            headers = self._outgoing.headers(ends) | {REQUEST_HEADER: in_header(request)}
            status, content = await self._ask(method, aiter(chunks), headers)
            return self._result(method, status, content)

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
        with self._outgoing.passing(), self._outgoing.attempt() as address:
            if is_upgrade(request):
                opening = opening_of(target, self.name, forwarded(request.headers.items(), extra))
                return await splice(self.name, address, self._credentials.client_context(), request, opening)
            url = URL.build(scheme="https", host=address[0], port=address[1]).join(URL(target, encoded=True))
            async with self._lines.session() as session:
                return await hand_on(session, url, self.name, request, extra)

    async def _ask(self, method: Method[Any, Any], body: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        with self._outgoing.attempt() as address:
            async with self._lines.session() as session, session.post(
                self._outgoing.url(address, method.name), data=_payload(body), headers=headers, server_hostname=self.name
            ) as answer:
                return answer.status, await self._read(answer)

    async def _open(
        self, stack: AsyncExitStack, method: Method[Any, Any], body: bytes, headers: dict[str, str]
    ) -> aiohttp.ClientResponse:
        async with AsyncExitStack() as trial:
            with self._outgoing.attempt() as address:
                session = await trial.enter_async_context(self._lines.session())
                url = self._outgoing.url(address, method.name)
                answer = await trial.enter_async_context(
                    session.post(url, data=body, headers=headers, server_hostname=self.name)
                )
                content = b"" if answer.status == 200 else await self._read(answer)
            if answer.status != 200:
                raise error_of_answer(answer.status, content, self.name)
            stack.push_async_exit(trial.pop_all())
            return answer

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        if (answer.content_length or 0) > MAX_ANSWER_BYTES:
            answer.close()
            raise Broken(f"{self.name} answered with more than {MAX_ANSWER_BYTES} bytes; such things are downloads", code="bad-answer")
        return await answer.read()

    def _result(self, method: Method[Any, Resp], status: int, content: bytes) -> Resp:
        if status != 200:
            raise error_of_answer(status, content, self.name)
        return result_of_answer(method.response, content, self.name)

    async def _chunks(self, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as wrong:
            if isinstance(wrong, TimeoutError):
                raise
            raise Unavailable(f"{self.name} broke off in the middle of a stream", code="stream-broken") from wrong


def _payload(body: Any) -> Any:
    """What aiohttp shall send: a large body in pieces, so that it does not hold up the loop."""
    return io.BytesIO(body) if isinstance(body, bytes) and len(body) > LARGE_BYTES else body
