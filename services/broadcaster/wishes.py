"""Owns what a browser asks for at the door: its ticket, which of its topics, from where on. Never lets more in than the ticket.

    ?ticket=…            or the header ``Palestra-Ticket``, which the frontend sets
    ?topic=…&topic=…     some of the ticket's topics; none: all of them
    ?since=…             the ``id`` of the last message, or a JSON object {topic: id}; for event streams also ``Last-Event-ID``
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from mesh.assertion import Verifier
from mesh.errors import Forbidden, Refused, Unauthenticated
from mesh.topics.entries import position

MOST_TOPICS: Final = 200
_MOST_SINCE: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Since:
    """Where a listener stopped: exact ids by topic; ``moment_ms`` bounds what it may have missed on its other topics."""

    exact: Mapping[str, str]
    moment_ms: int | None


@dataclass(frozen=True, slots=True)
class Wish:
    """A listener that may come in: who, until when (aware UTC), what it hears, where it stopped (None: from now on)."""

    subject: str
    expires_at: datetime
    topics: tuple[str, ...]
    since: Since | None


def read_wish(verifier: Verifier, query: Any, headers: Mapping[str, str], now: datetime) -> Wish:
    """What is asked for, checked.

    Raises: `Unauthenticated` (``no-ticket``, ``assertion-…``), `Forbidden` (``topic-not-in-ticket``), `Refused` (``bad-since``).
    """
    token = query.get("ticket") or headers.get("Palestra-Ticket", "")
    if not token:
        raise Unauthenticated("live news need a ticket: ask the site for one", code="no-ticket")
    ticket = verifier.verify(token, issuer="frontend", at=now, about="events")
    allowed = ticket.claims.get("topics")
    if not isinstance(allowed, list) or not all(isinstance(topic, str) for topic in allowed):
        raise Unauthenticated("the ticket names no topics", code="no-ticket")
    wanted = tuple(dict.fromkeys(query.getall("topic", allowed)))
    foreign = [topic for topic in wanted if topic not in allowed]
    if foreign:
        raise Forbidden(f"the ticket does not open {foreign[0][:100]!r}", code="topic-not-in-ticket")
    if len(wanted) > MOST_TOPICS:
        raise Refused(f"at most {MOST_TOPICS} topics on one connection", code="too-many-topics")
    since = query.get("since") or headers.get("Last-Event-ID", "")
    return Wish(ticket.subject, ticket.expires_at, wanted, read_since(since) if since else None)


def read_since(text: str) -> Since:
    """Where a listener stopped. Raises: `Refused` (``bad-since``)."""
    if len(text) > _MOST_SINCE:
        raise _bad(text)
    if text.startswith("{"):
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError as wrong:
            raise _bad(text) from wrong
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise _bad(text)
        exact = {topic: value.partition("@")[0] for topic, value in found.items()}
        for value in exact.values():
            _moment_ms(value)
        return Since(exact, None)
    news_id, _, topic = text.partition("@")
    return Since({topic: news_id} if topic else {}, _moment_ms(news_id))


def _moment_ms(news_id: str) -> int:
    try:
        return position(news_id)[0]
    except Refused as wrong:
        raise _bad(news_id) from wrong


def _bad(text: str) -> Refused:
    return Refused(f"{text[:60]!r} is no place to resume from: it is the id of a message", code="bad-since")
