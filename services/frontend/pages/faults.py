"""Owns the page that tells a person what went wrong and what to do. Never says more than the error does."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from mesh.errors import MeshError
from mesh.log import correlation
from services.frontend.keys import actor_of
from services.frontend.pages.forms import inside, sentence
from services.frontend.pages.paint import paint

_TITLES: Final = {
    400: "This request makes no sense",
    401: "Sign in to see this",
    403: "This is not yours to open",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "That is not possible now",
    413: "That is too large",
    422: "Something in it is not right",
    429: "Slow down a little",
    500: "Something broke on our side",
    503: "Part of the site is away",
    504: "That took too long",
}
_ADVICE: Final = {
    401: "After signing in you come back to this page.",
    403: "If you think it should be, ask the organiser of the contest, or sign in with another account.",
    404: "The address may be mistyped, or it leads to something that is only for its contestants: sign in and try again.",
    409: "Go back, load the page again, and look how things stand.",
    429: "Nothing is lost. Wait a moment, then repeat what you did.",
    500: "It has been logged. What you submitted before is safe. Try again; if it stays, tell the operator.",
    503: "What you submitted before is safe. Try again in a moment: it usually comes back by itself.",
    504: "It is not known whether it was done: look before you repeat it.",
}
_NOT_FOR_YOU: Final = "The address may be mistyped, or it leads to something that this account may not see."


async def draw_fault(request: web.Request, failure: MeshError, status: int) -> web.Response:
    """The page of a failure."""
    text = sentence(failure.message)
    if failure.retry_after_s is not None:
        text += f" Try again in {max(1, round(failure.retry_after_s))} s."
    advice = _ADVICE.get(status, "")
    if status == 404 and actor_of(request).is_signed_in:
        advice = _NOT_FOR_YOU
    if request.method == "POST" and request.path.endswith("/submit") and (status == 401 or status >= 500):
        advice = f"Your program is kept as a draft in this browser: choose its problem in the form, and it is there again. {advice}"
    is_reading = request.method in {"GET", "HEAD"}
    return paint(
        request, "fault.html", status=status, number=status, title=_TITLES.get(status, "Something went wrong"), text=text, code=failure.code,
        advice_text=advice, again=inside(request.path_qs) if is_reading else "", back="" if is_reading else _page_before(request), correlation=correlation.get() if status >= 500 else "",
    )  # fmt: skip


def _page_before(request: web.Request) -> str:
    """The page of ours that a form was sent from, which is not sent again by going back; empty when the browser does not say."""
    before = urlsplit(request.headers.get("Referer", ""))
    if before.netloc != request.host:
        return ""
    return inside(f"{before.path}?{before.query}" if before.query else before.path, "")
