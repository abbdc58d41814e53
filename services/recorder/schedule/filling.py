"""Owns the job that asks for the runs of open sets, a few at a time. Never decides which: a set says so since it was opened.

No more than `AHEAD` runs of sets wait at once, whatever their size: the outbox, the queue of the low level and the transactions stay
small, single rejudges wait behind few, and what is dropped leaves little behind. Killed anywhere it goes on where the record says.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.codec import convert
from mesh.ids import derived_id
from mesh.log import Log
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.rules.rejudging import FILLING_JOB
from services.recorder.rules.submissions import work_of
from services.recorder.schedule.ledger import Fence
from wire.rejudging import RUNNING, Selection

AHEAD: Final = 100
"""Runs of sets that are asked for and have no verdict yet."""

AT_ONCE: Final = 25
"""Runs in one transaction: the command loop waits behind it, and each may carry a source of 256 KiB."""

LOOK_EVERY_S: Final = 0.2
REST: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be asked for next: so many runs of that set."""

    rejudging: str
    count: int


class Filling:
    """The job. It is at work for as long as a set has runs to be asked for."""

    name = FILLING_JOB
    wakes = frozenset({"rejudging-opened"})

    def __init__(self, record: Record, relay: Relay, clock: Clock, log: Log) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log

    async def work(self, fence: Fence) -> datetime:
        """Asks for runs until every set has all of its own."""
        while (step := await self._next()) is not None:
            if step.count:
                await self._ask(step, fence)
            else:
                await asyncio.sleep(LOOK_EVERY_S)
        return self._clock.now() + REST

    async def _next(self) -> Step | None:
        """The oldest set that lacks runs, and how many it may have now; None when none lacks any."""
        table = self._record.table(rows.Rejudging)
        statement = sa.select(table.c.id, table.c.count, table.c.filled, table.c.judged).where(table.c.state == RUNNING)
        async with self._record.reading() as connection:
            found = (await connection.execute(statement.order_by(table.c.created_at, table.c.id))).all()
        first = next((row for row in found if row.filled < row.count), None)
        if first is None:
            return None
        room = AHEAD - sum(row.filled - row.judged for row in found)
        left = min(first.count - first.filled, AT_ONCE)
        return Step(first.id, left if room >= left else 0)

    async def _ask(self, step: Step, fence: Fence) -> None:
        def fill(connection: sa.Connection) -> list[rows.Work]:
            fence(connection)
            return self._fill(connection, step)

        work = await self._record.transact(fill)
        self._relay.offer(work)
        self._log.debug("runs-asked-for", rejudging=step.rejudging, count=len(work))

    def _fill(self, connection: sa.Connection, step: Step) -> list[rows.Work]:
        table = self._record.table(rows.Rejudging)
        found = connection.execute(sa.select(table).where(table.c.id == step.rejudging).with_for_update()).one()
        rejudging = rows.Rejudging(**found._mapping)  # noqa: SLF001  SQLAlchemy's documented name
        if rejudging.state != RUNNING or rejudging.filled >= rejudging.count:
            return []
        selection = convert(Selection, rejudging.selected)
        part = selection.submissions[rejudging.filled : rejudging.filled + step.count]
        contests, now = self._record.table(rows.Contest), self._clock.now()
        contest = connection.execute(sa.select(contests.c.languages, contests.c.feedback).where(contests.c.alias == rejudging.contest)).one()
        runs, work = list[rows.Run](), list[rows.Work]()
        for submission in self._submissions(connection, part):
            run = rows.Run(
                derived_id("run", rejudging.id, submission.id), submission.id, selection.versions[submission.problem], "low",
                rejudging.created_at, now, 1, rejudging=rejudging.id, replaces=submission.run,
            )  # fmt: skip
            runs.append(run)
            work.append(work_of(submission, run, tuple(contest.languages), now, feedback=contest.feedback))
        connection.execute(self._record.table(rows.Run).insert(), [rows.values_of(run) for run in runs])
        connection.execute(self._record.table(rows.Work).insert(), [rows.values_of(one) for one in work])
        filled = rejudging.filled + len(part)
        connection.execute(sa.update(table).where(table.c.id == rejudging.id).values(filled=filled))
        return work

    def _submissions(self, connection: sa.Connection, ids: tuple[str, ...]) -> list[rows.Submission]:
        table = self._record.table(rows.Submission)
        found = connection.execute(sa.select(table).where(table.c.id.in_(ids)))
        by_id = {row.id: rows.Submission(**row._mapping) for row in found}  # noqa: SLF001  as above
        return [by_id[one] for one in ids]
