"""Owns the two ways in: a WebSocket, or a stream of server-sent events. Never reads the news; what a browser says is not heard.

Source: RFC 6455; HTML Living Standard §9.2.
"""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime
from typing import Final

from aiohttp import web

from mesh.assertion import Verifier
from mesh.clock import Clock
from mesh.errors import MeshError, NotFound
from mesh.metrics import Metrics
from mesh.rpc import Call, RpcServer
from services.broadcaster.frames import SSE_HELLO
from services.broadcaster.hub import Hub
from services.broadcaster.listener import Listener
from services.broadcaster.wishes import Wish, read_wish
from wire.methods import BROADCASTER_EVENTS

SEND_BUFFER_BYTES: Final = 128 * 1024
"""What the kernel keeps for one browser; its default grows to megabytes."""
_UNACKNOWLEDGED_MS: Final = 45_000
_MOST_SAID: Final = 4096
_TAILS: Final = {"", "ws", "sse"}


class Doors:
    """Checks tickets and lets listeners in."""

    def __init__(self, hub: Hub, verifier: Verifier, clock: Clock, metrics: Metrics) -> None:
        self._hub = hub
        self._verifier = verifier
        self._clock = clock
        self._refused = metrics.counter("refused_total")

    def show(self, server: RpcServer) -> None:
        """Opens them."""
        server.serve_pass(BROADCASTER_EVENTS, self.listen)

    async def listen(self, request: web.Request, call: Call) -> web.StreamResponse:
        """One browser, for as long as it listens. Raises: what `read_wish` and `Hub.join` raise, before anything was sent."""
        try:
            if call.tail not in _TAILS:
                raise NotFound("news are at ws or sse", code="no-such-page")
            now = self._clock.now()
            wish = read_wish(self._verifier, request.query, request.headers, now)
            is_socket = call.tail == "ws" or (call.tail == "" and request.headers.get("Upgrade", "").lower() == "websocket")
            self._hub.check_room()
        except MeshError as refusal:
            self._refused.labels(refusal.code).inc()
            raise
        if is_socket:
            return await self._by_socket(request, wish, now)
        return await self._by_stream(request, wish, now)

    async def _by_socket(self, request: web.Request, wish: Wish, now: datetime) -> web.StreamResponse:
        # compress=False: a deflate context for each browser takes 94 KB and 3.7 times the processor; frames are shared instead
        response = web.WebSocketResponse(compress=False, heartbeat=None, max_msg_size=_MOST_SAID)
        await response.prepare(request)
        listener = _listener(request, wish, now, is_stream=False)
        try:
            await self._hub.join(listener, wish.since)
            async for _ in response:
                pass
        finally:
            self._hub.leave(listener)
        return response

    async def _by_stream(self, request: web.Request, wish: Wish, now: datetime) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        listener = _listener(request, wish, now, is_stream=True)
        listener.transport.write(SSE_HELLO)
        try:
            await self._hub.join(listener, wish.since)
            await asyncio.get_running_loop().create_future()  # ends by cancellation, when the connection does
        finally:
            self._hub.leave(listener)
        return response


def _listener(request: web.Request, wish: Wish, now: datetime, *, is_stream: bool) -> Listener:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("gone before it was let in")
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
    left_s = (wish.expires_at - now).total_seconds()
    return Listener(transport, wish.topics, asyncio.get_running_loop().time() + left_s, is_stream=is_stream)
