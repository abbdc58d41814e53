"""Owns the sweep: every run without a verdict for longer than it may take is sent again. Never judges, never gives up.

Notifications are for speed, the record is the truth: whatever was lost on the way, this finds it. A broker that comes back may have
lost what it had confirmed (its disk was full, it was restored): then what was sent before is looked for sooner, unless it is much.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from services.recorder import rows
from services.recorder.overdue import AT_ONCE, Overdue
from services.recorder.rules.submissions import work_of
from wire.priorities import AFTER_EPHEMERAL
from wire.queues import SUBMISSIONS
from wire.rejudging import RUNNING

EPHEMERAL: Final = "ephemeral"
EPHEMERAL_PATIENCE: Final = timedelta(seconds=(SUBMISSIONS[EPHEMERAL].ttl_s or 0) + 15)
"""How long its message is kept, and a little for one that a runner has just got."""


AFTER_OUTAGE, OUTAGE_LASTS = timedelta(seconds=30), timedelta(seconds=120)
"""So long after a broker came back those who were sent before and have no verdict are overdue, and so long they are looked for."""


class Sweep(Overdue):
    """The job.

    An ephemeral run is not waited for like others: its message is kept for a short time only. When that is over it goes on at
    the level `AFTER_EPHEMERAL`, where messages are kept, so that it gets its verdict like every other.
    """

    name = "sweep"
    counted_as = "swept_total"
    _connections = 0
    _back_at: datetime | None = None

    def tell(self, work: Sequence[rows.Work]) -> None:
        for one in work:
            self._log.warning("run-sent-again", run=one.id, queue=one.queue, correlation=one.correlation)

    def send_again(self, connection: sa.Connection, now: datetime) -> list[rows.Work]:
        work = list[rows.Work]()
        for found in (*connection.execute(self._overdue(self._patience(now))).mappings().all(), *self._lost(connection, now)):
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
        return work

    def _patience(self, now: datetime) -> list[sa.ColumnElement[bool]]:
        runs = self._record.table(rows.Run)
        patience = self.patience(runs.c.sends, runs.c.sent_at, now)
        return [*patience, sa.and_(runs.c.priority == EPHEMERAL, runs.c.sent_at <= now - EPHEMERAL_PATIENCE)]

    def _lost(self, connection: sa.Connection, now: datetime) -> Sequence[sa.RowMapping]:
        """What was sent before the broker came back and is not overdue by itself. Of many nothing: they wait, and are not lost, as a rule."""
        if self._relay.connections != self._connections:
            self._connections, self._back_at = self._relay.connections, now
        if self._back_at is None or not AFTER_OUTAGE <= now - self._back_at <= OUTAGE_LASTS:
            return []
        runs = self._record.table(rows.Run)
        before = sa.and_(runs.c.sent_at <= self._back_at, sa.not_(sa.or_(*self._patience(now))))
        found = connection.execute(self._overdue([before], AT_ONCE // 2 + 1)).mappings().all()
        return found if len(found) <= AT_ONCE // 2 else []

    def _overdue(self, patience: Sequence[sa.ColumnElement[bool]], most: int = AT_ONCE) -> sa.Select[tuple[object, ...]]:
        """Runs in force or of a set, without a verdict, whose patience is over, unless their message still lies in the outbox."""
        runs, submissions, sets = self._record.table(rows.Run), self._record.table(rows.Submission), self._record.table(rows.Rejudging)
        outbox, contests = self._record.table(rows.Work), self._record.table(rows.Contest)
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
            .limit(most)
        )  # fmt: skip
