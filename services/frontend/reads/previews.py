"""Owns the working out of what a set of rejudges changes, once for all who ask. Never decides who may see it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from fractions import Fraction
from time import perf_counter
from typing import Final

from contest.facts import BoardSubmission, BoardTeam
from contest.verdicts import Verdict
from mesh.clock import Clock
from services.frontend.differences import Difference, difference
from services.frontend.freshness import Fresh
from services.frontend.reads.contests import Contest, Contests
from services.frontend.reads.record import Record
from services.frontend.reads.rejudgings import Rejudging, Rejudgings
from services.frontend.reads.scoreboards import Scoreboards
from wire.rejudging import RUNNING

_FRESH_S: Final = 1.0
_KEPT: Final = 8
_SLOW_S: Final = 5.0
_SHARE: Final = 10.0
_MOST_S: Final = 10.0
"""A set that is being judged is worked out anew after ten times what that took, and after ten seconds at last: it has a tenth of a core."""


class Previews:
    """Differences of sets; one that is being judged is worked out anew every second at most, a large one more seldom, as it costs."""

    def __init__(self, record: Record, rejudgings: Rejudgings, contests: Contests, scoreboards: Scoreboards, clock: Clock) -> None:
        self._record = record
        self._rejudgings = rejudgings
        self._contests = contests
        self._scoreboards = scoreboards
        self._fresh: Fresh[tuple[str, str, int], Difference] = Fresh(clock, _FRESH_S, most=_KEPT)
        self._costs_s: OrderedDict[str, float] = OrderedDict()
        self._outdated: Fresh[str, dict[str, int]] = Fresh(clock, _SLOW_S, most=200)

    async def difference(self, contest: Contest, rejudging: Rejudging) -> Difference:
        """What the set changes, as far as it is judged; kept while nothing happens in the contest: an override counts at once.

        Raises: `Unavailable` (``record-unavailable``).
        """
        life_s = min(_SHARE * self._costs_s.get(rejudging.id, 0.0), _MOST_S) if rejudging.state == RUNNING else 0.0
        seq = 0 if life_s > _FRESH_S else await self._contests.seq(contest.alias)
        return await self._fresh.read((rejudging.id, rejudging.state, seq), lambda: self._work_out(contest, rejudging), life_s=max(life_s, _FRESH_S))

    async def outdated(self, contest: str) -> dict[str, int]:
        """How many verdicts are by another version than their problem has now, by problem; a few seconds old at most."""
        return await self._outdated.read(contest, lambda: self._rejudgings.outdated(contest))

    async def _work_out(self, contest: Contest, rejudging: Rejudging) -> Difference:
        began = perf_counter()
        lines = await self._rejudgings.lines(rejudging)
        teams = [BoardTeam(one.username, one.name, one.group) for one in await self._contests.contestants(contest.alias)]
        rows = await self._record.rows(self._scoreboards.submissions_of(contest.alias))
        submissions = [
            BoardSubmission(row.id, row.username, row.problem, row.submitted_at, Verdict(row.verdict) if row.verdict else None, row.score or Fraction(0))
            for row in rows
        ]
        found = await asyncio.to_thread(difference, contest, teams, submissions, lines, rejudging.count)
        self._costs_s[rejudging.id] = perf_counter() - began
        while len(self._costs_s) > _KEPT:
            self._costs_s.popitem(last=False)
        return found
