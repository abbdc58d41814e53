"""Owns the sweep: every run without a verdict for longer than it may take is sent again. Never judges, never gives up.

Notifications are for speed, the record is the truth: whatever was lost on the way, this finds it.
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


class Sweep(Overdue):
    """The job.

    An ephemeral run is not waited for like others: its message is kept for a short time only. When that is over it goes on at
    the level `AFTER_EPHEMERAL`, where messages are kept, so that it gets its verdict like every other.
    """

    name = "sweep"
    counted_as = "swept_total"

    def tell(self, work: Sequence[rows.Work]) -> None:
        for one in work:
            self._log.warning("run-sent-again", run=one.id, queue=one.queue, correlation=one.correlation)

    def send_again(self, connection: sa.Connection, now: datetime) -> list[rows.Work]:
        work = list[rows.Work]()
        for found in connection.execute(self._overdue(now)).mappings().all():
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

    def _overdue(self, now: datetime) -> sa.Select[tuple[object, ...]]:
        """Runs in force or of a set, without a verdict, whose patience is over, unless their message still lies in the outbox."""
        runs, submissions, sets = self._record.table(rows.Run), self._record.table(rows.Submission), self._record.table(rows.Rejudging)
        outbox, contests = self._record.table(rows.Work), self._record.table(rows.Contest)
        patience = self.patience(runs.c.sends, runs.c.sent_at, now)
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
