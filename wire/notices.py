"""Owns what the workers are told: notifications, certificates to make, usage to tally, mail that came in. Never sends any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """The body of `NotificationQueue` messages: tell somebody outside.

    ``kind`` is "webhook": ``id`` names a row of `wire.record.DELIVERIES`, whose address and key the mailer asks the recorder
    for (`DeliveryRequest`), so that no secret lies on the broker.
    """

    id: str
    kind: str
    username: str


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """The mailer asks for one delivery that is to be made."""

    delivery: str


@dataclass(frozen=True, slots=True)
class DeliveryOrder:
    """One webhook call: POST ``body`` to ``url``, signed with ``secret``; ``tries`` of this ``generation`` were recorded so far.

    ``is_wanted`` False: done meanwhile. ``refusal``: it cannot be made, and is to be recorded as failed with these words.
    """

    delivery: str
    url: str
    secret: str
    body: str
    is_wanted: bool = True
    generation: int = 1
    tries: int = 0
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """Asks whether a webhook may be called at ``url``: answered with nothing, or refused with ``webhook-url-refused``.

    Without ``resolves`` only what needs no name server is looked at.
    """

    url: str
    resolves: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    """One line of a final ranking, ``place`` from 1."""

    username: str
    place: int


@dataclass(frozen=True, slots=True)
class GenerateCertificates:
    """The body of `ContestQueue` messages: certificates for the first ``certificate_cutoff`` places and for who took part."""

    contest: str
    certificate_cutoff: int
    ranking: tuple[Placed, ...]
    timestamp: datetime
    type: str = "generate_certificates"


@dataclass(frozen=True, slots=True)
class Usage:
    """The body of `AnalyticsQueue` messages: what happened, many at once; ``counts`` maps an event's name to how often."""

    contest: str
    at: datetime
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class InboundMail:
    """The body of `InboundMailQueue` messages: one mail as it came in, ``raw`` base64 of its bytes, at most 8 MiB."""

    sender: str
    recipient: str
    raw: str
