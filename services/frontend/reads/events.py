"""Owns the reading of the audit log: what happened in a contest, in order. Never shown to contestants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mesh.clock import from_micros, micros
from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``seq`` counts from 1 in its contest; ``body`` is shaped by ``kind``."""

    contest: str
    seq: int
    kind: str
    at: datetime
    actor: str
    command: str
    body: Any

    @property
    def mark(self) -> str:
        """Where it stands in the log of everything: what `Wanted.before` takes."""
        return f"{micros(self.at)}:{self.contest}:{self.seq}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: ``contest`` None is every one, ``actor`` empty anybody, ``kinds`` empty all but ``without``; older than ``before``."""

    contest: str | None = None
    actor: str = ""
    kinds: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    before: str = ""


class Events:
    """Events, as the record has them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._table = record.table("events")

    async def of_contest(self, contest: str, after: int = 0, most: int = 500) -> list[Event]:
        """What happened behind ``after``, oldest first; the empty contest has what belongs to none."""
        table = self._table
        where = (table.c.contest == contest, table.c.seq > after)
        return await self._read(sa.select(table).where(*where).order_by(table.c.seq).limit(most))

    async def page(self, wanted: Wanted, most: int) -> list[Event]:
        """The newest that fit, newest first."""
        table = self._table
        statement = sa.select(table)
        if wanted.kinds or wanted.without:
            statement = statement.where(table.c.kind.in_(sorted(wanted.kinds)) if wanted.kinds else table.c.kind.not_in(sorted(wanted.without)))
        if wanted.actor:
            statement = statement.where(table.c.actor == wanted.actor)
        before = _place(wanted.before)
        if wanted.contest is not None:
            statement = statement.where(table.c.contest == wanted.contest)
            if before is not None:
                statement = statement.where(table.c.seq < before[2])
            return await self._read(statement.order_by(table.c.seq.desc()).limit(most))
        if before is not None:
            at, contest, seq = before
            behind = sa.or_(table.c.contest < contest, sa.and_(table.c.contest == contest, table.c.seq < seq))
            statement = statement.where(sa.or_(table.c.at < at, sa.and_(table.c.at == at, behind)))
        order = (table.c.at.desc(), table.c.contest.desc(), table.c.seq.desc())
        return await self._read(statement.order_by(*order).limit(most))

    async def _read(self, statement: sa.Select[Any]) -> list[Event]:
        rows = await self._record.rows(statement)
        return [Event(row.contest, row.seq, row.kind, row.at, row.actor, row.command, row.body) for row in rows]


def is_mark(text: str) -> bool:
    """Whether it says a place in the log of everything, as `Event.mark` does."""
    return _place(text) is not None


def _place(mark: str) -> tuple[datetime, str, int] | None:
    """What `Event.mark` says; None for anything else."""
    parts = mark.split(":")
    if len(parts) != _MARK_PARTS or not (parts[0].isdecimal() and parts[2].isdecimal()) or max(len(parts[0]), len(parts[2])) > _MOST_DIGITS:
        return None
    return from_micros(int(parts[0])), parts[1].replace("\x00", ""), int(parts[2])


_MARK_PARTS = 3
_MOST_DIGITS = 17
