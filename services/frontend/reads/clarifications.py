"""Owns the reading of questions, answers and announcements. Who may see which is part of the query, not of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mesh.errors import Unavailable
from services.frontend.pending import PendingQuestion, PendingQuestions
from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question with its answer, or an announcement (``is_announcement``: ``text`` is what the jury said).

    ``problem`` is an alias, empty for a general one. ``status`` is accepted (on its way to the record), asked, answered, or refused
    with a ``message``.
    """

    id: str
    contest: str
    problem: str
    username: str
    text: str
    asked_at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    is_public: bool = False
    is_announcement: bool = False
    status: str = "asked"
    message: str = ""


class Clarifications:
    """Clarifications, as the record has them."""

    def __init__(self, record: Record, pending: PendingQuestions) -> None:
        self._record = record
        self._pending = pending
        self._table = record.table("clarifications")
        self._outcomes = record.table("outcomes")

    async def find(self, clarification: str) -> Clarification | None:
        """One, by id."""
        row = await self._record.row(sa.select(self._table).where(self._table.c.id == clarification))
        return _clarification(row) if row is not None else None

    async def of_jury(self, contest: str, most: int = 1000) -> list[Clarification]:
        """All of a contest: unanswered first (oldest first), then the rest, newest first."""
        found = await self._list(self._table.c.contest == contest, most)
        waiting = [item for item in reversed(found) if item.status == "asked"]
        return [*waiting, *(item for item in found if item.status != "asked")]

    async def of_contestant(self, contest: str, username: str, most: int = 500) -> list[Clarification]:
        """What one contestant sees: the own questions, also those on their way, public answers, announcements; newest first."""
        table = self._table
        mine = sa.or_(table.c.username == username, _is_for_all(table))
        recorded = await self._list(sa.and_(table.c.contest == contest, mine), most)
        waiting = await self._waiting(contest, username, [one.id for one in recorded])
        return sorted([*waiting, *recorded], key=lambda one: (one.asked_at, one.id), reverse=True)

    async def of_public(self, contest: str, most: int = 500) -> list[Clarification]:
        """What everybody sees: public answers and announcements; newest first."""
        return await self._list(sa.and_(self._table.c.contest == contest, _is_for_all(self._table)), most)

    async def _waiting(self, contest: str, username: str, known: Sequence[str]) -> list[Clarification]:
        try:
            pending = await self._pending.of_user(username, known)
        except Unavailable:
            return []
        mine = [_of_pending(one, one.asked_at) for one in pending if one.contest == contest and one.asked_at is not None]
        if not mine:
            return []
        outcomes = self._outcomes
        where = (outcomes.c.id.in_([one.id for one in mine]), outcomes.c.is_applied.is_(sa.false()))
        refused = {row.id: row.message for row in await self._record.rows(sa.select(outcomes).where(*where))}
        return [replace(one, status="refused", message=refused[one.id]) if one.id in refused else one for one in mine]

    async def _list(self, where: sa.ColumnElement[bool], most: int) -> list[Clarification]:
        table = self._table
        rows = await self._record.rows(sa.select(table).where(where).order_by(table.c.asked_at.desc(), table.c.id.desc()).limit(most))
        return [_clarification(row) for row in rows]


def _is_for_all(table: sa.Table) -> sa.ColumnElement[bool]:
    answered = sa.and_(table.c.is_public.is_(sa.true()), table.c.answer.is_not(None))
    return sa.or_(table.c.is_announcement.is_(sa.true()), answered)


def _of_pending(one: PendingQuestion, asked_at: datetime) -> Clarification:
    return Clarification(one.id, one.contest, one.problem, one.username, one.text, asked_at, status="accepted")


def _clarification(row: sa.Row[Any]) -> Clarification:
    return Clarification(
        id=row.id, contest=row.contest, problem=row.problem, username=row.username, text=row.text, asked_at=row.asked_at,
        answer=row.answer, answered_by=row.answered_by, answered_at=row.answered_at, is_public=row.is_public,
        is_announcement=row.is_announcement, status="answered" if row.is_announcement or row.answer is not None else "asked",
    )  # fmt: skip
