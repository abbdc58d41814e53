"""Owns the calls about webhooks: where an account hears of its verdicts, and what became of each call."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from services.frontend.actions import webhooks
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View


class NewWebhook(Shape, frozen=True):
    """Where to tell of verdicts. An empty ``url`` makes a secret only, for submissions that name their own ``webhook_url``."""

    url: str = ""


class WebhookView(View, frozen=True):
    """An account's webhook; its secret cannot be read again."""

    username: str
    url: str
    changed_at: datetime


class WebhookMade(View, frozen=True):
    """A webhook that was set, with the secret that signs its calls: shown now and never again."""

    username: str
    url: str
    secret: str


class DeliveryMade(View, frozen=True):
    """A call that will be made; its id is its ``webhook-id``."""

    id: str
    status: str = "waiting"


class DeliveryView(View, frozen=True):
    """One webhook call. ``status``: waiting (to be tried, or tried again), delivered or failed; ``tries`` were made so far.

    ``http_status`` is the answer to the last try, null when there was none; ``error`` says what was wrong with it; ``submission`` is
    null for a test.
    """

    id: str
    kind: str
    username: str
    submission: str | None
    url: str
    status: str
    tries: int
    http_status: int | None
    error: str
    created_at: datetime
    changed_at: datetime


class DeliveryQuery(Shape, frozen=True):
    """Filters; ``before`` is the id of the last one seen. ``username`` is for admins."""

    status: Literal["", "waiting", "delivered", "failed"] = ""
    username: str = ""
    before: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


async def show_webhook(call: Call[None, NoQuery]) -> WebhookView:
    """Where an account hears of its verdicts: one's own, or any for an admin."""
    found = await webhooks.find_webhook(call.desk, call.actor, call.name("username"))
    return WebhookView(username=found.username, url=found.url, changed_at=found.changed_at)


async def set_webhook(call: Call[NewWebhook, NoQuery]) -> WebhookMade:
    """Sets an account's webhook and makes a new secret, shown in this answer only; the secret before it signs nothing any more."""
    username, url = call.name("username"), call.body.url.strip()
    secret = await webhooks.set_webhook(call.desk, call.actor, username, url)
    return WebhookMade(username=username, url=url, secret=secret)


async def forget_webhook(call: Call[None, NoQuery]) -> web.Response:
    """Takes an account's webhook and its secret away; calls that wait end as failed."""
    await webhooks.forget_webhook(call.desk, call.actor, call.name("username"))
    return web.Response(status=204)


async def try_webhook(call: Call[None, NoQuery]) -> Reply:
    """Has one signed test call made (``type`` is ``webhook.test``), logged and tried again like every other."""
    return Reply(DeliveryMade(id=await webhooks.try_webhook(call.desk, call.actor, call.name("username"))), 202)


async def list_deliveries(call: Call[None, DeliveryQuery]) -> list[DeliveryView]:
    """The caller's webhook calls, newest first; for admins everybody's. Kept for 30 days, unless the operator says otherwise."""
    query = call.query
    found = await webhooks.list_deliveries(
        call.desk, call.actor, username=query.username, status=query.status, before=query.before, most=query.most
    )
    return [
        DeliveryView(
            id=one.id, kind=one.kind, username=one.username, submission=one.submission or None, url=one.url, status=one.status,
            tries=one.tries, http_status=one.http_status or None, error=one.error, created_at=one.created_at, changed_at=one.changed_at,
        )
        for one in found
    ]  # fmt: skip


async def replay(call: Call[None, NoQuery]) -> Reply:
    """Has a call made once more: same body, same ``webhook-id``, its tries begun anew."""
    delivery = call.name("id")
    await webhooks.replay(call.desk, call.actor, delivery)
    return Reply(DeliveryMade(id=delivery), 202)


_OWN = ("no-such-account",)

ROUTES = (
    Route("GET", "/accounts/{username}/webhook", show_webhook, WebhookView, codes=(*_OWN, "no-such-webhook")),
    Route(
        "PUT", "/accounts/{username}/webhook", set_webhook, WebhookMade, NewWebhook,
        codes=(*_OWN, "webhook-url-refused", "mailer-unavailable", "recorder-unavailable"),
    ),
    Route("DELETE", "/accounts/{username}/webhook", forget_webhook, status=204, codes=(*_OWN, "recorder-unavailable")),
    Route(
        "POST", "/accounts/{username}/webhook/test", try_webhook, DeliveryMade, status=202,
        codes=(*_OWN, "no-such-webhook", "recorder-unavailable"),
    ),
    Route("GET", "/webhooks/deliveries", list_deliveries, list[DeliveryView], query=DeliveryQuery, codes=("not-admin",)),
    Route(
        "POST", "/webhooks/deliveries/{id}/replay", replay, DeliveryMade, status=202,
        codes=("no-such-delivery", "delivery-waiting", "recorder-unavailable"),
    ),
)  # fmt: skip
