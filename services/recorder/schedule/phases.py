"""Owns the job that says when a contest starts, freezes and ends, at that moment, once. Never decides who may do what: time does.

It is due at the next boundary of any contest; a command that makes or changes a contest pulls it nearer in its own transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from contest.rules import ContestRules
from mesh.clock import Clock, micros
from mesh.log import Log
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.rules.phases import PHASES_JOB, boundaries_of, mark_id
from services.recorder.rules.rights import service_actor
from services.recorder.schedule.ledger import Fence
from wire.commands import Command, MarkPhase, Outcome
from wire.services import RECORDER

LOOK_BACK: Final = timedelta(days=1)
"""How late a boundary is still told, when nobody was there at its time."""

LOOK_AHEAD: Final = timedelta(hours=1)
"""How far ahead contests are read; so often the job runs at least."""

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Boundary:
    """One moment of one contest."""

    at: datetime
    contest: str
    phase: str

    @property
    def id(self) -> str:
        """The id of the command that marks it: whoever says it, it is the same."""
        return mark_id(self.contest, self.phase, self.at)


def boundaries(alias: str, rules: ContestRules, created_at: datetime) -> list[Boundary]:
    """What comes to pass in a contest; what was past when it was made is nobody's news."""
    return [Boundary(at, alias, phase) for phase, at in boundaries_of(rules) if at >= created_at]


class Phases:
    """The job."""

    name = PHASES_JOB
    wakes = frozenset({"contest-created", "contest-changed"})

    def __init__(self, record: Record, apply: Callable[[Command], Awaitable[Outcome]], clock: Clock, log: Log) -> None:
        self._record = record
        self._apply = apply
        self._clock = clock
        self._log = log

    async def work(self, _fence: Fence) -> datetime:
        """Marks what is due. A mark that is there already stays the only one: its command's id is derived from it.

        Needs no fence: whoever says it late or twice says the same command.
        """
        now = self._clock.now()
        near = await self._near(now)
        due = sorted((one for one in near if now - LOOK_BACK <= one.at <= now), key=lambda one: one.at)
        marked = await self._marked([one.id for one in due])
        for one in due:
            if one.id not in marked:
                await self._mark(one)
        return min((one.at for one in near if one.at > now), default=now + LOOK_AHEAD)

    async def _mark(self, one: Boundary) -> None:
        command = Command(one.id, "MarkPhase", service_actor(RECORDER), self._clock.now(), MarkPhase(one.contest, one.phase))
        outcome = await self._apply(command)
        if outcome.is_applied:
            late_s = round((self._clock.now() - one.at).total_seconds(), 3)
            self._log.info("contest-phase", contest=one.contest, phase=one.phase, late_s=late_s)
        else:
            self._log.warning("contest-phase-refused", contest=one.contest, phase=one.phase, code=outcome.code)

    async def _near(self, now: datetime) -> list[Boundary]:
        """Boundaries of contests that begin soon or ended lately, those that lie beyond the looks left out ahead only."""
        c = self._record.table(rows.Contest).c
        end_us = sa.type_coerce(c.start_at, sa.BigInteger) + c.duration_s * 1_000_000
        where = (c.start_at <= now + LOOK_AHEAD, end_us >= micros(now - LOOK_BACK))
        async with self._record.reading() as connection:
            found = await connection.execute(sa.select(self._record.table(rows.Contest)).where(*where))
            contests = [rows.Contest(**row._mapping) for row in found]  # noqa: SLF001  SQLAlchemy's documented name
        near = [one for contest in contests for one in boundaries(contest.alias, contest.rules, contest.created_at)]
        return [one for one in near if one.at <= now + LOOK_AHEAD]

    async def _marked(self, ids: list[str]) -> set[str]:
        table, found = self._record.table(rows.Settled), set[str]()
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            async with self._record.reading() as connection:
                found |= set((await connection.execute(sa.select(table.c.id).where(table.c.id.in_(part)))).scalars())
        return found
