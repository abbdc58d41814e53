"""Owns the reading of sets of rejudges: what they are, what they change, one submission's runs side by side. Never decides who may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

import sqlalchemy as sa

from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.codec import convert
from services.frontend.applying import APPLYING, Applying
from services.frontend.reads.record import Record
from wire.rejudging import APPLIED, READY, Filter


@dataclass(frozen=True, slots=True)
class Rejudging:
    """One set; its ``state`` is the record's, or `APPLYING`. ``changed`` and ``kept`` are known when it is applied: verdicts that changed, and that were left alone."""

    id: str
    contest: str
    actor: str
    reason: str
    filter: Filter
    version: str
    state: str
    count: int
    judged: int
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    changed: int | None
    kept: int | None

    @property
    def is_applied(self) -> bool:
        """Whether its verdicts count."""
        return self.state == APPLIED


@dataclass(frozen=True, slots=True)
class Word:
    """What one judging says; ``verdict`` is None while nobody has said anything."""

    verdict: Verdict | None
    score: Fraction | None
    time_ms: int | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A submission of a set: what counted and what the set says. ``is_kept``: a newer word counts, and stays."""

    id: str
    problem: str
    username: str
    language: str
    submitted_at: datetime
    before: Word
    after: Word
    is_kept: bool

    @property
    def is_change(self) -> bool:
        """Whether the set says another verdict or another score."""
        return self.after.verdict is not None and (self.before.verdict, self.before.score) != (self.after.verdict, self.after.score)


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One judging with its cases."""

    id: str
    version: str
    word: Word
    cases: tuple[CaseResult, ...]
    decisive_case: int | None
    compile_output: str
    runner: str
    by_hand: str
    reason: str
    judged_at: datetime | None


class Rejudgings:
    """Sets, as the record has them; ``applying`` knows which of them are about to count."""

    def __init__(self, record: Record, applying: Applying | None = None) -> None:
        self._record = record
        self._applying = applying
        self._table = record.table("rejudgings")
        self._runs = record.table("runs")
        self._submissions = record.table("submissions")

    async def find(self, rejudging: str) -> Rejudging | None:
        """The set of that id."""
        row = await self._record.row(self._light().where(self._table.c.id == rejudging))
        return await self._shown(_rejudging(row)) if row is not None else None

    async def of_contest(self, contest: str, most: int = 200) -> list[Rejudging]:
        """The sets of a contest, newest first."""
        table = self._table
        statement = self._light().where(table.c.contest == contest).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(most)
        return [await self._shown(_rejudging(row)) for row in await self._record.rows(statement)]

    async def count(self, contest: str, wanted: Filter) -> int:
        """How many judged submissions of a contest a filter selects now."""
        table, runs = self._submissions, self._runs
        statement = sa.select(sa.func.count()).select_from(table).where(table.c.contest == contest, table.c.status == "judged")
        for column, how, value in wanted.conditions():
            if column == "runner":
                statement = statement.join(runs, runs.c.id == table.c.run)
            place = runs.c.runner if column == "runner" else table.c[column]
            statement = statement.where(_holds(place, how, value))
        [row] = await self._record.rows(statement)
        return int(row[0])

    async def runners(self, contest: str, most: int = 200) -> list[str]:
        """The runners whose verdicts are in force in a contest, by name."""
        table, runs = self._submissions, self._runs
        statement = sa.select(runs.c.runner).join(table, table.c.run == runs.c.id).where(table.c.contest == contest).distinct().limit(most)
        return sorted({row.runner for row in await self._record.rows(statement)} - {None, ""})

    async def outdated(self, contest: str) -> dict[str, int]:
        """How many verdicts of a contest are by another version than their problem has now, by problem; only those that there are."""
        table, runs, problems = self._submissions, self._runs, self._record.table("problems")
        statement = (
            sa.select(table.c.problem, sa.func.count().label("number"))
            .join(runs, runs.c.id == table.c.run)
            .join(problems, problems.c.alias == table.c.problem)
            .where(table.c.contest == contest, table.c.status == "judged", runs.c.version != problems.c.version)
            .group_by(table.c.problem)
        )
        return {row.problem: row.number for row in await self._record.rows(statement)}

    async def _shown(self, one: Rejudging) -> Rejudging:
        is_applying = self._applying is not None and one.state == READY and await self._applying.is_under_way(one.id)
        return replace(one, state=APPLYING) if is_applying else one

    async def lines(self, rejudging: Rejudging) -> list[Line]:
        """Every submission that the set has a run of, in the order of submission."""
        table = self._submissions
        after, in_force, replaced = (self._runs.alias(name) for name in ("after", "in_force", "replaced"))
        before = replaced if rejudging.is_applied else table
        statement = (
            sa.select(
                table.c.id, table.c.problem, table.c.username, table.c.language, table.c.submitted_at, in_force.c.created_at.label("asked_at"),
                after.c.replaces, *(before.c[name].label(f"before_{name}") for name in _FIGURES), *(after.c[name].label(f"after_{name}") for name in _FIGURES),
                *(table.c[name].label(f"now_{name}") for name in _FIGURES),
            )
            .join(after, after.c.submission == table.c.id)
            .join(in_force, in_force.c.id == table.c.run)
            .outerjoin(replaced, replaced.c.id == after.c.replaces)
            .where(after.c.rejudging == rejudging.id)
            .order_by(table.c.submitted_at, table.c.id)
        )  # fmt: skip
        return [_line(row, rejudging) for row in await self._record.rows(statement)]

    async def pair(self, rejudging: Rejudging, submission: str) -> tuple[RunDetail, RunDetail] | None:
        """What counted and what the set says of one submission, with their cases; None when the set has no run of it."""
        table, runs = self._submissions, self._runs
        where = (runs.c.rejudging == rejudging.id, runs.c.submission == submission)
        own = await self._record.row(sa.select(runs, table.c.run.label("in_force")).join(table, table.c.id == runs.c.submission).where(*where))
        if own is None:
            return None
        other = own.replaces if rejudging.is_applied and own.replaces else own.in_force
        before = await self._record.row(sa.select(runs).where(runs.c.id == other))
        return (_detail(before), _detail(own)) if before is not None else None

    def _light(self) -> sa.Select[Any]:
        return sa.select(*(column for column in self._table.c if column.name != "selected"))


