"""Owns the headers that every answer carries for the browser's sake. A handler that sets one of its own keeps it."""

from __future__ import annotations

from typing import Final

from aiohttp import web

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script and no style but the site's own files; nobody may frame us. Source: CSP Level 3."""

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_STRICT_TRANSPORT: Final = "max-age=31536000"


def add_headers(response: web.StreamResponse, *, is_secure: bool, correlation: str) -> None:
    """Completes the headers of an answer that is about to be sent."""
    headers = response.headers
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if is_secure:
        headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
    if correlation:
        headers.setdefault("Palestra-Correlation", correlation)
    headers.popall("Server", None)
