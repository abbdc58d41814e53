"""Owns one's own account page, and on it the webhook: its address, its secret once, its last calls. Works without scripts."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.access import check_signed_in
from services.frontend.actions import webhooks
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import fault_of, read_form, see_other
from services.frontend.pages.paint import paint

_SHOWN: Final = 20
_BACK: Final = "/account#webhook"
_TOLD: Final = {
    "forgotten": "The webhook is gone. Nobody is told of your verdicts any more.",
    "tried": "A test call is on its way. Load the page again in a moment to see what came of it.",
    "replayed": "The call is on its way once more.",
}


async def account_page(request: web.Request, *, status: int = 200, **values: Any) -> web.Response:
    """The page, with faults of whichever form was sent."""
    desk, actor = desk_of(request), actor_of(request)
    check_signed_in(actor)
    webhook = await desk.webhooks.find(actor.username)
    deliveries = await desk.webhooks.deliveries(username=actor.username, most=_SHOWN)
    shown = {
        "faults": {}, "problem": "", "webhook_problem": "", "secret": "", "told": _TOLD.get(request.query.get("told", ""), ""),
        "webhook": webhook, "entered_url": webhook.url if webhook is not None else "", "deliveries": deliveries, **values,
    }  # fmt: skip
    return paint(request, "account.html", status=status, **shown)


async def show_account(request: web.Request) -> web.Response:
    """One's own account."""
    return await account_page(request)


async def set_webhook(request: web.Request) -> web.Response:
    """Sets the webhook; the answer shows its new secret, once."""
    desk, actor, form = desk_of(request), actor_of(request), await read_form(request)
    url = form.text("url")
    try:
        secret = await webhooks.set_webhook(desk, actor, actor.username, url)
    except MeshError as refused:
        if not actor.is_signed_in:
            raise
        faults = fault_of(refused, {"webhook-url-refused": "url"})
        return await account_page(request, status=refused.status, faults=faults, webhook_problem=faults.get("form", ""), entered_url=url)
    page = await account_page(request, secret=secret, entered_url=url)
    page.headers["Cache-Control"] = "no-store"
    return page


async def forget_webhook(request: web.Request) -> web.Response:
    """Takes the webhook away."""
    return await _done(request, webhooks.forget_webhook(desk_of(request), actor_of(request), actor_of(request).username), "forgotten")


async def try_webhook(request: web.Request) -> web.Response:
    """Has a test call made."""
    return await _done(request, webhooks.try_webhook(desk_of(request), actor_of(request), actor_of(request).username), "tried")


async def replay(request: web.Request) -> web.Response:
    """Has a call made once more."""
    return await _done(request, webhooks.replay(desk_of(request), actor_of(request), request.match_info["id"]), "replayed")


async def _done(request: web.Request, action: Any, told: str) -> web.Response:
    try:
        await action
    except MeshError as refused:
        if refused.status not in {404, 409, 503} or not actor_of(request).is_signed_in:
            raise
        return await account_page(request, status=refused.status, webhook_problem=fault_of(refused, {})["form"])
    raise see_other(f"/account?told={told}{_BACK.removeprefix('/account')}")
