"""Owns what happens around every request: correlation, session, limits, origin, errors, headers, one log line. Never routes.

One wrapper in place of a stack of middlewares: each of those costs about two percent (research on aiohttp).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import Counter, Histogram

from mesh.errors import Broken, MeshError, NotFound, Refused, TooLarge, Unauthenticated, Unavailable, error_of_status
from mesh.ids import new_id
from mesh.log import correlation
from mesh.metrics import Metrics
from services.frontend import cookies
from services.frontend.desk import Desk
from services.frontend.errors import MethodNotAllowed, error_response, plain_response
from services.frontend.gatekeeping import SAFE_METHODS, Gateways, check_origin, check_word
from services.frontend.headers import add_headers
from services.frontend.keys import ADDRESS, CORRELATION, IS_SECURE, IS_STARTED, SESSION, SESSION_AWAY
from services.frontend.ratelimits import check_allowed
from services.frontend.reads import sides
from services.frontend.reads.sides import Side

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FOR_STRANGERS = frozenset({401, 403, 404})
"""What somebody is told who is nobody we know: not the truth when his session cannot be looked up."""
_BARE = ("/health", "/metrics", "/static/")


class Edge:
    """The wrapper around every handler."""

    def __init__(self, desk: Desk, metrics: Metrics) -> None:
        self._desk = desk
        self._gateways = Gateways(desk.config.trusted_proxies)
        self._requests = metrics.counter("requests_total")
        self._seconds = metrics.histogram("request_seconds")
        self._bound: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets a request through when it may pass, and turns every failure into an answer."""
        began, request[CORRELATION] = time.perf_counter(), self._gateways.request_id(request) or new_id()
        work = correlation.set(request[CORRELATION])
        sides.take(Side.REPLICA)
        request[ADDRESS] = self._gateways.client(request)
        request[IS_SECURE] = self._gateways.is_secure(request) or self._desk.config.public_url.startswith("https:")
        is_bare, status = request.path.startswith(_BARE), 499
        try:
            response = await self._answer(request, handler, is_bare=is_bare)
        except web.HTTPException as redirect:
            status = redirect.status
            raise
        else:
            status = response.status
            return response
        finally:
            self._note(request, status, time.perf_counter() - began, is_bare=is_bare)
            correlation.reset(work)

    async def complete(self, request: web.Request, response: web.StreamResponse) -> None:
        """Adds the headers of every answer; a signal of the application."""
        request[IS_STARTED] = True
        add_headers(response, is_secure=request.get(IS_SECURE, False), correlation=request.get(CORRELATION, ""))

    async def _answer(self, request: web.Request, handler: Handler, *, is_bare: bool) -> web.StreamResponse:
        try:
            if not is_bare:
                await self._admit(request)
            _check_address(request)
            return await handler(request)
        except web.HTTPException as wrong:
            if wrong.status < 400:
                raise
            failure = _told(wrong, request)
        except MeshError as known:
            failure = request.get(SESSION_AWAY, known) if known.status in _FOR_STRANGERS else known
            self._log_failure(request, known)
        except ConnectionError:
            raise
        except Exception as broken:  # noqa: BLE001  the last wall: logged with its cause, told without it
            self._desk.log.error("request-broke", path=request.path, cause=broken)  # noqa: TRY400  our log takes the cause itself
            failure = Broken("something broke on our side; it has been logged. Try again, or tell the operator the Palestra-Correlation of this answer")
        if request.get(IS_STARTED, False):
            raise ConnectionResetError("the answer had begun")
        try:
            return await error_response(request, failure)
        except Exception as broken:  # noqa: BLE001  a page for errors that fails must not hide the error
            self._desk.log.error("error-page-broke", path=request.path, cause=broken)  # noqa: TRY400  as above
            return plain_response(failure)

    def _log_failure(self, request: web.Request, known: MeshError) -> None:
        if known.status < 500:
            return
        if known.is_retryable:  # an outage: a line for each request is enough
            self._desk.log.warning("request-failed", path=request.path, code=known.code, reason=_in_a_line(known.__cause__ or known))
        else:
            self._desk.log.warning("request-failed", path=request.path, code=known.code, cause=known.__cause__)

    async def _admit(self, request: web.Request) -> None:
        desk, address = self._desk, request[ADDRESS]
        is_bearer = request.headers.get("Authorization", "")[:7].lower() == "bearer "
        token = cookies.bearer_of(request) if is_bearer else cookies.cookie_of(request)
        session = None
        if token:
            try:
                session, allowed = await desk.sessions.find(token, desk.limits.of_request(address, token))
            except Unavailable as away:
                if is_bearer or request.method not in SAFE_METHODS:
                    raise
                request[SESSION_AWAY], allowed = away, {}  # a browser still sees what everybody may see
            check_allowed(allowed)
        else:
            await desk.limits.spend_request(address)
        if session is not None:
            request[SESSION] = session
            if desk.commands.own_writes is not None:
                await desk.commands.own_writes.settle(session.actor.username, is_change=request.method not in SAFE_METHODS)
        elif is_bearer:
            raise Unauthenticated("this token is unknown or has expired; sign in again", code="session-expired")
        if request.method in SAFE_METHODS:
            return
        is_vouched = is_bearer or check_origin(request, desk.config.public_url)
        if request.content_type != "multipart/form-data" and not request.path.startswith("/git/"):
            await self._read(request)
        if session is not None and not is_bearer:
            await check_word(request, session, is_vouched=is_vouched)

    async def _read(self, request: web.Request) -> None:
        """Takes the body in, so that no handler waits for a line that drips."""
        try:
            async with asyncio.timeout(self._desk.config.body_timeout_s):
                await request.read()
        except TimeoutError as slow:
            raise Refused("the body of this request did not come in time", code="body-too-slow") from slow
        except (web.RequestPayloadError, HttpProcessingError) as broken:
            raise Refused(f"the body of this request cannot be read: {broken}", code="bad-body") from broken

    def _note(self, request: web.Request, status: int, duration_s: float, *, is_bare: bool) -> None:
        resource = request.match_info.route.resource
        route = f"{request.method} {resource.canonical}" if resource is not None else "none"
        bound = self._bound.get((route, status))
        if bound is None:
            bound = self._bound[route, status] = (self._requests.labels(route, str(status)), self._seconds.labels(route))
        bound[0].inc()
        bound[1].observe(duration_s)
        if is_bare:
            return
        session = request.get(SESSION)
        self._desk.log.info(
            "request", route=route, status=status, duration_s=duration_s, address=request.get(ADDRESS, ""),
            username=session.actor.username if session is not None else "",
        )  # fmt: skip


def _check_address(request: web.Request) -> None:
    """No handler gets a zero byte from the path or the query. What a body says it checks itself, and `reads.line` last of all."""
    if "\x00" in request.path:
        raise Refused("an address cannot have a zero byte (%00) in it: take that out", code="bad-parameter")
    if "\x00" not in request.query_string:
        return
    name = next((name for name, value in request.query.items() if "\x00" in name + value), "").replace("\x00", "")[:64]
    raise Refused(f"a parameter cannot have a zero byte (%00) in it: take that out - at `$.{name}`", code="bad-parameter")


def _in_a_line(cause: BaseException) -> str:
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:300]


def _told(wrong: web.HTTPException, request: web.Request) -> MeshError:
    if isinstance(wrong, web.HTTPMethodNotAllowed):
        return MethodNotAllowed(request.method, sorted(wrong.allowed_methods))
    if isinstance(wrong, web.HTTPRequestEntityTooLarge):
        return TooLarge("the body of this request is larger than this site takes", code="too-large")
    if wrong.status == 404:
        return NotFound(f"there is nothing at {request.path[:200]}", code="no-such-page")
    kind = error_of_status(wrong.status)
    return kind(wrong.reason) if kind is not Broken or wrong.status == 500 else Refused(wrong.reason)
