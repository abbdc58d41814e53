"""Owns what was handed in under an Idempotency-Key: a digest of every parameter, so that a repetition is told from another wish. Never the wish itself.

``idempotency:{submission}`` holds it for 24 h, claimed before the queue is given anything: of two different wishes at once under one key
the later is refused. Losing it loses nothing: the record knows the submission, by all that it keeps of it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from mesh.cache.contract import Cache
from mesh.errors import Conflict, Unavailable

LIFE_S: Final = 24 * 3600.0


class Repetitions:
    """The digests, in the state store; while that is away none is known and none refused."""

    def __init__(self, state: Cache) -> None:
        self._state = state

    async def check(self, submission: str, digest: str) -> bool:
        """Whether this very wish is known; False when none is. Raises: `Conflict` (``idempotency-key-reused``) for another."""
        with suppress(Unavailable):
            claimed = (await self._state.fetch(_key(submission)) or b"").decode()
            if claimed and claimed != digest:
                raise reused()
            return bool(claimed)
        return False

    async def claim(self, submission: str, digest: str) -> None:
        """Says that this wish is handed in under its key. Raises: as `check`."""
        with suppress(Unavailable):
            if not await self._state.store_if_absent(_key(submission), digest.encode(), LIFE_S):
                await self.check(submission, digest)

    async def drop(self, submission: str) -> None:
        """It was not handed in: the key is free."""
        with suppress(Unavailable):
            await self._state.forget(_key(submission))


def reused() -> Conflict:
    """What a second wish under one key is answered with."""
    return Conflict(
        "this Idempotency-Key was used for another submission: send what you sent with it (problem, language, source, filename, webhook_url and "
        "priority alike), or take a new key",
        code="idempotency-key-reused",
    )  # fmt: skip


def _key(submission: str) -> str:
    return f"idempotency:{submission}"
