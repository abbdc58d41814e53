"""Owns the tickets with which a browser may listen at `/events`: signed, short-lived, listing every topic. Never checks one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contest import visibility
from contest.rules import Audience
from mesh.clock import Clock
from mesh.errors import Refused
from services.frontend.actor import Actor
from services.frontend.commands import Signer
from services.frontend.access import ContestAccess
from wire.news import contest_topic, jury_topic, scoreboard_topic, user_topic

MOST_CONTESTS = 20
"""That one listener hears of."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right to listen. ``topics`` is all it opens; show it to `/events` before ``expires_at``."""

    ticket: str
    topics: tuple[str, ...]
    expires_at: datetime


class Tickets:
    """Writes tickets for what `access` has granted."""

    def __init__(self, signer: Signer, clock: Clock, life_s: float) -> None:
        self._signer = signer
        self._clock = clock
        self._life_s = life_s

    def issue(self, actor: Actor, contests: Iterable[ContestAccess]) -> Ticket:
        """A ticket for what concerns the actor, and for these contests as far as he may see them."""
        topics = topics_of(actor, contests)
        now = self._clock.now()
        token = self._signer.sign(actor.username or "anonymous", "events", now, self._life_s, {"topics": list(topics)})
        return Ticket(token, topics, now + timedelta(seconds=self._life_s))


def each_once(contests: Iterable[str]) -> tuple[str, ...]:
    """The contests that somebody wants to hear of, each once. Raises: `Refused` (``too-many-contests``): silence would look like no news."""
    wanted = tuple(dict.fromkeys(contests))
    if len(wanted) > MOST_CONTESTS:
        raise Refused(f"at most {MOST_CONTESTS} contests at once, not {len(wanted)}; open another stream for the others", code="too-many-contests")
    return wanted


def topics_of(actor: Actor, contests: Iterable[ContestAccess]) -> tuple[str, ...]:
    """The topics that an actor may hear: the whole of what a ticket can open."""
    topics = [user_topic(actor.username)] if visibility.may_listen_to_user(actor.viewer, actor.username) else []
    for access in contests:
        alias = access.contest.alias
        topics += [contest_topic(alias), scoreboard_topic(alias, Audience.PUBLIC)]
        if access.is_jury:
            topics += [jury_topic(alias), scoreboard_topic(alias, Audience.JURY)]
    return tuple(topics)
