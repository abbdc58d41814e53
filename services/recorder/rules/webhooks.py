"""Owns the rules of webhooks: who sets one, what is told of a verdict and to whom, how a call ends, when it is made again.

Never calls anybody: that is the mailer's work, which follows from a commit like every other.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contest import visibility
from contest.feedback import authors_figures, shown_figures
from contest.verdicts import Verdict
from contest.visibility import Viewer
from mesh.codec import encode
from mesh.database.columns import canonical
from mesh.errors import Conflict, Invalid, NotFound
from mesh.ids import derived_id
from mesh.outside import fault_of_url
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.forms import TEXT_LIMIT, without_nul
from services.recorder.rules.rights import actor_of, require, require_service, viewer_as
from services.recorder.view import Needs, View
from wire import services
from wire.commands import Command
from wire.notices import Notification
from wire.queues import NOTIFICATIONS
from wire.webhooks import RecordDelivery, ReplayDelivery, SetWebhook, TryWebhook

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  how every secret begins, not one
SECRET_BYTES: Final = range(24, 65)
"""Source: Standard Webhooks: between 24 and 64 bytes."""

WITHOUT_KEY: Final = "this account has no webhook secret: set one on the account page, then replay this call"
KEY_LOST: Final = "this webhook's secret cannot be read any more: set the webhook anew on the account page, then replay this call"
_GONE: Final = 410


def needs_of_webhook(command: Command, needs: Needs) -> None:
    """The account and its webhook."""
    body = command.body
    assert isinstance(body, SetWebhook | TryWebhook)
    needs.accounts.add(body.username)
    needs.webhooks.add(body.username)
    needs.wants_last_seq = True


def set_webhook(command: Command, view: View) -> Effects:
    """The account itself, or an admin. The old secret is worth nothing from now on, also for calls that wait.

    Raises: `Invalid` (``webhook-invalid``, ``webhook-url-refused``), `Forbidden` (``forbidden``), `NotFound` (``no-such-account``).
    """
    body = command.body
    assert isinstance(body, SetWebhook)
    _require_own(command, view, body.username)
    known = view.find(rows.Webhook, body.username)
    effects = Effects()
    if not body.secret:
        if known is not None:
            effects.delete(known)
            effects.tell("", "webhook-forgotten", username=body.username)
        return effects
    if not _is_secret(body.secret):
        raise Invalid("a webhook's secret is whsec_ and the base64 of 24 to 64 bytes", code="webhook-invalid")
    check_url(body.url)
    kept = view.bounds.seal.seal(body.secret, body.username)
    if known is None:
        effects.insert(rows.Webhook(body.username, body.url, kept, view.now))
    else:
        effects.change(known, url=body.url, secret=kept, changed_at=view.now)
    effects.tell("", "webhook-set", username=body.username)
    return effects


def try_webhook(command: Command, view: View) -> Effects:
    """The account itself, or an admin: one call that tells of nothing, on the way that every call goes.

    Raises: `Forbidden` (``forbidden``), `NotFound` (``no-such-account``, ``no-such-webhook``).
    """
    body = command.body
    assert isinstance(body, TryWebhook)
    _require_own(command, view, body.username)
    known = view.find(rows.Webhook, body.username)
    if known is None or not known.url:
        raise NotFound(f"{body.username} has no webhook to try; set its address first", code="no-such-webhook")
    told = {"type": "webhook.test", "timestamp": view.now, "data": {"username": body.username}}
    effects = Effects()
    _insert(
        rows.Delivery(command.id, body.username, command.id, command.id, known.url, canonical(told), "waiting", 0, 0, "", view.now, view.now, "test"),
        command.correlation, effects,
    )  # fmt: skip
    return effects


def needs_of_delivery(command: Command, needs: Needs) -> None:
    """The delivery; its account's webhook follows."""
    assert isinstance(command.body, RecordDelivery | ReplayDelivery)
    needs.deliveries.add(command.body.delivery)


def record_delivery(command: Command, view: View) -> Effects:
    """The mailer alone says so. What has ended has ended; a try of an earlier generation says nothing of this one.

    Raises: `Forbidden` (``forbidden``), `NotFound` (``no-such-delivery``).
    """
    body = command.body
    assert isinstance(body, RecordDelivery)
    require_service(command, services.MAILER)
    row, effects = _delivery(view, body.delivery), Effects()
    if row.status != "waiting" or row.generation != body.generation or (not body.is_final and body.tries <= row.tries):
        return effects
    status = "delivered" if body.is_delivered else "failed" if body.is_final else "waiting"
    effects.change(
        row, status=status, tries=body.tries, http_status=body.http_status, error=without_nul(body.error)[:TEXT_LIMIT], changed_at=view.now
    )
    webhook = view.find(rows.Webhook, row.username)
    if body.http_status == _GONE and webhook is not None and webhook.url == row.url:
        effects.change(webhook, url="", changed_at=view.now)  # Source: Standard Webhooks: 410 Gone disables the endpoint
    return effects


