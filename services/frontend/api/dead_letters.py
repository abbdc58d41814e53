"""Owns the calls about dead letters: messages that a queue gave up, looked at, replayed, forgotten. For admins."""

from __future__ import annotations

from typing import Annotated

import msgspec

from services.frontend.actions import dead_letters
from services.frontend.api.route import Call, NoQuery, Route, Shape, View
from wire.undertaking import DeadOrder

_MOST_IDS = 1_000


class DeadLetterView(View, frozen=True):
    """A message that was given up, and why. ``body`` is its beginning, as text; ``size_bytes`` is the whole."""

    id: str
    error: str
    attempts: int
    correlation: str
    size_bytes: int
    headers: dict[str, str]
    body: str


class DeadLettersView(View, frozen=True):
    """The oldest dead letters of a queue; ``dead`` counts all that there are."""

    queue: str
    dead: int
    letters: tuple[DeadLetterView, ...]


class DeadLettersQuery(Shape, frozen=True):
    """How many, and how much of each body."""

    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20
    body_bytes: Annotated[int, msgspec.Meta(ge=0, le=65_536)] = 2_000


class WhichLetters(Shape, frozen=True):
    """Dead letters by id, or all of the queue: then ``is_all`` says so and ``ids`` is left out."""

    ids: Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...], msgspec.Meta(max_length=_MOST_IDS)] = ()
    is_all: bool = False


class LettersMoved(View, frozen=True):
    """How many were replayed or forgotten; fewer than were named when some are no dead letters any more."""

    queue: str
    count: int


async def list_dead_letters(call: Call[None, DeadLettersQuery]) -> DeadLettersView:
    """The oldest dead letters of a queue, why each was given up, and the beginning of what it says."""
    name, query = call.name("queue"), call.query
    found = await dead_letters.look(call.desk, call.actor, name, query.most, query.body_bytes)
    return DeadLettersView(
        queue=name, dead=found.dead, letters=tuple(
            DeadLetterView(
                id=one.id, error=one.error, attempts=one.attempts, correlation=one.correlation, size_bytes=one.size_bytes,
                headers=one.headers, body=one.body,
            )
            for one in found.messages
        ),
    )  # fmt: skip


async def replay_dead_letters(call: Call[WhichLetters, NoQuery]) -> LettersMoved:
    """Puts dead letters back into their queue, their tries forgotten."""
    order = _order(call)
    return LettersMoved(queue=order.queue, count=await dead_letters.replay(call.desk, call.actor, order))


async def purge_dead_letters(call: Call[WhichLetters, NoQuery]) -> LettersMoved:
    """Forgets dead letters: what is forgotten is gone for ever."""
    order = _order(call)
    return LettersMoved(queue=order.queue, count=await dead_letters.purge(call.desk, call.actor, order))


def _order(call: Call[WhichLetters, NoQuery]) -> DeadOrder:
    return DeadOrder(call.name("queue"), call.body.ids, call.body.is_all)


_PATH = "/operations/queues/{queue}/dead"
_CODES = ("not-admin", "no-such-queue", "recorder-unavailable", "grader-unavailable", "mailer-unavailable")

ROUTES = (
    Route("GET", _PATH, list_dead_letters, DeadLettersView, query=DeadLettersQuery, codes=_CODES),
    Route("POST", f"{_PATH}/replay", replay_dead_letters, LettersMoved, WhichLetters, codes=(*_CODES, "which-letters")),
    Route("POST", f"{_PATH}/purge", purge_dead_letters, LettersMoved, WhichLetters, codes=(*_CODES, "which-letters")),
)
