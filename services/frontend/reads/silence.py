"""Owns the memory that a database has stopped answering: one request waits for it, the others are told at once. Never asks it itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mesh.errors import Unavailable

LONG_S = 1.0
"""A read that failed after so long was waited for in vain; one that failed sooner costs nothing to try again."""

PAUSE_S = 3.0


class Silence:
    """Of one database, as one frontend hears it.

    When a read was let down after a long wait, and no other was answered meanwhile, nobody asks for ``pause_s``; then one asks
    for all (at most ``limit_s``), and when it is answered everybody may ask again.
    """

    def __init__(self, limit_s: float, *, long_s: float = LONG_S, pause_s: float = PAUSE_S) -> None:
        self._limit_s = limit_s
        self._long_s = long_s
        self._pause_s = pause_s
        self._until = self._answered_at = 0.0
        self._is_silent = False

    @asynccontextmanager
    async def heeded(self) -> AsyncIterator[None]:
        """Wraps one read. Raises: `Unavailable` (``record-unavailable``) without asking, while the database is silent."""
        now = asyncio.get_running_loop().time
        began = now()
        if began < self._until:
            raise Unavailable("the record has stopped answering; try again in a moment", code="record-unavailable", retry_after_s=self._pause_s)
        if self._is_silent:
            self._until = began + self._limit_s
        try:
            yield
        except Unavailable:
            if now() - began >= self._long_s and self._answered_at < began:
                self._is_silent, self._until = True, now() + self._pause_s
            raise
        self._answered_at = now()
        self._is_silent, self._until = False, 0.0
