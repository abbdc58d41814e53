"""Measures how long after being handed to the queue a submission stands in the record, when more come than a recorder without groups can take.

RabbitMQ and PostgreSQL (fsync on), started here; the recorder is a process of its own, once with groups as it comes, once with one
command in a transaction. We hand in what the frontend would, signed, at a steady rate: 300 a second, or three times what the recorder
without groups manages, whichever is more. A second connection looks at the record every few milliseconds.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from benchmarks.record import applier_of, submission, world
from benchmarks.rounds import at_least, p99
from compose.local.servers import RABBITMQ_SERVER
from mesh.assertion import Asserter
from mesh.clock import SystemClock
from mesh.database import metadata_of, read_engine
from mesh.log import Log
from mesh.queue.opening import open_queue
from mesh.rpc import Peer
from mesh.tls import Credentials
from services.frontend.commands import Commands
from services.recorder.record import Record
from services.recorder.schema import prepare
from tests.support.brokers import RabbitMq, rabbitmq_running
from tests.support.databases import PostgreSql, postgresql_running
from tests.support.house import HouseOfProcesses
from wire.queues import QUEUES
from wire.record import TABLES

TEAMS = 50
FILLING, SECONDS = 120, 2.0
LEAST_RATE, TIMES_CAPACITY = 300, 3
LOOK_S = 0.005
LIMIT_S = 40.0
GOAL = 10.0


def measure() -> dict[str, Any]:
    """The ratio, and both percentiles; under a minute."""
    if not RABBITMQ_SERVER.exists() or not Path("/usr/lib/postgresql").exists():
        return {"visible in the record": {"value": "not measured: needs RabbitMQ and PostgreSQL"}}
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as text, postgresql_running(is_synced=True) as database:
        folder = Path(text)
        with rabbitmq_running(folder / "rabbitmq") as broker:
            one_by_one, rate = _story(folder / "one", broker, database, group_size=1, rate=0)
            greedy, _ = _story(folder / "greedy", broker, database, group_size=100, rate=rate)
    slow, fast = p99(one_by_one), p99(greedy)
    return {
        f"visible p99 at {LEAST_RATE}/s or more: one by one / in groups": at_least(slow / fast, GOAL, f"{len(greedy)} submissions at {rate:.0f}/s"),
        "in groups: visible p99": {"value": fast * 1e3, "unit": "ms"},
        "one by one: visible p99": {"value": slow * 1e3, "unit": "ms", "note": f"it manages {rate / TIMES_CAPACITY:.0f}/s" if rate > LEAST_RATE else ""},
    }


def _story(folder: Path, broker: RabbitMq, database: PostgreSql, *, group_size: int, rate: float) -> tuple[list[float], float]:
    """Seconds from hand-in to record, of each; the rate, found out when it is 0."""
    folder.mkdir()
    vhost, url = broker.fresh_vhost(), database.url(database.fresh_database())
    asyncio.run(_prepare(url))
    house = HouseOfProcesses(folder, {
        "PALESTRA_MESH_RECORD_URL": url, "PALESTRA_MESH_QUEUE_URL": broker.url(vhost), "PALESTRA_RECORDER_GROUP_SIZE": str(group_size),
    })  # fmt: skip
    house.start("recorder")
    try:
        house.until_ready()
        return asyncio.run(_watched(house.pki, broker.url(vhost), url, rate))
    finally:
        house.stop()


async def _prepare(url: str) -> None:
    async with Record(url) as record:
        await prepare(record)
        await applier_of(record).apply(list(world(TEAMS)))


async def _watched(pki: Path, queue_url: str, url: str, rate: float) -> tuple[list[float], float]:
    async with handing_in(pki, queue_url) as commands:
        filling = await _round(commands, url, FILLING, 1e9)
        if not rate:
            rate = max(LEAST_RATE, TIMES_CAPACITY * FILLING / max(filling))
        return await _round(commands, url, round(rate * SECONDS), rate), rate


@asynccontextmanager
async def handing_in(pki: Path, queue_url: str) -> AsyncIterator[Commands]:
    """The frontend's way of asking for changes, as far as it goes by queue."""
    clock, credentials = SystemClock(), Credentials.load(pki, "frontend")
    async with open_queue(queue_url, "frontend", QUEUES, clock, Log("frontend"), None) as queue:
        yield Commands(cast("Peer", None), queue, Asserter(credentials), clock, 30.0)  # nothing goes by call here


async def _round(commands: Commands, url: str, count: int, rate: float) -> list[float]:
    """Hands in so many at that rate; how long each took to be seen in the record. From when it was due: a late one has waited too."""
    due_at: dict[str, float] = {}
    took: dict[str, float] = {}
    began = time.perf_counter()

    async def send(number: int) -> None:
        wish = submission(number % TEAMS)
        signed = commands.make(wish.actor, wish.body, command=wish.id)
        due_at[wish.id] = max(began, began + number / rate)
        await commands.publish(signed)

    async def look() -> None:
        table = metadata_of(TABLES).tables["submissions"]
        engine = read_engine(url)
        try:
            while len(took) < count:
                async with engine.connect() as connection:
                    ids = (await connection.execute(sa.select(table.c.id))).scalars().all()
                now = time.perf_counter()
                took.update({one: now - due_at[one] for one in ids if one in due_at and one not in took})
                await asyncio.sleep(LOOK_S)
        finally:
            await engine.dispose()

    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
        group.create_task(look())
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(send(number))
    return list(took.values())


if __name__ == "__main__":
    for label, found in measure().items():
        print(f"{label:60} {found}")
