"""Owns the reading of problems as the record knows them. Statements and files are the gitserver's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from contest.limits import Limits
from mesh.codec import convert
from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``version`` is the judging version, ``commit`` the commit that it was published from."""

    alias: str
    title: str
    owner: str
    commit: str
    version: str
    limits: Limits
    case_count: int
    samples: int
    statement_languages: tuple[str, ...]
    has_pdf: bool
    is_scoring: bool
    max_score: Fraction
    changed_at: datetime
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A judging version of a problem, the newest commit that has it, and when that was recorded."""

    version: str
    commit: str
    at: datetime


class Problems:
    """Problems, as the record has them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._table = record.table("problems")

    async def find(self, alias: str) -> Problem | None:
        """The problem of that alias."""
        row = await self._record.row(sa.select(self._table).where(self._table.c.alias == alias))
        return _problem(row) if row is not None else None

    async def list_all(self, after: str = "", most: int = 500) -> list[Problem]:
        """Every problem by alias: for admins."""
        table = self._table
        rows = await self._record.rows(sa.select(table).where(table.c.alias > after).order_by(table.c.alias).limit(most))
        return [_problem(row) for row in rows]

    async def owned_by(self, username: str, most: int = 500) -> list[Problem]:
        """The problems of one owner by alias."""
        table = self._table
        rows = await self._record.rows(sa.select(table).where(table.c.owner == username).order_by(table.c.alias).limit(most))
        return [_problem(row) for row in rows]

    async def versions(self, alias: str, most: int = 100) -> list[Version]:
        """What was published of a problem, each judging version once with its newest commit, newest first."""
        table = self._record.table("events")
        told = sa.type_coerce(table.c.body, sa.Text)
        where = (table.c.contest == "", table.c.kind == "problem-recorded", told.contains(f'"alias":"{alias}"', autoescape=True))
        rows = await self._record.rows(sa.select(table.c.body, table.c.at).where(*where).order_by(table.c.seq.desc()).limit(10 * most))
        found: dict[str, Version] = {}
        for row in rows:
            found.setdefault(row.body["version"], Version(row.body["version"], row.body["commit"], row.at))
        return list(found.values())[:most]

    async def find_many(self, aliases: Iterable[str]) -> dict[str, Problem]:
        """Those of the aliases that exist, by alias."""
        table = self._table
        rows = await self._record.rows(sa.select(table).where(table.c.alias.in_(sorted(set(aliases)))))
        return {row.alias: _problem(row) for row in rows}


def _problem(row: sa.Row[Any]) -> Problem:
    return Problem(
        alias=row.alias, title=row.title, owner=row.owner, commit=row.commit_hash, version=row.version,
        limits=convert(Limits, row.limits), case_count=row.case_count, samples=row.samples,
        statement_languages=tuple(row.statement_languages), has_pdf=row.has_pdf, is_scoring=row.is_scoring,
        max_score=row.max_score, changed_at=row.changed_at, languages=tuple(row.languages or ()),
    )  # fmt: skip
