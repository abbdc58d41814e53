"""Owns the typed keys under which the application and a request carry things. Never fills one: `site` and `edge` do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from mesh.errors import MeshError, Unavailable
from services.frontend.actor import ANONYMOUS, Actor
from services.frontend.desk import Desk
from services.frontend.sessions import Session

ErrorPage = Callable[[web.Request, MeshError, int], Awaitable[web.Response]]
"""Draws the page that tells a person what went wrong: (request, error, HTTP status)."""

DESK: web.AppKey[Desk] = web.AppKey("desk", Desk)
ERROR_PAGE: web.AppKey[ErrorPage] = web.AppKey("error_page")
SESSION = web.RequestKey("session", Session)
SESSION_AWAY = web.RequestKey("session_away", Unavailable)
ADDRESS = web.RequestKey("address", str)
CORRELATION = web.RequestKey("correlation", str)
IS_SECURE = web.RequestKey("is_secure", bool)
IS_STARTED = web.RequestKey("is_started", bool)


def desk_of(request: web.Request) -> Desk:
    """What handlers lean on."""
    return request.config_dict[DESK]


def actor_of(request: web.Request) -> Actor:
    """Who asks; `ANONYMOUS` when nobody has signed in."""
    session = request.get(SESSION)
    return session.actor if session is not None else ANONYMOUS


def session_of(request: web.Request) -> Session | None:
    """The session behind the request, when there is one."""
    return request.get(SESSION)


def address_of(request: web.Request) -> str:
    """The client's address, looked up behind trusted gateways."""
    address: str = request.get(ADDRESS, "")
    return address


def is_secure(request: web.Request) -> bool:
    """Whether the client speaks TLS, so that cookies may be kept to it."""
    secure: bool = request.get(IS_SECURE, False)
    return secure


def csrf_word(request: web.Request) -> str:
    """What forms carry as ``csrf`` and scripts as the header ``Palestra-CSRF``; empty for anonymous visitors."""
    session = request.get(SESSION)
    return session.csrf if session is not None else ""
