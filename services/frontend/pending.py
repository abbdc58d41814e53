"""Owns what was accepted and is not yet in the record: the overlay that lets authors read their own writes.

`submission:{id}` holds one as JSON for 24 h, ``pending:{username}`` lists an author's; the recorder overwrites the first with
status refused, code and message when it refuses. Questions alike: ``question:{id}``, ``questions:{username}``; why one was refused
is read from the record's outcomes. Losing the overlay loses nothing: the queue has the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from mesh.cache.contract import Cache
from mesh.codec import decode, encode
from mesh.errors import Refused

LIFE_S = 24 * 3600.0
ON_ITS_WAY = frozenset({"accepted", "unsure"})
"""How a submission stands that the record has not spoken of."""


@dataclass(frozen=True, slots=True)
class PendingSubmission:
    """A submission on its way.

    ``status`` is accepted, unsure (not known whether the queue has it), or refused with a ``code`` and a ``message``.
    """

    id: str
    status: str = "accepted"
    contest: str = ""
    problem: str = ""
    username: str = ""
    language: str = ""
    filename: str = ""
    submitted_at: datetime | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PendingQuestion:
    """A clarification on its way to the record."""

    id: str
    contest: str = ""
    problem: str = ""
    username: str = ""
    text: str = ""
    asked_at: datetime | None = None


T = TypeVar("T", PendingSubmission, PendingQuestion)


class Pending(Generic[T]):
    """The overlay of one kind of thing, in the state store: one key for each thing, one list for each author."""

    def __init__(self, state: Cache, kind: type[T], *, key: str, list_key: str) -> None:
        self._state = state
        self._kind: type[T] = kind
        self._key = key
        self._list_key = list_key

    async def keep(self, pending: T) -> None:
        """Shows it to its author from now on. Raises: `Unavailable` (``cache-unavailable``)."""
        key = f"{self._key}:{pending.id}"
        await self._state.store_if_absent(key, encode(pending), LIFE_S)  # a refusal may be there already
        await self._state.add_to_list(f"{self._list_key}:{pending.username}", pending.id, LIFE_S)

    async def mark(self, pending: T, status: str) -> None:
        """Says how it stands, unless the recorder has refused it or nothing is shown of it. Raises: `Unavailable` (``cache-unavailable``)."""
        shown = await self.find(pending.id)
        if isinstance(shown, PendingSubmission) and shown.status in ON_ITS_WAY:
            await self._state.store(f"{self._key}:{shown.id}", encode(replace(shown, status=status)), LIFE_S)

    async def drop(self, thing: str, username: str) -> None:
        """Shows it no more: it was never taken, or the record has it."""
        await self._state.forget(f"{self._key}:{thing}")
        await self._state.remove_from_list(f"{self._list_key}:{username}", thing)

    async def find(self, thing: str) -> T | None:
        """One, by id."""
        return self._read(thing, await self._state.fetch(f"{self._key}:{thing}"))

    async def of_user(self, username: str, known: Sequence[str] = ()) -> list[T]:
        """An author's, oldest first, without those that the record is known to have: they are struck off the list."""
        list_key = f"{self._list_key}:{username}"
        listed, recorded = await self._state.list_members(list_key), set(known)
        if not recorded.isdisjoint(listed):
            await self._state.remove_from_list(list_key, *(thing for thing in listed if thing in recorded))
        waiting = [thing for thing in listed if thing not in recorded]
        if not waiting:
            return []
        bodies = await self._state.fetch_many([f"{self._key}:{thing}" for thing in waiting])
        found = [self._read(thing, body) for thing, body in zip(waiting, bodies, strict=True)]
        return [pending for pending in found if pending is not None]

    def _read(self, thing: str, body: bytes | None) -> T | None:
        if body is None:
            return None
        try:
            return decode(self._kind, body)
        except Refused:
            return self._kind(thing)


PendingSubmissions: TypeAlias = Pending[PendingSubmission]
PendingQuestions: TypeAlias = Pending[PendingQuestion]


def pending_submissions(state: Cache) -> PendingSubmissions:
    """The overlay of submissions."""
    return Pending(state, PendingSubmission, key="submission", list_key="pending")


def pending_questions(state: Cache) -> PendingQuestions:
    """The overlay of questions."""
    return Pending(state, PendingQuestion, key="question", list_key="questions")