def replay_delivery(command: Command, view: View) -> Effects:
    """Whose delivery it is, or an admin: the same call once more, under the same id, with its tries begun anew.

    Raises: `NotFound` (``no-such-delivery``), `Conflict` (``delivery-waiting``).
    """
    body = command.body
    assert isinstance(body, ReplayDelivery)
    actor, row = actor_of(command, view), _delivery(view, body.delivery)
    if not visibility.may_act_for(viewer_as(actor), row.username):
        raise _no_such(body.delivery)
    if row.status == "waiting":
        raise Conflict("this call is still being tried; wait until it is delivered or has failed", code="delivery-waiting")
    effects = Effects()
    again = {"status": "waiting", "tries": 0, "http_status": 0, "error": "", "generation": row.generation + 1, "sends": 1, "changed_at": view.now}
    effects.change(row, **again)
    effects.give(notice_of(replace(row, generation=row.generation + 1), command.correlation, view.now))
    return effects


def tell_of_verdict(submission: rows.Submission, run: rows.Run, view: View, effects: Effects) -> None:
    """A judged run is in force now: a call to the submission's own address and to its author's webhook, one when they are the same; none when there is neither."""
    webhook = view.find(rows.Webhook, submission.username)
    urls = dict.fromkeys(url for url in (submission.webhook_url, webhook.url if webhook is not None else "") if url)
    if not urls or not _may_see(submission, view):
        return
    told = canonical({"type": "submission.judged", "timestamp": view.now, "data": _shown(submission, run, view)})
    for url in urls:
        row = rows.Delivery(
            derived_id("delivery", run.id, url), submission.username, submission.id, run.id, url, told, "waiting", 0, 0, "", view.now, view.now
        )
        if webhook is None:
            effects.insert(replace(row, status="failed", error=WITHOUT_KEY))
        else:
            _insert(row, submission.correlation, effects)


def notice_of(row: rows.Delivery, correlation: str, now: datetime) -> rows.Work:
    """The message that asks the mailer for a call. A generation has one id, so that sending it again is harmless."""
    work = derived_id("notice", row.id, str(row.generation))
    return rows.Work(work, NOTIFICATIONS.name, encode(Notification(row.id, "webhook", row.username)), correlation, now)


def check_url(url: str) -> None:
    """Lets an empty address pass, and one that has the form of a webhook's. Raises: `Invalid` (``webhook-url-refused``)."""
    fault = fault_of_url(url) if url else ""
    if fault:
        raise Invalid(f"this webhook cannot be called: {fault}", code="webhook-url-refused")


def _insert(row: rows.Delivery, correlation: str, effects: Effects) -> None:
    effects.insert(row)
    effects.give(notice_of(row, correlation, row.created_at))


def _shown(submission: rows.Submission, run: rows.Run, view: View) -> dict[str, Any]:
    """What ``GET /api/v1/submissions/{id}`` shows the author, save his own source; no test case, as for every contestant."""
    contest, viewer = view.find(rows.Contest, submission.contest), _author(submission, view)
    figures = (
        shown_figures(viewer, submission.username, contest.feedback, run.time_ms, run.memory_bytes)
        if contest is not None and viewer is not None else authors_figures("", run.time_ms, run.memory_bytes)
    )  # fmt: skip
    shown = contest.compile_feedback if contest is not None else "always"
    may_read = viewer is None or visibility.may_see_compile_output(viewer, submission.username, shown, Verdict(run.verdict) if run.verdict else None)
    return {
        "id": submission.id, "contest": submission.contest, "problem": submission.problem,
        "label": view.label_of(submission.contest, submission.problem), "username": submission.username,
        "team": view.team_of(submission.contest, submission.username), "language": submission.language, "filename": submission.filename,
        "submitted_at": submission.submitted_at, "status": "judged", "verdict": run.verdict, "score": run.score,
        "time_ms": figures[0], "memory_bytes": figures[1], "judged_at": view.now, "is_on_board": submission.is_on_board,
        "priority": submission.priority, "compile_output": without_nul(run.compile_output or "") if may_read else "", "version": run.version,
    }  # fmt: skip


def _may_see(submission: rows.Submission, view: View) -> bool:
    """Whether the author still sees his submission: who was let out of a closed contest hears nothing of it."""
    contest, viewer = view.find(rows.Contest, submission.contest), _author(submission, view)
    if contest is None or viewer is None:
        return False
    return visibility.may_see_contest(viewer, is_public=contest.is_public) and visibility.may_see_submission(viewer, submission.username)


def _author(submission: rows.Submission, view: View) -> Viewer | None:
    """The author in the light of the contest; None where either is not there."""
    contest, account = view.find(rows.Contest, submission.contest), view.find(rows.Account, submission.username)
    if contest is None or account is None:
        return None
    is_contestant = view.find(rows.Contestant, contest.alias, account.username) is not None
    return Viewer(account.username, account.role, is_jury=account.username == contest.organiser, is_contestant=is_contestant)


def _require_own(command: Command, view: View, username: str) -> None:
    if command.actor != username:
        require(visibility.may_act_for(viewer_as(actor_of(command, view)), username), "admins")
    if view.find(rows.Account, username) is None:
        raise NotFound(f"there is no account {username}", code="no-such-account")


def _delivery(view: View, delivery: str) -> rows.Delivery:
    row = view.find(rows.Delivery, delivery)
    if row is None:
        raise _no_such(delivery)
    return row


def _no_such(delivery: str) -> NotFound:
    return NotFound(f"there is no webhook call {delivery[:64]} of yours", code="no-such-delivery")


def _is_secret(text: str) -> bool:
    try:
        return text.startswith(SECRET_PREFIX) and len(base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)) in SECRET_BYTES
    except (binascii.Error, ValueError):
        return False
