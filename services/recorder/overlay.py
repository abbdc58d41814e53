"""Owns the recorder's end of "read your own writes": what is recorded leaves the overlay, what is refused says so there.

The frontend put it in (`submission:{id}`, ``pending:{username}``). Losing any of it loses nothing: the record has the truth.
"""

from __future__ import annotations

from collections.abc import Iterable

from mesh.cache import Cache
from mesh.clock import iso
from mesh.codec import encode
from services.recorder import rows
from wire.commands import Command, Outcome, Submit

REFUSED_LIFE_S = 24 * 3600.0
RECORDED_LIFE_S = 600.0


class Overlay:
    """The overlay in the state store. ``has_replica``: readers may lag behind us, so that what is recorded stays a little."""

    def __init__(self, state: Cache, *, has_replica: bool) -> None:
        self._state = state
        self._has_replica = has_replica

    async def recorded(self, events: Iterable[rows.Event]) -> None:
        """Submissions that are in the record now. Raises: `Unavailable` (``cache-unavailable``)."""
        bodies = [event.body for event in events if event.kind == "submitted"]
        if not bodies:
            return
        keys = [f"submission:{body['id']}" for body in bodies]
        if self._has_replica:
            for key, value in zip(keys, await self._state.fetch_many(keys), strict=True):
                if value is not None:
                    await self._state.store(key, value, RECORDED_LIFE_S)
            return  # the frontend strikes them off the list as it sees them in its replica
        await self._state.forget(*keys)
        by_author: dict[str, list[str]] = {}
        for body in bodies:
            by_author.setdefault(body["username"], []).append(body["id"])
        for username, submissions in by_author.items():
            await self._state.remove_from_list(f"pending:{username}", *submissions)

    async def refused(self, command: Command, outcome: Outcome) -> None:
        """A submission that was answered with 202 and is refused now. Raises: `Unavailable` (``cache-unavailable``)."""
        body = command.body
        if isinstance(body, Submit):
            shown = {
                "id": command.id, "status": "refused", "contest": body.contest, "problem": body.problem, "username": command.actor,
                "language": body.language, "filename": body.filename, "submitted_at": iso(command.at),
                "code": outcome.code, "message": outcome.message,
            }  # fmt: skip
            await self._state.store(f"submission:{command.id}", encode(shown), REFUSED_LIFE_S)
