"""Owns a service's door for other services: which methods it shows, how a call is carried out, how the door closes.

Never decides what a call means, nor who may make it: `mesh.rpc.border` and the table of methods do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web

from mesh import codec
from mesh.doorway import open_door
from mesh.errors import MeshError, NotFound
from mesh.health import health_routes
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.rpc.admission import Admission, Limits
from mesh.rpc.answers import answer_of, answer_of_error, from_header, read_body, too_large
from mesh.rpc.border import Answerer, Border, Responder, closing
from mesh.rpc.contract import CALL_PATH, PASS_PATH, REQUEST_HEADER, Call, Download, Method
from mesh.rpc.streams import received, send_download
from mesh.tasks import alongside
from mesh.tls import Credentials

Req = TypeVar("Req")
Resp = TypeVar("Resp")

_LOOK_S = 5.0


class RpcServer:
    """One door. Register methods, then keep `listening` open for as long as the service lives."""

    def __init__(
        self,
        *,
        service: str,
        credentials: Credentials,
        addresses: MutableMapping[str, tuple[str, int]],
        host: str,
        port: int,
        life: Life,
        metrics: Metrics,
        log: Log,
        wants_certificate: bool = True,
        limits: Limits | None = None,
    ) -> None:
        self._service = service
        self._credentials = credentials
        self._addresses = addresses
        self._host, self._port = host, port
        self._metrics = metrics
        self._log = log
        self._wants_certificate = wants_certificate
        self._limits = limits or Limits()
        self._admission = Admission(credentials, self._limits, metrics, log)
        self._answerers: dict[str, Answerer] = {}
        self._pages: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            route.path: route.handler
            for route in health_routes(life, metrics)
        }
        self._border = Border(service, self._admission, metrics, log)
        self._server: web.Server | None = None
        self.port = 0

    def serve(self, method: Method[Req, Resp], handler: Callable[[Req, Call], Awaitable[Resp]]) -> None:
        """Shows a CALL: JSON both ways."""

        async def respond(request: web.Request, call: Call) -> web.StreamResponse:
            wish = codec.decode(method.request, await read_body(request, method.max_bytes))
            return answer_of(await handler(wish, call))

        self._show(CALL_PATH, method, "call", respond)

    def serve_download(self, method: Method[Req, Any], handler: Callable[[Req, Call], Awaitable[Download]]) -> None:
        """Shows a DOWNLOAD: JSON there, exactly `Download.size_bytes` bytes back. The chunks are closed in any case."""

        async def respond(request: web.Request, call: Call) -> web.StreamResponse:
            wish = codec.decode(method.request, await read_body(request, method.max_bytes))
            return await send_download(request, await handler(wish, call))

        self._show(CALL_PATH, method, "download", respond)

    def serve_upload(
        self, method: Method[Req, Resp], handler: Callable[[Req, Call, AsyncIterator[bytes]], Awaitable[Resp]]
    ) -> None:
        """Shows an UPLOAD: JSON in a header and a body of at most ``max_bytes`` there, JSON back."""

        async def respond(request: web.Request, call: Call) -> web.StreamResponse:
            wish = from_header(method.request, request.headers.get(REQUEST_HEADER, ""))
            if (request.content_length or 0) > method.max_bytes:
                raise too_large(method.max_bytes)
            return answer_of(await handler(wish, call, received(request, method.max_bytes)))

        self._show(CALL_PATH, method, "upload", respond)

    def serve_pass(self, method: Method[Any, Any], handler: Responder) -> None:
        """Shows a PASS: the handler gets the HTTP request as it is and answers it, by a WebSocket if it likes.

        The method's time is its deadline; bodies without a stated length are the handler's to bound.
        """

        async def respond(request: web.Request, call: Call) -> web.StreamResponse:
            if (request.content_length or 0) > method.max_bytes:
                raise too_large(method.max_bytes)
            return await handler(request, call)

        self._show(PASS_PATH, method, "pass", respond)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Takes calls until it is left; then refuses new ones, finishes what is held within the limit, and closes.

        Raises: `Unavailable` (``address-unusable``).
        """
        server = web.Server(
            self._dispatch, request_factory=_request, handler_cancellation=True, access_log=None,
            keepalive_timeout=self._limits.keepalive_s, auto_decompress=False, lingering_time=2.0, max_field_size=32 * 1024,
        )  # fmt: skip
        self._server = server
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        context = self._credentials.server_context(wants_certificate=self._wants_certificate)
        site = web.TCPSite(runner, self._host, self._port, ssl_context=context, backlog=1024, reuse_address=True)
        await open_door(site, self._host, self._port)
        self.port = site.port
        before = self._addresses.get(self._service)
        self._addresses[self._service] = (_reachable(self._host), self.port)
        self._metrics.gauge("connections").set_function(lambda: len(server.connections))
        try:
            async with alongside(self._watch_connections()):
                yield
        finally:
            if before is None:
                self._addresses.pop(self._service, None)
            else:
                self._addresses[self._service] = before
            await site.stop()
            await self._drain()
            await runner.cleanup()

    def connections(self) -> list[asyncio.Transport]:
        """Every connection that is open now."""
        return [each.transport for each in self._server.connections if each.transport is not None] if self._server else []

    async def _drain(self) -> None:
        self._admission.is_draining = True
        try:
            async with asyncio.timeout(self._limits.drain_s):
                await self._admission.until_idle()
        except TimeoutError:
            self._log.warning("calls-cut", held=self._admission.held, waited_s=self._limits.drain_s)

    async def _watch_connections(self) -> None:
        """Cuts off who is not believed any more: at once after a swap, and when certificates run out."""
        while True:
            generation = self._credentials.generation
            try:
                async with asyncio.timeout(_LOOK_S):
                    await self._credentials.until_swapped(generation)
            except TimeoutError:
                pass
            self._admission.cut_off(self.connections())

    async def _dispatch(self, request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        path = request.raw_path
        answerer, tail = self._answerers.get(path), ""
        if answerer is None and path.startswith(PASS_PATH):
            name, _, tail = request.path.removeprefix(PASS_PATH).partition("/")
            answerer = self._answerers.get(PASS_PATH + name)
        if answerer is not None:
            return await answerer(request, tail)
        return await self._answer_otherwise(request)

    async def _answer_otherwise(self, request: web.Request) -> web.StreamResponse:
        try:
            peer = self._admission.caller_of(request).name
            page = self._pages.get(request.path) if request.method in {"GET", "HEAD"} else None
            if page is not None:
                return await page(request)
            if request.path.startswith((CALL_PATH, PASS_PATH)):
                raise self._admission.refusal(request.path.split("/")[2][:80], peer, "unknown")
            raise NotFound(f"there is no {request.path} here: calls are POST {CALL_PATH}SERVICE.VERB", code="no-such-page")
        except MeshError as wrong:
            return closing(answer_of_error(wrong))

    def _show(self, prefix: str, method: Method[Any, Any], shape: str, respond: Responder) -> None:
        assert method.shape == shape, f"{method.name} is a {method.shape}, not a {shape}"
        assert method.name.partition(".")[0] == self._service, f"{method.name} is not of {self._service}"
        self._answerers[prefix + method.name] = self._border.composed(method, respond, is_call=prefix == CALL_PATH)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.Request:
    """`web.Request` without a router; bodies are bounded per method (`read_body`), not here."""
    return web.Request(message, payload, protocol, writer, task, asyncio.get_running_loop(), client_max_size=0)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  "everywhere" is here too
