"""Owns the reading of webhooks and of the calls made to them. Never reads the secret that signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an account hears of its verdicts; ``url`` empty: only at the addresses that its submissions name."""

    username: str
    url: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook call, without its body. Fields as in `wire.record.DELIVERIES`; ``submission`` is empty for a test."""

    id: str
    kind: str
    username: str
    submission: str
    url: str
    status: str
    tries: int
    http_status: int
    error: str
    created_at: datetime
    changed_at: datetime


class Webhooks:
    """Webhooks and their calls, as the record has them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._table = record.table("webhooks")
        self._calls = record.table("deliveries")

    async def find(self, username: str) -> Webhook | None:
        """The webhook of an account."""
        table = self._table
        row = await self._record.row(sa.select(table.c.username, table.c.url, table.c.changed_at).where(table.c.username == username))
        return Webhook(row.username, row.url, row.changed_at) if row is not None else None

    async def delivery(self, delivery: str) -> Delivery | None:
        """One call, by id."""
        row = await self._record.row(sa.select(*self._light()).where(self._calls.c.id == delivery))
        return _delivery(row) if row is not None else None

    async def deliveries(self, *, username: str = "", status: str = "", before: str = "", most: int = 100) -> list[Delivery]:
        """Calls, newest first, filtered; ``before`` is the id of the last one seen."""
        calls = self._calls
        statement = sa.select(*self._light())
        for column, wanted in ((calls.c.username, username), (calls.c.status, status)):
            statement = statement.where(column == wanted) if wanted else statement
        if before:
            last = sa.select(calls.c.created_at).where(calls.c.id == before).scalar_subquery()
            statement = statement.where(sa.or_(calls.c.created_at < last, sa.and_(calls.c.created_at == last, calls.c.id < before)))
        statement = statement.order_by(calls.c.created_at.desc(), calls.c.id.desc()).limit(most)
        return [_delivery(row) for row in await self._record.rows(statement)]

    def _light(self) -> list[sa.Column[Any]]:
        return [column for column in self._calls.c if column.name != "body"]


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        row.id, row.kind, row.username, row.submission if row.kind == "verdict" else "", row.url, row.status, row.tries, row.http_status,
        row.error, row.created_at, row.changed_at,
    )  # fmt: skip
