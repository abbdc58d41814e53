"""Owns the word to the graders that a set was dropped: a mark in the cache, so that its runs that wait cost nothing.

Losing the mark loses nothing: such a run is then judged in vain, and its verdict changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mesh.cache import Cache
from mesh.errors import MeshError
from mesh.log import Log
from services.recorder import rows
from wire.rejudging import dropped_key

LIFE_S: Final = 24 * 3600.0


class Dropped:
    """Marks sets as dropped."""

    def __init__(self, cache: Cache, log: Log) -> None:
        self._cache = cache
        self._log = log

    async def mark(self, events: Iterable[rows.Event]) -> None:
        """The sets that these events drop. Never fails."""
        for event in events:
            if event.kind == "rejudging-dropped":
                try:
                    await self._cache.store(dropped_key(event.body["id"]), b"1", LIFE_S)
                except MeshError as away:
                    self._log.warning("drop-not-marked", rejudging=event.body["id"], code=away.code, cause=away)
