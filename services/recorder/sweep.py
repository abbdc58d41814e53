"""Owns the sweep: every run without a verdict for longer than it may take is sent again. Never judges, never gives up.

Notifications are for speed, the record is the truth: whatever was lost on the way, this finds it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.rules.submissions import work_of
from services.recorder.schedule.ledger import Fence
from wire.priorities import AFTER_EPHEMERAL
from wire.queues import SUBMISSIONS
from wire.rejudging import RUNNING

AT_ONCE = 100
MOST_DOUBLINGS = 6

EPHEMERAL: Final = "ephemeral"
EPHEMERAL_PATIENCE: Final = timedelta(seconds=(SUBMISSIONS[EPHEMERAL].ttl_s or 0) + 15)
"""How long its message is kept, and a little for one that a runner has just got."""


class Sweep:
    """Looks for overdue runs every ``every_s``. ``after_s`` doubles with each time that a run was sent, up to 64 times.

    An ephemeral run is not waited for like that: its message is kept for a short time only. When that is over it goes on at
    the level `AFTER_EPHEMERAL`, where messages are kept, so that it gets its verdict like every other.
    """

    name = "sweep"
    wakes: frozenset[str] = frozenset()

    def __init__(self, record: Record, relay: Relay, clock: Clock, *, metrics: Metrics, log: Log, every_s: float, after_s: float) -> None:
        self._record = record
        self._relay = relay
        self._clock = clock
        self._log = log
        self._every_s = every_s
        self._after_s = after_s
        self._swept = metrics.counter("swept_total")

    async def work(self, fence: Fence) -> datetime:
        """Sends all that is overdue; the scheduler's job."""
        while await self.once(fence) == AT_ONCE:
            pass
        return self._clock.now() + timedelta(seconds=self._every_s)

    async def once(self, fence: Fence) -> int:
        """Puts what is overdue into the outbox again, at most `AT_ONCE`; returns how many. Raises: `Unavailable` (``record-unavailable``)."""

        def send(connection: sa.Connection) -> list[rows.Work]:
            fence(connection)
            return self._send_again(connection)

        work = await self._record.transact(send)
        for one in work:
            self._log.warning("run-sent-again", run=one.id, queue=one.queue, correlation=one.correlation)
        self._swept.inc(len(work))
        self._relay.offer(work)
        return len(work)

    def _send_again(self, connection: sa.Connection) -> list[rows.Work]:
        now, work = self._clock.now(), list[rows.Work]()
        for found in connection.execute(self._overdue()).mappings().all():
            values = dict(found)
            priority = values.pop("run_priority")
            run = rows.Run(
                values.pop("run_id"), values["id"], values.pop("run_version"), AFTER_EPHEMERAL if priority == EPHEMERAL else priority,
                values.pop("run_created_at"), now, values.pop("run_sends") + 1, rejudging=values.pop("run_rejudging"),
            )  # fmt: skip
            languages = tuple(values.pop("languages"))
            work.append(work_of(rows.Submission(**values), run, languages, now))
        if work:
            runs = self._record.table(rows.Run)
            priority = sa.case((runs.c.priority == EPHEMERAL, AFTER_EPHEMERAL), else_=runs.c.priority)
            again = sa.update(runs).where(runs.c.id == sa.bindparam("key")).values(sends=runs.c.sends + 1, sent_at=now, priority=priority)
            connection.execute(again, [{"key": one.id} for one in work])
            connection.execute(self._record.table(rows.Work).insert(), [rows.values_of(one) for one in work])
        return work

    def _overdue(self) -> sa.Select[tuple[object, ...]]:
        """Runs in force or of a set, without a verdict, whose patience is over, unless their message still lies in the outbox."""
        runs, submissions, sets = self._record.table(rows.Run), self._record.table(rows.Submission), self._record.table(rows.Rejudging)
        outbox, contests = self._record.table(rows.Work), self._record.table(rows.Contest)
        now = self._clock.now()
        patience = [
            sa.and_(
                runs.c.sends == sends if sends <= MOST_DOUBLINGS else runs.c.sends > MOST_DOUBLINGS,
                runs.c.sent_at <= now - timedelta(seconds=self._after_s * 2 ** (sends - 1)),
            )
            for sends in range(1, MOST_DOUBLINGS + 2)
        ]
        patience.append(sa.and_(runs.c.priority == EPHEMERAL, runs.c.sent_at <= now - EPHEMERAL_PATIENCE))
        return (
            sa.select(
                submissions, contests.c.languages, runs.c.id.label("run_id"), runs.c.version.label("run_version"),
                runs.c.priority.label("run_priority"), runs.c.created_at.label("run_created_at"), runs.c.sends.label("run_sends"),
                runs.c.rejudging.label("run_rejudging"),
            )
            .join(submissions, submissions.c.id == runs.c.submission)
            .outerjoin(sets, sets.c.id == runs.c.rejudging)
            .join(contests, contests.c.alias == submissions.c.contest)
            .outerjoin(outbox, outbox.c.id == runs.c.id)
            .where(
                runs.c.judged_at.is_(None), outbox.c.id.is_(None), sa.or_(*patience),
                sa.or_(submissions.c.run == runs.c.id, sets.c.state == RUNNING),
            )
            .order_by(runs.c.sent_at)
            .limit(AT_ONCE)
        )  # fmt: skip
