"""Owns where a request carries its token, and the cookie that keeps it in a browser. Never looks a session up."""

from __future__ import annotations

from aiohttp import web

from mesh.clock import Clock
from services.frontend.sessions import Session, is_token

COOKIE = "palestra-session"


def bearer_of(request: web.Request) -> str:
    """The token that a program shows as ``Authorization: Bearer …``; empty without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and is_token(token) else ""


def cookie_of(request: web.Request) -> str:
    """The token that a browser brings along; empty without one."""
    token = request.cookies.get(COOKIE, "")
    return token if is_token(token) else ""


def keep(response: web.StreamResponse, session: Session, clock: Clock, *, is_secure: bool) -> None:
    """Gives the browser the session: out of reach of scripts, not sent along from other sites."""
    life_s = max(0, int((session.expires_at - clock.now()).total_seconds()))
    response.set_cookie(COOKIE, session.token, max_age=life_s, path="/", httponly=True, samesite="Lax", secure=is_secure)


def drop(response: web.StreamResponse, *, is_secure: bool) -> None:
    """Takes the session from the browser."""
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=is_secure)
