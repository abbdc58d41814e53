"""Owns the forgetting of what single test cases said: outputs, differences, messages of runs judged long ago. Never touches a verdict.

Verdicts, scores, times and memory of cases stay. While a contest runs nothing of it is forgotten, however long it has been running.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.schedule.ledger import Fence

AT_ONCE: Final = 50
"""Runs in one transaction, each with up to some MiB of cases: the command loop waits behind it."""

MOST: Final = 200
"""Transactions in one turn: what is left then is for the next."""

FORGOTTEN: Final = ("message", "output_head", "difference")
"""The fields of a case that are emptied."""


class Trimming:
    """The job."""

    name = "trimming"
    wakes: frozenset[str] = frozenset()

    def __init__(self, record: Record, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, kept_s: float) -> None:
        self._record = record
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._kept_s = kept_s
        self._trimmed = metrics.counter("trimmed_total")

    async def work(self, fence: Fence) -> datetime:
        """Empties what is older than ``kept_s``, in small transactions."""
        before = self._clock.now() - timedelta(seconds=self._kept_s)
        busy, count, is_left = await self._running_contests(), 0, True
        for _ in range(MOST):
            due = await self._due(before, busy)
            if due:
                count += await self._record.transact(partial(self._trim, fence=fence, due=due))
            is_left = len(due) == AT_ONCE
            if not is_left:
                break
        if count:
            self._trimmed.inc(count)
            self._log.info("runs-trimmed", runs=count)
        return self._clock.now() + timedelta(seconds=1.0 if is_left else self._every_s)

    async def _running_contests(self) -> list[str]:
        contests, now = self._record.table(rows.Contest), self._clock.now()
        statement = sa.select(contests.c.alias, contests.c.start_at, contests.c.duration_s).where(contests.c.start_at <= now)
        async with self._record.reading() as connection:
            found = (await connection.execute(statement)).all()
        return [row.alias for row in found if row.start_at + timedelta(seconds=row.duration_s) > now]

    async def _due(self, before: datetime, busy: list[str]) -> list[str]:
        async with self._record.reading() as connection:
            return list((await connection.execute(self.due(before, busy))).scalars())

    def due(self, before: datetime, busy: list[str]) -> sa.Select[str]:
        """The runs to be trimmed next. In the order of an index that has what is not trimmed first, so that nothing else is looked at."""
        runs, submissions = self._record.table(rows.Run), self._record.table(rows.Submission)
        return (
            sa.select(runs.c.id)
            .join(submissions, submissions.c.id == runs.c.submission)
            .where(runs.c.trimmed_at.is_(None), runs.c.judged_at < before, submissions.c.contest.not_in(busy))
            .order_by(runs.c.trimmed_at, runs.c.judged_at)
            .limit(AT_ONCE)
        )

    def _trim(self, connection: sa.Connection, fence: Fence, due: list[str]) -> int:
        fence(connection)
        runs, now = self._record.table(rows.Run), self._clock.now()
        found = connection.execute(sa.select(runs.c.id, runs.c.cases).where(runs.c.id.in_(due), runs.c.trimmed_at.is_(None))).all()
        for row in found:
            connection.execute(sa.update(runs).where(runs.c.id == row.id).values(cases=_trimmed(row.cases), trimmed_at=now))
        return len(found)


def _trimmed(cases: Any) -> Any:
    if not isinstance(cases, list):
        return cases
    return [{name: value for name, value in case.items() if name not in FORGOTTEN} if isinstance(case, dict) else case for case in cases]
