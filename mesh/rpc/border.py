"""Owns the one wrapper around every handler: peer, callers, deadline, result, error, figures. Never reads a body.

It is composed once, when a method is shown: a stack of middlewares would cost each call again. Handlers are cancelled when
their caller's connection breaks, or when the caller's time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from mesh.errors import Broken, DeadlineExceeded, MeshError, Refused
from mesh.log import Log, correlation
from mesh.metrics import Metrics
from mesh.rpc.admission import NOBODY, Admission, Caller
from mesh.rpc.answers import answer_of_error
from mesh.rpc.contract import CORRELATION_HEADER, TIMEOUT_HEADER, Call, Method, deadline
from mesh.rpc.deadlines import Deadlines
from mesh.rpc.passing import is_gone, unheard
from mesh.rpc.tally import Tally

Answerer = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
"""Carries a call out, from the request and the tail of its path."""

Responder = Callable[[web.Request, Call], Awaitable[web.StreamResponse]]
"""The part that depends on the shape of the method."""

_SLOW_S: Final = 5.0
_BROKEN_OFF: Final = "broken-off"


class Border:
    """What every call to this service passes, in and out."""

    def __init__(self, service: str, admission: Admission, metrics: Metrics, log: Log) -> None:
        self._service = service
        self._admission = admission
        self._metrics = metrics
        self._deadlines = Deadlines()
        self._log = log

    def composed(self, method: Method[Any, Any], respond: Responder, *, is_call: bool) -> Answerer:
        """The whole way of a call of that method. Calls are counted as held; passed exchanges are not, they may last for hours."""
        admission, name, limit_s = self._admission, method.name, method.timeout_s
        deadlines, tally = self._deadlines, Tally(self._metrics, name)
        loop_time = asyncio.get_running_loop().time

        async def carried_out(request: web.Request, caller: Caller, ends: float, tail: str) -> web.StreamResponse:
            admission.admit(method, caller.name)
            if is_call and request.method != "POST":
                raise Refused(f"calls are POST, not {request.method}")
            deadline.set(ends)
            with deadlines.until(ends):
                response = await respond(request, Call(caller.name, ends, correlation.get(), name, tail))
            if admission.is_draining or admission.is_outdated(caller):
                response.force_close()
            return response

        async def answer(request: web.Request, tail: str) -> web.StreamResponse:
            began, peer, outcome = loop_time(), NOBODY, "ok"
            correlation.set(request.headers.get(CORRELATION_HEADER, ""))
            admission.enter(is_call)
            try:
                caller = admission.caller_of(request)
                peer = caller.name
                return await carried_out(request, caller, began + _given_s(request, limit_s), tail)
            except web.HTTPException as answered:
                outcome = f"http-{answered.status}"
                raise
            except asyncio.CancelledError:
                outcome = "cancelled"
                raise
            except Exception as wrong:  # noqa: BLE001  the border: whatever it is, it is answered, and logged where it is our fault
                if is_gone(request):
                    outcome = _BROKEN_OFF
                    return unheard()
                error = self._error_of(wrong, name, peer, loop_time() - began)
                outcome = error.code
                return self._refuse(request, error)
            finally:
                admission.leave(is_call)
                took_s = loop_time() - began
                tally.note(peer, outcome, took_s)
                if took_s > _SLOW_S and is_call and limit_s <= 2 * _SLOW_S:
                    self._log.info("call-slow", method=name, peer=peer, outcome=outcome, duration_s=round(took_s, 3))

        return answer

    def _error_of(self, wrong: Exception, name: str, peer: str, took_s: float) -> MeshError:
        if isinstance(wrong, MeshError):
            return wrong
        if isinstance(wrong, TimeoutError):
            return DeadlineExceeded(f"{name} did not end within {took_s:.3g} s")
        self._log.error("call-failed", cause=wrong, method=name, peer=peer)
        return Broken(f"{name} failed; the log of {self._service} says why")

    def _refuse(self, request: web.Request, error: MeshError) -> web.StreamResponse:
        if request.writer.output_size > 0:  # an answer was begun: the caller must see that it is cut, not a second one behind it
            self._log.warning("answer-broken-off", code=error.code, reason=error.message)
            if request.transport is not None:
                request.transport.abort()
            return unheard()
        response = answer_of_error(error)
        return closing(response) if error.status in {401, 403, 413} or self._admission.is_draining else response


def closing(response: web.Response) -> web.Response:
    """The same answer, as the last on its connection."""
    response.force_close()
    return response


def _given_s(request: web.Request, limit_s: float) -> float:
    """The seconds that the caller has, at most the method's."""
    text = request.headers.get(TIMEOUT_HEADER, "")
    return min(limit_s, int(text) / 1000) if text.isdecimal() and len(text) < 12 else limit_s
