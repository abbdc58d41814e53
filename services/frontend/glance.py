"""Owns the figures of the queues, put together from who knows each: the record, the broker, the grader. What nobody knows is None.

The record knows what has no verdict yet and how fast verdicts come, whoever else is away; the broker what lies in its queues;
the grader what runs where. None of them is asked more often than every two seconds by one frontend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from mesh.clock import Clock
from mesh.errors import MeshError, Unavailable
from mesh.queue.contract import Queue
from services.frontend.freshness import Fresh
from services.frontend.judging import Judging
from services.frontend.reads.record import Record
from services.frontend.together import both
from wire.queues import PRIORITIES, QUEUES
from wire.runners import GraderStatus

T = TypeVar("T")

RECENT = timedelta(minutes=5)
_FRESH_S = 2.0
_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue, in messages: ready, in somebody's hands, waiting to be tried again, given up."""

    ready: int | None = None
    unacknowledged: int | None = None
    waiting: int | None = None
    dead: int | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One priority: runs that wait for a runner, runs without a verdict (they may be running), age of the oldest of those."""

    waiting: int | None = None
    unjudged: int | None = None
    oldest_s: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How judging goes. ``status`` is the grader's word, None when it is away; ``trouble`` says what is away."""

    levels: dict[str, Level]
    queues: dict[str, Depth]
    judged_per_minute: float | None
    status: GraderStatus | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job of the scheduler: when it is due, whether somebody runs it, how its last run went."""

    name: str
    due_at: datetime
    is_running: bool
    ended_at: datetime | None
    took_ms: int
    failures: int
    error: str


class Glance:
    """The figures, a little while old at most."""

    def __init__(self, record: Record, queue: Queue, judging: Judging, clock: Clock) -> None:
        self._record = record
        self._queue = queue
        self._judging = judging
        self._clock = clock
        self._fresh: Fresh[str, Figures] = Fresh(clock, _FRESH_S)

    async def figures(self) -> Figures:
        """All of them."""
        return await self._fresh.read("figures", self._look)

    async def ask_queue(self) -> None:
        """Raises: `Unavailable` with what the queue says is wrong."""
        if fault := await self._queue.health():
            raise Unavailable(fault, code="queue-unavailable")

    async def jobs(self) -> list[JobLine]:
        """The scheduler's jobs by name. Raises: `Unavailable` (``record-unavailable``)."""
        table = self._record.table("jobs")
        return [
            JobLine(row.name, row.due_at, bool(row.holder), row.ended_at, row.took_ms, row.failures, row.error)
            for row in await self._record.rows(sa.select(table).order_by(table.c.name).limit(100))
        ]

    async def _look(self) -> Figures:
        of_record = both(_or_none(self._unjudged()), _or_none(self._judged()))
        ((status, trouble), (unjudged, judged)), queues = await both(both(self._status(), of_record), self._depths())
        per_minute = None if judged is None else judged / (RECENT / timedelta(minutes=1))
        levels = {priority: self._level(priority, status, unjudged) for priority in PRIORITIES}
        return Figures(levels, queues, per_minute, status, trouble)

    async def _status(self) -> tuple[GraderStatus | None, str]:
        try:
            async with asyncio.timeout(_LIMIT_S):
                return await self._judging.status(), ""
        except MeshError as away:
            return None, away.message
        except TimeoutError:
            return None, "the grader did not answer in time"

    def _level(self, priority: str, status: GraderStatus | None, unjudged: dict[str, tuple[int, datetime]] | None) -> Level:
        waiting = status.waiting.get(priority) if status is not None else None
        if unjudged is None:
            return Level(waiting)
        if priority not in unjudged:
            return Level(waiting, 0, 0.0)
        count, oldest = unjudged[priority]
        return Level(waiting, count, max(0.0, (self._clock.now() - oldest).total_seconds()))

    async def _unjudged(self) -> dict[str, tuple[int, datetime]]:
        runs = self._record.table("runs")
        statement = (
            sa.select(runs.c.priority, sa.func.count().label("number"), sa.func.min(runs.c.created_at, type_=runs.c.created_at.type).label("oldest"))
            .where(runs.c.judged_at.is_(None))
            .group_by(runs.c.priority)
        )
        return {row.priority: (row.number, row.oldest) for row in await self._record.rows(statement)}

    async def _judged(self) -> int:
        runs = self._record.table("runs")
        [row] = await self._record.rows(sa.select(sa.func.count().label("number")).where(runs.c.judged_at >= self._clock.now() - RECENT))
        return int(row.number)

    async def _depths(self) -> dict[str, Depth]:
        depths = await asyncio.gather(*(_or_none(self._depth(spec.name)) for spec in QUEUES))
        return {spec.name: depth or Depth() for spec, depth in zip(QUEUES, depths, strict=True)}

    async def _depth(self, queue: str) -> Depth:
        async with asyncio.timeout(_LIMIT_S):
            depth = await self._queue.depth(queue)
        if not self._queue.sees_all:
            return Depth(depth.ready, None, None, depth.dead)
        return Depth(depth.ready, depth.unacknowledged, depth.waiting, depth.dead)


async def _or_none(asking: Coroutine[Any, Any, T]) -> T | None:
    try:
        return await asking
    except (MeshError, TimeoutError):
        return None
