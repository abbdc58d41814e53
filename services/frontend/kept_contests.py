"""Owns what is known of contests while the record is away: each with its contestants, kept in the state store for every frontend.

``contest:{alias}`` is written when a contest was read from the record, at most every `EVERY_S` by each frontend, and at once when it
was changed or accounts registered. It lives a day longer than its contest, so that a frontend that has just started, or has never
seen a team, takes its submissions, however long the record is away. Losing it loses that, and no fact. Never decides who may do what.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from mesh.cache.contract import Cache
from mesh.clock import Clock
from mesh.codec import decode, encode
from mesh.errors import Refused, Unavailable
from mesh.log import Log
from services.frontend.freshness import Fresh
from services.frontend.reads import sides
from services.frontend.reads.contests import Contest, Contestant, Contests
from services.frontend.reads.sides import Side

EVERY_S: Final = 30.0
_AGAIN_S: Final = 5.0
"""After a write that failed."""
_LIFE_AFTER_END: Final = timedelta(days=1)
_FRESH_S: Final = 2.0
_MOST: Final = 2_000
"""Contests in turn, and remembered as written: those that people look at."""


@dataclass(frozen=True)
class KeptContest:
    """A contest and its contestants, as the record had them when it last answered."""

    contest: Contest
    contestants: tuple[Contestant, ...]

    @cached_property
    def by_username(self) -> dict[str, Contestant]:
        """The contestants, to be looked up."""
        return {one.username: one for one in self.contestants}


class KeptContests:
    """The contests in the state store. `keep` runs for as long as the service."""

    def __init__(self, state: Cache, contests: Contests, clock: Clock, log: Log) -> None:
        self._state = state
        self._contests = contests
        self._clock = clock
        self._log = log
        self._read: Fresh[str, KeptContest | None] = Fresh(clock, _FRESH_S, most=100)
        self._written: OrderedDict[str, float] = OrderedDict()
        self._due: dict[str, None] = {}
        self._is_due = asyncio.Event()

    def note(self, contest: Contest) -> None:
        """The record has just said this of a contest: it is written when it was not lately."""
        now = self._clock.monotonic()
        if now - self._written.get(contest.alias, now - EVERY_S) >= EVERY_S and self._life_s(contest) > 0:
            self._mark(contest.alias)

    def renew(self, alias: str) -> None:
        """The contest, or who takes part in it, was changed here: it is written at once."""
        self._written.pop(alias, None)
        self._mark(alias)

    async def find(self, alias: str) -> KeptContest | None:
        """What is known of a contest; None when that is nothing, or the state store is away too."""
        return await self._read.read(alias, lambda: self._fetch(alias))

    async def keep(self) -> None:
        """Writes what is due, until it is cancelled."""
        sides.take(Side.FRESH)  # a registration that a replica does not have yet would be missed
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            while self._due:
                alias = next(iter(self._due))
                del self._due[alias]
                await self._write(alias)

    def _mark(self, alias: str) -> None:
        if len(self._due) < _MOST:
            self._due[alias] = None
            self._is_due.set()

    async def _write(self, alias: str) -> None:
        began = self._clock.monotonic()
        try:
            contest = await self._contests.find(alias)
            if contest is not None and (life_s := self._life_s(contest)) > 0:
                kept = KeptContest(contest, tuple(await self._contests.contestants(alias)))
                await self._state.store(_key(alias), encode(kept), life_s)
        except Unavailable as away:
            began += _AGAIN_S - EVERY_S
            self._log.warning("contest-not-kept", contest=alias, code=away.code, reason=away.message)
        self._written[alias] = began
        self._written.move_to_end(alias)
        while len(self._written) > _MOST:
            self._written.popitem(last=False)

    async def _fetch(self, alias: str) -> KeptContest | None:
        try:
            body = await self._state.fetch(_key(alias))
            return decode(KeptContest, body) if body is not None else None
        except Unavailable:
            return None
        except Refused as wrong:  # another version's
            self._log.warning("kept-contest-unreadable", contest=alias, reason=wrong.message)
            return None

    def _life_s(self, contest: Contest) -> float:
        return (contest.end + _LIFE_AFTER_END - self._clock.now()).total_seconds()


def _key(alias: str) -> str:
    return f"contest:{alias}"
