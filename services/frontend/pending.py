"""Owns what was accepted and is not yet in the record: the overlay that lets authors read their own writes.

`submission:{id}` holds one as JSON for 24 h, ``pending:{username}`` lists an author's. The recorder overwrites the first
with status refused, code and message when it refuses. Losing the overlay loses nothing: the queue has the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mesh.cache.contract import Cache
from mesh.codec import decode, encode
from mesh.errors import Refused

LIFE_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class PendingSubmission:
    """A submission on its way. ``digest`` is of what was submitted, to tell a repetition from another submission.

    ``status`` is accepted, or refused with a ``code`` and a ``message``.
    """

    id: str
    status: str = "accepted"
    contest: str = ""
    problem: str = ""
    username: str = ""
    language: str = ""
    filename: str = ""
    submitted_at: datetime | None = None
    digest: str = ""
    code: str = ""
    message: str = ""


class Pending:
    """The overlay, in the state store."""

    def __init__(self, state: Cache) -> None:
        self._state = state

    async def keep(self, pending: PendingSubmission) -> None:
        """Shows it to its author from now on. Raises: `Unavailable` (``cache-unavailable``)."""
        await self._state.store(_key(pending.id), encode(pending), LIFE_S)
        await self._state.add_to_list(_list_key(pending.username), pending.id, LIFE_S)

    async def drop(self, submission: str, username: str) -> None:
        """Shows it no more: it was never taken, or the record has it."""
        await self._state.forget(_key(submission))
        await self._state.remove_from_list(_list_key(username), submission)

    async def find(self, submission: str) -> PendingSubmission | None:
        """One, by id."""
        return _pending(submission, await self._state.fetch(_key(submission)))

    async def of_user(self, username: str, known: Sequence[str] = ()) -> list[PendingSubmission]:
        """An author's, oldest first, without those that the record is known to have: they are struck off the list."""
        listed = await self._state.list_members(_list_key(username))
        done = [submission for submission in listed if submission in set(known)]
        if done:
            await self._state.remove_from_list(_list_key(username), *done)
        waiting = [submission for submission in listed if submission not in set(done)]
        if not waiting:
            return []
        bodies = await self._state.fetch_many([_key(submission) for submission in waiting])
        found = [_pending(submission, body) for submission, body in zip(waiting, bodies, strict=True)]
        return [pending for pending in found if pending is not None]


def _key(submission: str) -> str:
    return f"submission:{submission}"


def _list_key(username: str) -> str:
    return f"pending:{username}"


def _pending(submission: str, body: bytes | None) -> PendingSubmission | None:
    if body is None:
        return None
    try:
        return decode(PendingSubmission, body)
    except Refused:
        return PendingSubmission(submission)
