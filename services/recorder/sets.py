"""Owns what a set of rejudges asks of the database as a whole: which submissions, how its runs stand, putting them in force.

A set may have 20,000 runs: what is the same for all of them is one statement, not as many rows through a view.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from services.recorder import rows
from services.recorder.effects import LetGo, PutInForce
from services.recorder.record import Record
from services.recorder.view import Candidate
from wire.rejudging import MOST_SUBMISSIONS, READY, RUNNING, Filter

AT_ONCE: Final = 500
_FIGURES: Final = ("verdict", "score", "time_ms", "memory_bytes", "judged_at")


def selected(connection: Connection, record: Record, contest: str, wanted: Filter) -> list[tuple[str, str]]:
    """The judged submissions of a contest that fit, each with its problem, oldest first; one more than a set may have at most."""
    table, runs = record.table(rows.Submission), record.table(rows.Run)
    statement = sa.select(table.c.id, table.c.problem).where(table.c.contest == contest, table.c.status == "judged")
    for column, how, value in wanted.conditions():
        if column == "runner":
            statement = statement.join(runs, runs.c.id == table.c.run)
        place = runs.c.runner if column == "runner" else table.c[column]
        statement = statement.where(_holds(place, how, value))
    found = connection.execute(statement.order_by(table.c.submitted_at, table.c.id).limit(MOST_SUBMISSIONS + 1))
    return [(row.id, row.problem) for row in found]


def published_version(connection: Connection, record: Record, problem: str, wanted: str) -> str:
    """The judging version of a problem that was ever recorded as that, or of that commit; empty when none was."""
    events = record.table(rows.Event)
    body = sa.type_coerce(events.c.body, sa.Text)
    about = body.contains(f'"alias":"{problem}"', autoescape=True)
    named = [body.contains(f'"{name}":"{wanted}"', autoescape=True) for name in ("version", "commit")]
    published = sa.select(events.c.body).where(events.c.contest == "", events.c.kind == "problem-recorded", about, sa.or_(*named))
    found = [one["version"] for one in connection.scalars(published.order_by(events.c.seq.desc()))]
    return wanted if wanted in found else next(iter(found), "")


def open_sets(connection: Connection, record: Record, contest: str) -> int:
    """How many sets of a contest are neither applied nor dropped."""
    table = record.table(rows.Rejudging)
    return connection.scalar(sa.select(sa.func.count()).where(table.c.contest == contest, table.c.state.in_([RUNNING, READY]))) or 0


def candidates(connection: Connection, record: Record, rejudging: rows.Rejudging) -> list[Candidate]:
    """Every run of a set beside what is in force for its submission, in the order of submission."""
    table, runs = record.table(rows.Submission), record.table(rows.Run)
    force = runs.alias("in_force")
    statement = (
        sa.select(
            runs.c.id, runs.c.submission, runs.c.verdict, runs.c.score, runs.c.time_ms, runs.c.memory_bytes,
            table.c.verdict.label("was_verdict"), table.c.score.label("was_score"), force.c.created_at.label("asked_at"),
        )
        .join(table, table.c.id == runs.c.submission)
        .join(force, force.c.id == table.c.run)
        .where(runs.c.rejudging == rejudging.id)
        .order_by(table.c.submitted_at, table.c.id)
    )  # fmt: skip
    return [
        Candidate(
            row.id, row.submission, row.verdict, row.score, row.time_ms, row.memory_bytes, row.was_verdict, row.was_score,
            is_due=row.asked_at < rejudging.created_at,
        )
        for row in connection.execute(statement)
    ]  # fmt: skip


def settle_set(connection: Connection, record: Record, how: PutInForce | LetGo) -> None:
    """Carries out what becomes of the runs of a set."""
    runs = record.table(rows.Run)
    own = runs.c.rejudging == how.rejudging
    if isinstance(how, LetGo):
        connection.execute(sa.update(runs).where(own, runs.c.judged_at.is_(None)).values(judged_at=how.at))
        return
    table = record.table(rows.Submission)
    before = sa.select(table.c.run).where(table.c.id == runs.c.submission).scalar_subquery()
    connection.execute(sa.update(runs).where(own).values(replaces=before))
    for start in range(0, len(how.kept), AT_ONCE):
        connection.execute(sa.update(runs).where(runs.c.id.in_(how.kept[start : start + AT_ONCE])).values(replaces=None))
    figures: dict[sa.Column[Any], Any] = {table.c[name]: runs.c[name] for name in _FIGURES}
    figures |= {table.c.run: runs.c.id, table.c.status: "judged"}
    taken = (own, runs.c.replaces.is_not(None), runs.c.submission == table.c.id)
    connection.execute(sa.update(table).where(*taken).values(figures))


def _holds(column: sa.ColumnElement[Any], how: str, value: Any) -> sa.ColumnElement[bool]:
    if how == "in":
        return column.in_([one for one in value if "\x00" not in one])
    return sa.and_(column >= value) if how == "from" else sa.and_(column < value)
