"""Owns the wishes about webhooks: a part of `wire.commands`. Never says whether one is allowed: the recorder does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetWebhook:
    """Where an account hears of its verdicts. ``secret`` (``whsec_…``) signs what is sent; an empty one forgets the webhook.

    An empty ``url`` with a secret: only submissions that name their own address are told.
    """

    username: str
    url: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class TryWebhook:
    """Makes one call to an account's webhook that tells of nothing, to see whether it arrives."""

    username: str


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """How the tries at one webhook call stand: delivered, or failed after ``tries`` with ``error``; said by the mailer.

    Not ``is_final``: it failed this time and will be tried again. ``generation`` as the `DeliveryOrder` said; an older one changes
    nothing.
    """

    delivery: str
    is_delivered: bool
    tries: int
    http_status: int = 0
    error: str = ""
    generation: int = 1
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class ReplayDelivery:
    """Makes one webhook call once more, with the same body."""

    delivery: str
