"""Owns the reading of the audit log: what happened in a contest, in order. Never shown to contestants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

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


class Events:
    """Events, as the record has them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._table = record.table("events")

    async def of_contest(self, contest: str, after: int = 0, most: int = 500) -> list[Event]:
        """What happened behind ``after``, oldest first; the empty contest has what belongs to none."""
        table = self._table
        where = (table.c.contest == contest, table.c.seq > after)
        rows = await self._record.rows(sa.select(table).where(*where).order_by(table.c.seq).limit(most))
        return [Event(row.contest, row.seq, row.kind, row.at, row.actor, row.command, row.body) for row in rows]
