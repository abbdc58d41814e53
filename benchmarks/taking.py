"""Measures what taking a submission costs its author: signed, confirmed by RabbitMQ and shown from Redis, against one row straight into PostgreSQL.

The frontend's own parts on an idle machine, one after the other, with a rest between them; fsync is on in both. Taken so, a submission
survives a database that is down; inserted, it is lost with it. Servers are started here.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.record import SOURCE, submission
from benchmarks.rounds import at_most, p99
from benchmarks.visible import handing_in
from compose.local.servers import RABBITMQ_SERVER
from mesh.cache.redis import RedisCache
from mesh.log import Log
from mesh.redis import server_at
from pki.registrar import Registrar
from pki.store import Store
from services.frontend.commands import Commands
from services.frontend.pending import PendingSubmission, PendingSubmissions, pending_submissions
from services.frontend.together import both
from services.recorder.record import Record
from services.recorder.schema import prepare
from tests.support.brokers import rabbitmq_running, redis_running
from tests.support.databases import postgresql_running
from wire.commands import Submit

COUNT, WARMING = 300, 20
REST_S = 0.003
GOAL = 3.0


def measure() -> dict[str, Any]:
    """The ratio of the 99th percentiles; about a quarter of a minute."""
    if not RABBITMQ_SERVER.exists() or shutil.which("redis-server") is None or not Path("/usr/lib/postgresql").exists():
        return {"submit": {"value": "not measured: needs RabbitMQ, Redis and PostgreSQL"}}
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as text:
        folder = Path(text)
        Registrar(Store(folder / "pki")).bootstrap(["frontend"])
        with (
            rabbitmq_running(folder / "rabbitmq") as broker,
            redis_running(folder / "redis", is_persistent=True) as state,
            postgresql_running(is_synced=True) as database,
        ):
            queue_url, record_url = broker.url(broker.fresh_vhost()), database.url(database.fresh_database())
            taken, inserted = asyncio.run(_measure(folder / "pki", queue_url, state.url(1), record_url))
    return {
        "submit p99 / direct insert p99": at_most(p99(taken) / p99(inserted), GOAL),
        "submit: sign, confirm and overlay, p50 / p99": {"value": _both(taken), "unit": "ms"},
        "direct insert, p50 / p99": {"value": _both(inserted), "unit": "ms"},
    }


async def _measure(pki: Path, queue_url: str, state_url: str, record_url: str) -> tuple[list[float], list[float]]:
    async with Record(record_url) as record:
        await prepare(record)
        table = record.metadata.tables["submissions"]
    async with AsyncExitStack() as stack:
        commands = await stack.enter_async_context(handing_in(pki, queue_url))
        state = RedisCache(server_at(state_url, "frontend", None, code="bad-cache-url"), Log("frontend"))
        stack.push_async_callback(state.close)
        engine = create_async_engine(record_url.replace("postgresql://", "postgresql+asyncpg://"))
        stack.push_async_callback(engine.dispose)
        pending = pending_submissions(state)
        steps: dict[str, Callable[[int], Awaitable[None]]] = {
            "taken": lambda number: _take(commands, pending, number),
            "inserted": lambda number: _insert(engine, table, number),
        }
        samples: dict[str, list[float]] = {name: [] for name in steps}
        for number in range(-WARMING, COUNT):
            for name, step in steps.items():
                await asyncio.sleep(REST_S)
                began = time.perf_counter()
                await step(number)
                if number >= 0:
                    samples[name].append(time.perf_counter() - began)
    return samples["taken"], samples["inserted"]


async def _take(commands: Commands, pending: PendingSubmissions, number: int) -> None:
    """As `services.frontend.actions.submissions` does once a submission is checked."""
    wish = submission(number % 50)
    body = wish.body
    assert isinstance(body, Submit)
    shown = PendingSubmission(
        wish.id, contest=body.contest, problem=body.problem, username=wish.actor, language=body.language, submitted_at=datetime.now(UTC)
    )
    await both(pending.keep(shown), commands.publish(commands.make(wish.actor, body, command=wish.id)))


async def _insert(engine: Any, table: sa.Table, number: int) -> None:
    now, wish = datetime.now(UTC), submission(number % 50)
    row = {
        "id": wish.id, "contest": "bench", "problem": "sum", "username": wish.actor, "language": "cpp", "filename": "", "source": SOURCE,
        "submitted_at": now, "recorded_at": now, "priority": "contest", "is_on_board": True, "status": "queued", "run": wish.id, "correlation": "",
    }  # fmt: skip
    async with engine.begin() as connection:
        await connection.execute(table.insert(), [row])


def _both(samples: list[float]) -> str:
    return f"{statistics.median(samples) * 1e3:.2f} / {p99(samples) * 1e3:.2f}"


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
