"""Owns the reading of accounts. A password's hash leaves only as a `Credential`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Account:
    """One account, without its secrets. ``role`` is admin, organiser or contestant."""

    username: str
    name: str
    role: str
    email: str
    created_at: datetime
    password_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """An account and the argon2id string that its password must fit."""

    account: Account
    password_hash: str


class Accounts:
    """Accounts, as the record has them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._table = record.table("accounts")

    async def find(self, username: str) -> Account | None:
        """The account of that name."""
        row = await self._record.row(sa.select(self._table).where(self._table.c.username == username))
        return _account(row) if row is not None else None

    async def credential(self, username: str) -> Credential | None:
        """What signing in needs, as it is now: an old password ends at once, however far a replica lags."""
        row = await self._record.fresh_row(sa.select(self._table).where(self._table.c.username == username))
        return Credential(_account(row), row.password_hash) if row is not None else None

    async def list_all(self, after: str = "", most: int = 200) -> list[Account]:
        """Accounts by username, those behind ``after``, at most so many."""
        table = self._table
        rows = await self._record.rows(sa.select(table).where(table.c.username > after).order_by(table.c.username).limit(most))
        return [_account(row) for row in rows]

    async def which_exist(self, usernames: Iterable[str]) -> set[str]:
        """Those of the usernames that have an account."""
        wanted, found = sorted(set(usernames)), set[str]()
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            rows = await self._record.rows(sa.select(self._table.c.username).where(self._table.c.username.in_(part)))
            found.update(row.username for row in rows)
        return found


_AT_ONCE = 500


def _account(row: sa.Row[Any]) -> Account:
    return Account(row.username, row.name, row.role, row.email, row.created_at, row.password_changed_at)