_FIGURES: Final = ("verdict", "score", "time_ms", "memory_bytes")


def _rejudging(row: sa.Row[Any]) -> Rejudging:
    values = row._mapping  # noqa: SLF001  SQLAlchemy's documented name; `row.count` is a method to type checkers
    return Rejudging(
        id=row.id, contest=row.contest, actor=row.actor, reason=row.reason, filter=convert(Filter, row.filter), version=row.version,
        state=row.state, count=values["count"], judged=row.judged, created_at=row.created_at, settled_at=row.settled_at,
        settled_by=row.settled_by, changed=row.changed, kept=row.kept,
    )  # fmt: skip


def _line(row: sa.Row[Any], rejudging: Rejudging) -> Line:
    is_kept = row.replaces is None if rejudging.is_applied else row.asked_at >= rejudging.created_at
    values = row._mapping  # noqa: SLF001  SQLAlchemy's documented name
    before = _word([values[f"{'now' if is_kept else 'before'}_{name}"] for name in _FIGURES])
    return Line(
        row.id, row.problem, row.username, row.language, row.submitted_at, before, _word([values[f"after_{name}"] for name in _FIGURES]), is_kept,
    )  # fmt: skip


def _word(figures: Sequence[Any]) -> Word:
    verdict, score, time_ms, memory_bytes = figures
    return Word(Verdict(verdict) if verdict else None, score, time_ms, memory_bytes)


def _detail(row: sa.Row[Any]) -> RunDetail:
    return RunDetail(
        row.id, row.version, _word([row.verdict, row.score, row.time_ms, row.memory_bytes]), convert(tuple[CaseResult, ...], row.cases or ()),
        row.decisive_case, row.compile_output or "", row.runner or "", row.by_hand or "", row.reason or "", row.judged_at,
    )  # fmt: skip


def _holds(column: sa.ColumnElement[Any], how: str, value: Any) -> sa.ColumnElement[bool]:
    if how == "in":
        return column.in_([one for one in value if "\x00" not in one])
    return sa.and_(column >= value) if how == "from" else sa.and_(column < value)
