"""A record of every released version comes up with all that it held, wherever the way up is cut off."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from contest.rules import Audience
from contest.verdicts import Verdict
from mesh.clock import SystemClock
from mesh.database import read_engine
from mesh.tls import Credentials
from services.frontend.reads.contests import Contests
from services.frontend.reads.record import Record as Reader
from services.frontend.reads.scoreboards import Scoreboards
from services.recorder import rows
from services.recorder.migrations import HEAD
from services.recorder.record import Record
from services.recorder.schema import prepare
from tests.services.recorder.makers import submit, verdict
from tests.services.recorder.released import FILES, lay, read_back, stored
from tests.services.recorder.store import Store
from tests.services.recorder.world import World
from wire.commands import RecordVerdict


async def _laid(url: str, recorder: Credentials, revision: str) -> None:
    async with Record(url, recorder) as record:
        await record.make_folder()
        await record.rebuild(lambda connection: lay(connection, revision))


async def _revision(record: Record) -> str:
    found: str = await record.transact(lambda connection: connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
    return found


def _sorted(revision: str) -> dict[str, list[list[object]]]:
    return {name: sorted(table["rows"], key=json.dumps) for name, table in stored(revision).items()}


@pytest.mark.parametrize("revision", FILES)
async def test_what_a_released_version_recorded_is_all_there(record_url: str, recorder: Credentials, revision: str) -> None:
    await _laid(record_url, recorder, revision)
    async with Record(record_url, recorder) as record:
        assert await _revision(record) == revision
        assert await prepare(record)
        assert await _revision(record) == HEAD
        found = await record.transact(lambda connection: read_back(connection, revision))
    assert {name: sorted(table, key=json.dumps) for name, table in found.items()} == _sorted(revision)


async def test_the_house_goes_on_with_a_record_of_the_first_release(tmp_path: Path, pki_folder: Path, record_url: str, recorder: Credentials) -> None:
    await _laid(record_url, recorder, "0001")
    async with World(tmp_path / "var", pki_folder, record_url) as world:
        await world.start()
        board, released = await _board(record_url, world.frontend.credentials), FILES["0001"]["board"]
        assert board["rows"] == released["rows"], "the board is what the old release made of it"
        assert board["version"] >= released["version"], "the contest has ended meanwhile, which the recorder may have said already"
        waiting = [row for row in await world.store.all(rows.Submission) if row["status"] == "queued"]
        told = set()
        for priority, count in Counter(row[1].rpartition(".")[2] for row in stored("0001")["outbox"]["rows"]).items():
            told |= {one.run for one in await world.work(count, priority)}
        assert {row["run"] for row in waiting} <= told, "what lay in the outbox is judged, though another release wrote it"
        for row in waiting:
            await world.publish(replace(verdict(submit(), Verdict.AC, run=row["run"]), body=_verdict_of(row)))
        await world.until(lambda: _all_judged(world), "everything judged")
        await world.store.gapless()
        await world.stop()


def _verdict_of(row: dict[str, Any]) -> RecordVerdict:
    body = verdict(submit(), Verdict.AC, run=row["run"]).body
    assert isinstance(body, RecordVerdict)
    return replace(body, submission=row["id"])


async def _all_judged(world: World) -> bool:
    return all(row["status"] == "judged" for row in await world.store.all(rows.Submission))


async def _board(url: str, frontend: Credentials) -> dict[str, Any]:
    reader = Reader(read_engine(url, frontend))
    try:
        contest = await Contests(reader).find("finals")
        assert contest is not None
        clock = SystemClock()
        board = json.loads((await Scoreboards(reader, clock, 0.0).snapshot(contest, Audience.JURY, clock.now())).body)
        return {"version": board["version"], "rows": board["rows"]}
    finally:
        await reader.aclose()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from sqlalchemy import event
from mesh.tls import Credentials
from services.recorder.record import Record
from services.recorder.schema import prepare

left = int(sys.argv[2])

@event.listens_for(sa.Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with Record(sys.argv[1], Credentials.load(Path(sys.argv[3]), "recorder")) as record:
        await record.make_folder()
        await prepare(record)

asyncio.run(main())
"""
"""Brings a record up, and kills itself right after the step of that number."""


@pytest.mark.faults
async def test_an_upgrade_that_is_killed_is_taken_up_again(record_url: str, recorder: Credentials, pki_folder: Path) -> None:
    """From nothing, killed three times. MariaDB keeps what was done, so that the last time is in a later revision."""
    for step in (2, 14, 12):
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", KILLED, record_url, str(step), pki_folder], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == -9, done.stderr
    async with Store(record_url, recorder) as store:
        assert await _revision(store.record) == HEAD
        await store.settle()
        await store.do(submit())


async def test_recorders_that_start_together_bring_the_record_up_once(record_url: str, recorder: Credentials) -> None:
    await _laid(record_url, recorder, "0001")
    records = [Record(record_url, recorder) for _ in range(3)]
    try:
        await asyncio.gather(*(prepare(record) for record in records))
        assert await _revision(records[0]) == HEAD
        found = await records[1].transact(lambda connection: read_back(connection, "0001"))
        assert len(found["events"]) == len(stored("0001")["events"]["rows"])
    finally:
        for record in records:
            await record.close()
