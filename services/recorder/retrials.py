"""Owns the sweep of trials: a package whose report does not come for too long, or was postponed, is sent to be tried out again. Never gives up.

The newest commit only: a report for an older one is not waited for (`rules.reports`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from services.recorder import rows
from services.recorder.overdue import AT_ONCE, Overdue
from services.recorder.rules.reports import work_of
from wire.verification import POSTPONED, WAITING


class Retrials(Overdue):
    """The job."""

    name = "retrials"
    counted_as = "retrials_total"

    def tell(self, work: Sequence[rows.Work]) -> None:
        for one in work:
            self._log.warning("trial-sent-again", message=one.id)

    def send_again(self, connection: sa.Connection, now: datetime) -> list[rows.Work]:
        reports = self._record.table(rows.ProblemReport)
        found: dict[str, tuple[rows.ProblemReport, rows.Work]] = {}
        for row in connection.execute(self._overdue(now)).mappings().all():
            values = dict(row)
            owner = values.pop("owner")
            report = rows.ProblemReport(**values)
            found[work_of(report, owner, now).id] = (report, work_of(replace(report, sends=report.sends + 1), owner, now))
        for lying in self.lying(connection, found):
            del found[lying]
        if found:
            again = sa.update(reports).where(reports.c.alias == sa.bindparam("of"), reports.c.commit_hash == sa.bindparam("at"))
            waits = again.values(sends=reports.c.sends + 1, sent_at=now, state=WAITING, ended_at=None)
            connection.execute(waits, [{"of": one.alias, "at": one.commit_hash} for one, _ in found.values()])
        return [work for _, work in found.values()]

    def _overdue(self, now: datetime) -> sa.Select[tuple[object, ...]]:
        reports, problems = self._record.table(rows.ProblemReport), self._record.table(rows.Problem)
        is_newest = sa.and_(problems.c.alias == reports.c.alias, problems.c.commit_hash == reports.c.commit_hash)
        return (
            sa.select(reports, problems.c.owner)
            .join(problems, is_newest)
            .where(
                sa.or_(sa.and_(reports.c.ended_at.is_(None), reports.c.state == WAITING), reports.c.state == POSTPONED),
                sa.or_(*self.patience(reports.c.sends, reports.c.sent_at, now)),
            )
            .order_by(reports.c.sent_at)
            .limit(AT_ONCE)
        )
