"""Owns the setting of webhooks and the repeating of their calls. Never calls one: the mailer does, after the record."""

from __future__ import annotations

import base64
import secrets
from typing import Final

from contest import visibility
from mesh.errors import Conflict, Forbidden, Invalid, MeshError, NotFound, Unavailable
from mesh.ids import is_id
from mesh.outside import fault_of_url
from services.frontend.access import check_signed_in
from services.frontend.actor import Actor
from services.frontend.away import told_plainly
from services.frontend.desk import Desk
from services.frontend.reads.webhooks import Delivery, Webhook
from wire.methods import MAILER_CHECK
from wire.notices import AddressCheck
from wire.services import MAILER
from wire.webhooks import ReplayDelivery, SetWebhook, TryWebhook

_SECRET_BYTES: Final = 32
_GLANCE_S: Final = 1.0
"""How long a submission waits to hear whether its address may be called; unheard it is taken, and the call is refused later."""


async def find_webhook(desk: Desk, actor: Actor, username: str) -> Webhook:
    """The webhook of one's own account, or of any for an admin. Raises: `Unauthenticated`, `NotFound` (``no-such-webhook``, ``no-such-account``)."""
    await _check_account(desk, actor, username)
    webhook = await desk.webhooks.find(username)
    if webhook is None:
        raise NotFound(f"{username} has no webhook; set one", code="no-such-webhook")
    return webhook


async def set_webhook(desk: Desk, actor: Actor, username: str, url: str) -> str:
    """Sets where an account hears of its verdicts; returns the new secret, which nobody can read again. The old one ends.

    An empty ``url`` makes a secret only, for submissions that name their own address.
    Raises: `Unauthenticated`, `NotFound` (``no-such-account``), `Invalid` (``webhook-url-refused``), `Unavailable`
    (``mailer-unavailable``, ``recorder-unavailable``).
    """
    await _check_account(desk, actor, username)
    url = url.strip()
    if url:
        check_form(url)
        with told_plainly(MAILER):
            await desk.mailer.call(MAILER_CHECK, AddressCheck(url))
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    await desk.commands.apply(desk.commands.make(actor.username, SetWebhook(username, url, secret)))
    return secret


async def forget_webhook(desk: Desk, actor: Actor, username: str) -> None:
    """Takes an account's webhook and its secret away. Raises: `Unauthenticated`, `NotFound` (``no-such-account``)."""
    await _check_account(desk, actor, username)
    await desk.commands.apply(desk.commands.make(actor.username, SetWebhook(username, "")))


async def try_webhook(desk: Desk, actor: Actor, username: str) -> str:
    """Has one test call made; returns the id of its delivery. Raises: `Unauthenticated`, `NotFound` (``no-such-account``, ``no-such-webhook``)."""
    await _check_account(desk, actor, username)
    command = desk.commands.make(actor.username, TryWebhook(username))
    await desk.commands.apply(command)
    return command.id


async def list_deliveries(desk: Desk, actor: Actor, *, username: str = "", status: str = "", before: str = "", most: int = 100) -> list[Delivery]:
    """One's own calls, newest first; an admin's are everybody's, or one account's. Raises: `Unauthenticated`, `Forbidden` (``not-admin``)."""
    check_signed_in(actor)
    if username and not visibility.may_act_for(actor.viewer, username):
        raise Forbidden("only an admin may see the webhook calls of somebody else", code="not-admin")
    return await desk.webhooks.deliveries(username=username or ("" if actor.is_admin else actor.username), status=status, before=before, most=most)


async def replay(desk: Desk, actor: Actor, delivery: str) -> None:
    """Has a call made once more, same body, same id. Raises: `Unauthenticated`, `NotFound` (``no-such-delivery``), `Conflict` (``delivery-waiting``)."""
    check_signed_in(actor)
    known = await desk.webhooks.delivery(delivery) if is_id(delivery) else None
    if known is None or not visibility.may_act_for(actor.viewer, known.username):
        raise NotFound("there is no such webhook call of yours", code="no-such-delivery")
    await desk.commands.apply(desk.commands.make(actor.username, ReplayDelivery(delivery)))


async def check_for_submission(desk: Desk, actor: Actor, url: str) -> None:
    """Lets an address pass that a submission may name. What cannot be asked now is settled when the call is made.

    Raises: `Invalid` (``webhook-url-refused``), `Conflict` (``webhook-secret-missing``).
    """
    check_form(url)
    try:
        await desk.mailer.call(MAILER_CHECK, AddressCheck(url, resolves=False), _GLANCE_S)
    except MeshError as said:
        if said.code == "webhook-url-refused":
            raise
    try:
        webhook = await desk.webhooks.find(actor.username)
    except Unavailable:
        return
    if webhook is None:
        raise Conflict(
            "your account has no secret to sign the call with; make one on your account page or with PUT /api/v1/accounts/…/webhook",
            code="webhook-secret-missing",
        )


def check_form(url: str) -> None:
    """Raises: `Invalid` (``webhook-url-refused``) for an address that has not the form of a webhook's."""
    fault = fault_of_url(url)
    if fault:
        raise Invalid(f"this webhook cannot be called: {fault}", code="webhook-url-refused")


async def _check_account(desk: Desk, actor: Actor, username: str) -> None:
    check_signed_in(actor)
    if not visibility.may_act_for(actor.viewer, username) or (username != actor.username and await desk.accounts.find(username) is None):
        raise NotFound(f"there is no account {username!r} that you may see", code="no-such-account")
