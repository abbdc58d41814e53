"""Owns the reading of what came of trying packages out, and how far a trial is. Never tries one out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mesh.cache import Cache
from mesh.codec import convert, decode
from mesh.errors import MeshError
from services.frontend.reads.record import Record
from wire.problems import Finding
from wire.verification import WAITING, LimitEvidence, SubmissionReport

NONE = "none"
"""The state of a commit that nobody has tried out, nor is about to."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far a trial is: so many of its runs have ended."""

    commit: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in a list; ``state`` is one of `wire.verification.STATES`."""

    commit: str
    state: str
    asked_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Report(ReportLine):
    """What came of one commit; while it waits, what came of it when it was tried out before."""

    alias: str
    version: str
    findings: tuple[Finding, ...]
    submissions: tuple[SubmissionReport, ...]
    evidence: LimitEvidence | None

    def count(self, severity: str) -> int:
        """How many findings are that severe."""
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def is_under_way(self) -> bool:
        """Whether another report is awaited."""
        return self.state == WAITING

    @property
    def has_content(self) -> bool:
        """Whether a trial has ended at all, this one or one before."""
        return bool(self.findings or self.submissions or self.evidence)


class Reports:
    """Reports, as the record has them; how far those that are awaited are, as the cache says."""

    def __init__(self, record: Record, cache: Cache) -> None:
        self._record = record
        self._cache = cache
        self._table = record.table("reports")
        self._problems = record.table("problems")

    async def find(self, alias: str, commit: str) -> Report | None:
        """The report of a commit; None when it never was to be tried out."""
        table = self._table
        row = await self._record.row(sa.select(table).where(table.c.alias == alias, table.c.commit_hash == commit))
        return _report(row) if row is not None else None

    async def history(self, alias: str, most: int = 20) -> list[ReportLine]:
        """The reports of a problem's commits, the newest asked for first."""
        table = self._table
        columns = (table.c.commit_hash, table.c.state, table.c.asked_at, table.c.ended_at)
        statement = sa.select(*columns).where(table.c.alias == alias).order_by(table.c.asked_at.desc()).limit(most)
        return [ReportLine(row.commit_hash, row.state, row.asked_at, row.ended_at) for row in await self._record.rows(statement)]

    async def states(self, aliases: Iterable[str]) -> dict[str, str]:
        """How the newest commit of each problem stands; `NONE` where it was not tried out."""
        wanted = sorted(set(aliases))
        if not wanted:
            return {}
        table, problems = self._table, self._problems
        newest = sa.and_(table.c.alias == problems.c.alias, table.c.commit_hash == problems.c.commit_hash)
        statement = sa.select(problems.c.alias, table.c.state).outerjoin(table, newest).where(problems.c.alias.in_(wanted))
        return {row.alias: row.state or NONE for row in await self._record.rows(statement)}

    async def course(self, alias: str) -> Course | None:
        """How far the trial of a problem is; None when nobody says. Never waits for a cache that is away."""
        try:
            told = await self._cache.fetch(f"trial:{alias}")
            return decode(_Told, told).course if told is not None else None
        except MeshError:
            return None


@dataclass(frozen=True, slots=True)
class _Told:
    alias: str
    commit: str
    done: int
    total: int

    @property
    def course(self) -> Course:
        return Course(self.commit, self.done, self.total)


def _report(row: sa.Row[Any]) -> Report:
    return Report(
        commit=row.commit_hash, state=row.state, asked_at=row.asked_at, ended_at=row.ended_at, alias=row.alias, version=row.version,
        findings=convert(tuple[Finding, ...], row.findings), submissions=convert(tuple[SubmissionReport, ...], row.submissions),
        evidence=convert(LimitEvidence, row.evidence) if row.evidence is not None else None,
    )  # fmt: skip
