"""Owns how an error is told: JSON to programs, a page to people. Never logs one: `edge` does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import orjson
from aiohttp import web

from mesh.errors import MeshError
from services.frontend.keys import ERROR_PAGE


AWAY_S: Final = 3.0
"""When to come back to what is away and does not say when it is back: no 503 leaves its asker to guess."""


class MethodNotAllowed(MeshError):
    """This address exists, and does not do that."""

    status = 405
    default_code = "method-not-allowed"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{method} cannot be done here; possible are {', '.join(allowed)}")
        self.allowed = allowed


async def error_response(request: web.Request, failure: MeshError) -> web.Response:
    """The answer that tells of a failure."""
    if failure.status == 503 and failure.retry_after_s is None:
        failure.retry_after_s = AWAY_S  # the body says what the header says
    draw = None if is_for_program(request) else request.config_dict.get(ERROR_PAGE)
    if draw is not None:
        response = await draw(request, failure, failure.status)
    else:
        response = plain_response(failure)
    if failure.retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(failure.retry_after_s)))
    if isinstance(failure, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(failure.allowed)
    if failure.status == 401 and is_for_program(request):
        response.headers["WWW-Authenticate"] = 'Bearer realm="Palestra"'
    return response


def plain_response(failure: MeshError) -> web.Response:
    """The failure as JSON."""
    return web.Response(body=orjson.dumps(failure.as_object(), default=str), status=failure.status, content_type="application/json")


def is_for_program(request: web.Request) -> bool:
    """Whether a program asks: at the API and the doors, or whoever wants JSON and no page."""
    if request.path.startswith(("/api/", "/events", "/health", "/metrics", "/git/")):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted
