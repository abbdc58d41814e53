"""Owns what a request must show before it may change anything: where it comes from, and the word of its session.

A browser says where a request comes from (Sec-Fetch-Site, Origin); a page of another site cannot lie about it. What a session
asks for by cookie needs the session's word as well, in the header ``Palestra-CSRF`` or the form field ``csrf``. A program
that shows a bearer token needs neither: no browser adds one by itself.
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet; Fetch Metadata Request Headers (W3C).
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import web

from mesh.errors import Forbidden
from services.frontend.sessions import Session

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "Palestra-CSRF"
CSRF_FIELD = "csrf"
_REQUEST_ID = re.compile("[0-9A-Za-z-]{16,64}")
_FORMS = frozenset({"application/x-www-form-urlencoded", ""})


def check_origin(request: web.Request, public_url: str) -> bool:
    """Refuses what a page of another site has sent; tells whether the browser vouched for the origin.

    Raises: `Forbidden` (``foreign-origin``).
    """
    foreign = Forbidden("this request came from another site; open this site and try again there", code="foreign-origin")
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise foreign
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own(origin, request, public_url):
        raise foreign
    return site == "same-origin" or origin is not None


async def check_word(request: web.Request, session: Session, *, is_vouched: bool) -> None:
    """Refuses a change that was asked for by cookie without the session's word.

    A multipart form is too large to look into here: for it, the browser's word for the origin must do until its handler has read
    the form and calls `check_field`.
    Raises: `Forbidden` (``csrf-failed``).
    """
    word = request.headers.get(CSRF_HEADER)
    if word is None and request.content_type in _FORMS:
        field = (await request.post()).get(CSRF_FIELD)
        word = field if isinstance(field, str) else None
    if word is None and request.content_type == "multipart/form-data" and is_vouched:
        return
    if word is None or not _is_word(word, session):
        raise Forbidden("this form is from an older session; load the page again and repeat", code="csrf-failed")


def check_field(request: web.Request, session: Session | None, field: str) -> None:
    """Refuses a multipart form that was drawn for another session: what one account wrote is not taken for another.

    Raises: `Forbidden` (``csrf-failed``).
    """
    if session is None or CSRF_HEADER in request.headers or "Authorization" in request.headers or _is_word(field, session):
        return
    who = session.actor.username
    raise Forbidden(
        f"this form was opened in another session and nothing was taken; you are signed in as {who}: send it again as {who}, or sign in "
        "with the right account first",
        code="csrf-failed",
    )  # fmt: skip


def _is_word(word: str, session: Session) -> bool:
    return hmac.compare_digest(word.encode(errors="replace"), session.csrf.encode())


class Gateways:
    """The gateways that are believed about who stands behind them."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(network, strict=False) for network in networks]

    def client(self, request: web.Request) -> str:
        """The client's address: the last one in X-Forwarded-For that is no gateway of ours."""
        address = request.remote or ""
        if not self.trusts(address):
            return address
        named = [part.strip() for line in request.headers.getall("X-Forwarded-For", []) for part in line.split(",")]
        for address in reversed(named):
            if not self.trusts(address):
                return address if _is_address(address) else request.remote or ""
        return named[0] if named else request.remote or ""

    def is_secure(self, request: web.Request) -> bool:
        """Whether the client speaks TLS, to us or to a gateway that is believed."""
        if request.scheme == "https":
            return True
        return self.trusts(request.remote or "") and request.headers.get("X-Forwarded-Proto", "").lower() == "https"

    def request_id(self, request: web.Request) -> str:
        """The id that a gateway of ours gave the request, so that its log and ours say the same; empty when there is none to believe."""
        named = request.headers.get("X-Request-Id", "")
        return named if _REQUEST_ID.fullmatch(named) and self.trusts(request.remote or "") else ""

    def trusts(self, address: str) -> bool:
        """Whether the address is one of a gateway."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_own(origin: str, request: web.Request, public_url: str) -> bool:
    host = urlsplit(origin).netloc.lower()
    own = {request.headers.get("Host", "").lower()}
    if public_url:
        own.add(urlsplit(public_url).netloc.lower())
    return bool(host) and host in own
