"""Measures reading a list of submissions: rows of SQLAlchemy Core, as the house reads them, against the same as objects of its ORM.

Same table, columns, rows, engine and database (SQLite, and PostgreSQL where it is installed); rounds alternate. Each read by the ORM has
a session of its own, as each request would. What counts is how long the event loop is held, its thread's processor time: the
database's own time is the same for both, and others are served meanwhile. The house's own page of a list stands beside, by the clock.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry

from benchmarks.rounds import at_least
from contest.verdicts import Verdict
from mesh.cache.memory import MemoryCache
from mesh.clock import SystemClock
from mesh.database import read_engine
from mesh.ids import new_id
from services.frontend.pending import pending_submissions
from services.frontend.reads.record import Record as Reader
from services.frontend.reads.submissions import Submissions
from services.recorder.record import Record
from services.recorder.schema import prepare
from tests.support.databases import postgresql_running

ROWS, PAGE, ROUNDS = 2_000, 100, 15
GOAL = 4.0


class Submission:
    """What the ORM makes of a row."""


def measure() -> dict[str, Any]:
    """Ratios; about a quarter of a minute."""
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as folder:
        figures = asyncio.run(_measure("SQLite", f"sqlite:///{Path(folder) / 'record.sqlite3'}"))
    if shutil.which("psql") is None:
        return figures
    with postgresql_running() as server:
        return figures | asyncio.run(_measure("PostgreSQL", server.url(server.fresh_database())))


async def _measure(store: str, url: str) -> dict[str, Any]:
    async with Record(url) as record:
        await prepare(record)
        await _fill(record)
    engine = read_engine(url)
    try:
        reader = Reader(engine)
        table = reader.table("submissions")
        columns = [column for column in table.c if column.name != "source"]
        statement = sa.select(*columns).order_by(table.c.submitted_at.desc()).limit(ROWS)
        mapping = registry()
        mapping.map_imperatively(Submission, table, include_properties=[column.name for column in columns])
        objects = sa.select(Submission).order_by(table.c.submitted_at.desc()).limit(ROWS)
        listed = Submissions(reader, pending_submissions(MemoryCache(SystemClock())), MemoryCache(SystemClock()))

        async def core() -> int:
            return len([(row.id, row.username, row.verdict) for row in await reader.rows(statement)])

        async def orm() -> int:
            async with AsyncSession(engine) as session:
                return len([(one.id, one.username, one.verdict) for one in await session.scalars(objects)])  # type: ignore[attr-defined]  # mapped above

        async def page() -> int:
            return len(await listed.of_contest("bench", most=PAGE))

        assert (await core(), await orm(), await page()) == (ROWS, ROWS, PAGE)
        held = await _times({"core": core, "orm": orm}, time.thread_time)
        page_s = (await _times({"page": page}, time.perf_counter))["page"]
        mapping.dispose()
    finally:
        await engine.dispose()
    return {
        f"{store}: {ROWS:,} rows by Core / objects by the ORM": at_least(held["orm"] / held["core"], GOAL, f"{held['core'] * 1e3:.1f} ms"),
        f"{store}: a page of {PAGE} as the house reads it": {"value": page_s * 1e3, "unit": "ms"},
    }


async def _times(steps: dict[str, Callable[[], Awaitable[int]]], clock: Callable[[], float]) -> dict[str, float]:
    samples: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            began = clock()
            await step()
            samples[name].append(clock() - began)
    return {name: statistics.median(each) for name, each in samples.items()}


async def _fill(record: Record) -> None:
    table = record.metadata.tables["submissions"]
    began = datetime.now(UTC) - timedelta(hours=2)
    common: dict[str, Any] = {"contest": "bench", "problem": "sum", "language": "cpp", "source": "int main(){}\n" * 40, "filename": "main.cpp", "is_on_board": True,
              "recorded_at": began, "priority": "contest", "score": Fraction(1), "correlation": ""}
    rows = [
        {
            **{column.name: None for column in table.c if column.nullable}, **common, "id": new_id(), "username": f"t{number % 50}", "run": new_id(),
            "submitted_at": began + timedelta(seconds=number), "status": "judged", "verdict": Verdict.AC.value, "time_ms": 31, "memory_bytes": 1 << 20,
        }
        for number in range(ROWS)
    ]  # fmt: skip

    def work(connection: sa.Connection) -> None:
        connection.execute(sa.insert(table), rows)

    await record.transact(work)


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
