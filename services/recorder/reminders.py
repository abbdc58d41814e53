"""Owns the sweep of webhook calls: one that waits without a sign of life for too long is sent to the mailer again. Never gives up.

Every try is recorded, so that a call on its ladder shows life; what this finds lost its message, or its mailer for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.recorder import rows
from services.recorder.overdue import AT_ONCE, Overdue
from services.recorder.rules.webhooks import notice_of


class Reminders(Overdue):
    """The job; a call's times of sending count within its generation."""

    name = "reminders"
    counted_as = "reminders_total"

    def tell(self, work: Sequence[rows.Work]) -> None:
        self._log.warning("webhook-calls-sent-again", count=len(work))

    def send_again(self, connection: sa.Connection, now: datetime) -> list[rows.Work]:
        calls = self._record.table(rows.Delivery)
        is_overdue = sa.or_(*self.patience(calls.c.sends, calls.c.changed_at, now))
        statement = sa.select(calls).where(calls.c.status == "waiting", is_overdue).order_by(calls.c.changed_at).limit(AT_ONCE)
        found = [rows.Delivery(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001  SQLAlchemy's documented name
        work = {notice.id: (one, notice) for one in found for notice in [notice_of(one, "", now)]}
        for lying in self.lying(connection, work):
            del work[lying]
        if work:
            again = sa.update(calls).where(calls.c.id == sa.bindparam("key")).values(sends=calls.c.sends + 1, changed_at=now)
            connection.execute(again, [{"key": one.id} for one, _ in work.values()])
        return [notice for _, notice in work.values()]
