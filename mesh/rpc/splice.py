"""Owns the handing on of a WebSocket: after the peer has agreed, bytes go both ways untouched, each side held back by the other.

Nothing is decoded: frames, pings, close codes and compression belong to the two ends, and a browser costs a copy, not a parser.
Bounds: what one side has not taken stops the reading from the other at 64 KiB.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import socket
from typing import Any, Final, cast

from aiohttp import hdrs, web
from multidict import CIMultiDict

from mesh.rpc.lines import CONNECT_S, connected
from mesh.rpc.passing import BrowserGone, forwarded
from mesh.addresses import Address
from mesh.tls import Credentials

HELD_BACK_BYTES: Final = 64 * 1024
_HEAD_BYTES: Final = 32 * 1024
_LOOK_S: Final = 0.05
SEND_BUFFER_BYTES: Final = 128 * 1024
_UNACKNOWLEDGED_MS: Final = 45_000
_HOP = {"Connection": "Upgrade", "Upgrade": "websocket"}


def is_upgrade(request: web.BaseRequest) -> bool:
    """Whether a request asks for a WebSocket."""
    return request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"


def opening_of(target: str, peer: str, headers: CIMultiDict[str]) -> bytes:
    """The request line and headers to send. Header values come from a parser that refuses line breaks, or from us."""
    fields = [*headers.items(), *_HOP.items()]
    lines = [f"GET {target} HTTP/1.1", f"Host: {peer}", *(f"{name}: {value}" for name, value in fields)]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


async def open_far(peer: str, address: Address, credentials: Credentials, opening: bytes) -> Far:
    """Opens the way to the peer and returns when the head of its answer (or all of a refusal) is here. The caller closes it.

    Raises: `ConnectError`; ConnectionResetError, TimeoutError when it does not answer.
    """
    far = await connected(Far, peer, address, credentials)
    try:
        far.transport.write(opening)
        async with asyncio.timeout(CONNECT_S):
            await far.read_head()
            far.refusal = b"" if far.status == 101 else await far.body()
    except BaseException:
        far.transport.abort()
        raise
    return far


async def splice(far: Far, request: web.BaseRequest) -> web.StreamResponse:
    """Answers as the peer has answered and lets bytes through until either side ends."""
    if far.status != 101:
        return web.Response(status=far.status, body=far.refusal, headers={hdrs.CONTENT_TYPE: far.headers.get(hdrs.CONTENT_TYPE, "text/plain")})
    response = web.StreamResponse(status=101, headers=forwarded(far.headers.items(), _HOP))
    near = request.transport
    if near is None:
        raise BrowserGone
    _bound(near)
    await response.prepare(request)
    request.protocol.set_parser(cast("Any", _Near(far.transport)))
    far.flow_to(near)
    await far.ended
    response.force_close()
    return response


def _bound(near: asyncio.Transport) -> None:
    """The kernel shall keep little for a browser that does not read, and notice soon when it is gone."""
    connection = near.get_extra_info("socket")
    if connection is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)


class Far(asyncio.Protocol):
    """Our end of the connection to the peer: collects the head, then lets everything through."""

    transport: asyncio.Transport
    status: int
    refusal: bytes
    headers: CIMultiDict[str]

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun = bytearray()
        self._grown = asyncio.Event()
        self._near: asyncio.Transport | None = None
        self._look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._near is None:
            self._begun += data
            self._grown.set()
            if len(self._begun) > 2 * _HEAD_BYTES:
                self.transport.pause_reading()
            return
        if self._near.is_closing():
            return  # the browser has gone: TLS's side of its line, which would be asked, may be gone too
        self._near.write(data)
        if self._near.get_write_buffer_size() > HELD_BACK_BYTES and self._look is None:
            self.transport.pause_reading()
            self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self._grown.set()
        if self._look is not None:
            self._look.cancel()
        if not self.ended.done():
            self.ended.set_result(None)

    def pause_writing(self) -> None:
        if self._near is not None:
            self._near.pause_reading()

    def resume_writing(self) -> None:
        if self._near is not None and not self._near.is_closing():
            self._near.resume_reading()

    def flow_to(self, near: asyncio.Transport) -> None:
        """From now on what comes goes there, beginning with what came behind the head."""
        self._near = near
        rest, self._begun = bytes(self._begun), bytearray()
        if rest:
            self.data_received(rest)
        if self._look is None:
            self.transport.resume_reading()

    async def read_head(self) -> None:
        """Waits for status and headers of the peer's answer. Raises: ConnectionResetError."""
        end = -1
        while end < 0:
            end = self._begun.find(b"\r\n\r\n")
            if end < 0:
                await self._more()
        head, self._begun = bytes(self._begun[: end + 4]), self._begun[end + 4 :]
        line, _, fields = head.partition(b"\r\n")
        status = line[9:12]
        if not line.startswith(b"HTTP/1.1 ") or not status.isdigit():
            raise ConnectionResetError("it does not answer in HTTP")
        self.status = int(status)
        self.headers = CIMultiDict(http.client.parse_headers(io.BytesIO(fields)).items())

    async def body(self) -> bytes:
        """The body of a refusal, as far as it is of a reasonable size. Raises: ConnectionResetError."""
        stated = self.headers.get(hdrs.CONTENT_LENGTH, "0")
        length = min(int(stated), _HEAD_BYTES) if stated.isdecimal() else 0
        while len(self._begun) < length:
            await self._more()
        return bytes(self._begun[:length])

    async def _more(self) -> None:
        if self.ended.done() or len(self._begun) > _HEAD_BYTES:
            raise ConnectionResetError("it did not answer the opening of a WebSocket")
        self._grown.clear()
        await self._grown.wait()

    def _look_again(self) -> None:
        """Reads on from the peer as soon as the browser's side has taken what it was given."""
        self._look = None
        assert self._near is not None
        if self._near.is_closing():
            self.transport.close()
        elif self._near.get_write_buffer_size() > HELD_BACK_BYTES // 4:
            self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._look_again)
        else:
            self.transport.resume_reading()


class _Near:
    """What aiohttp's server feeds with the browser's bytes once the upgrade is through."""

    def __init__(self, far: asyncio.Transport) -> None:
        self._far = far

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Bytes from the browser: on to the peer."""
        if not self._far.is_closing():
            self._far.write(data)
        return False, b""

    def feed_eof(self) -> None:
        """The browser has gone."""
        self._far.close()
