"""A contest is said to start, freeze and end at its moment, once, whoever of the recorders dies over it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mesh.clock import SystemClock
from services.recorder import rows
from services.recorder.rules.phases import mark_id
from services.recorder.schedule.phases import Phases
from tests.services.recorder.desk import settled_desk
from tests.services.recorder.makers import NOW, START, change, command, contest
from tests.services.recorder.store import Store
from tests.services.recorder.world import World
from wire.commands import Command, MarkPhase, Outcome
from wire.news import contest_topic

ROOT = Path(__file__).resolve().parents[3]
MARKS = ["contest-started", "contest-frozen", "contest-ended"]


def _mark(phase: str, at: datetime, alias: str = "finals", actor: str = "service:recorder") -> Command:
    return command(actor, MarkPhase(alias, phase), name=mark_id(alias, phase, at))


async def _marks(store: Store, *contests: str) -> Counter[tuple[str, str]]:
    events = await store.all(rows.Event, "contest", "seq")
    return Counter((event["contest"], event["kind"]) for event in events if event["kind"] in MARKS and event["contest"] in contests)


# ── the rule ──


def test_a_phase_is_told_at_its_time_and_only_by_the_scheduler() -> None:
    desk = settled_desk()
    desk.do(_mark("started", START))
    assert desk.kinds() == ["contest-started"]
    assert desk.code(_mark("started", START, actor="olga")) == "forbidden"
    assert desk.code(_mark("started", START, alias="nothing")) == "no-such-contest"
    assert desk.code(_mark("ended", START + timedelta(hours=5))) == "phase-not-reached"
    assert desk.code(_mark("begun", START)) == "phase-not-reached"


def test_a_mark_for_a_time_that_the_contest_no_longer_has_is_refused() -> None:
    desk = settled_desk()
    stale = _mark("started", START)
    desk.do(change(start=START - timedelta(minutes=5)))
    assert desk.code(stale) == "phase-not-reached"
    desk.do(_mark("started", START - timedelta(minutes=5)))


# ── the job ──


def _job(store: Store) -> Phases:
    async def apply(wish: Command) -> Outcome:
        return await store.outcome(wish)

    return Phases(store.record, apply, store.clock, store.log)


def _unfenced(_connection: object) -> None:
    return


async def test_the_job_is_due_at_the_next_boundary_and_marks_each_once(store: Store) -> None:
    start = NOW + timedelta(minutes=10)
    await store.do(contest(alias="later", start=start, duration_s=3600, freeze_s=600))
    job = _job(store)
    for at, expected in ((start, []), (start + timedelta(seconds=3000), MARKS[:1]), (start + timedelta(hours=1), MARKS[:2])):
        assert await job.work(_unfenced) == at, "due at the boundary itself"
        assert sorted(await _marks(store, "later")) == sorted(("later", kind) for kind in expected)
        store.clock.turn((at - store.clock.now()).total_seconds())
    for _ in range(3):
        await job.work(_unfenced)
    assert await _marks(store, "later") == Counter(("later", kind) for kind in MARKS)
    await store.gapless()


async def test_what_was_past_when_a_contest_was_made_is_no_news(sqlite_store: Store) -> None:
    await sqlite_store.do(contest(alias="old", start=NOW - timedelta(hours=2), duration_s=600))
    await _job(sqlite_store).work(_unfenced)
    assert not await _marks(sqlite_store, "old")


async def test_a_house_that_slept_over_a_boundary_says_it_late(sqlite_store: Store) -> None:
    await sqlite_store.do(contest(alias="missed", start=NOW + timedelta(hours=2), duration_s=3600))
    sqlite_store.clock.turn(10 * 3600)
    await _job(sqlite_store).work(_unfenced)
    assert await _marks(sqlite_store, "missed") == Counter([("missed", "contest-started"), ("missed", "contest-ended")])


async def test_a_contest_that_is_moved_starts_again(sqlite_store: Store) -> None:
    await sqlite_store.do(contest(alias="moved", start=NOW + timedelta(seconds=10), duration_s=3600))
    job = _job(sqlite_store)
    sqlite_store.clock.turn(11)
    await job.work(_unfenced)
    await sqlite_store.do(change(alias="moved", start=NOW + timedelta(seconds=60), duration_s=3600))
    assert await job.work(_unfenced) == NOW + timedelta(seconds=60)
    sqlite_store.clock.turn(60)
    await job.work(_unfenced)
    assert (await _marks(sqlite_store, "moved"))["moved", "contest-started"] == 2, "it began, was put off, and began"


# ── in the house ──


async def test_open_pages_are_told_at_the_moment_without_anybody_asking(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    world = World(tmp_path / "var", pki_folder, sqlite_url)
    world.clock = SystemClock()  # type: ignore[assignment]  # by which contests begin
    async with world:
        await world.start()
        await world.settle()
        late_s = [await _late_s(world, "soon")]
        while late_s[-1] >= 0.7 and len(late_s) < 3:  # a machine may stand still, but not each time
            late_s.append(await _late_s(world, f"soon{len(late_s)}"))
        assert min(late_s) > -0.1
        assert late_s[-1] < 0.7, f"at its moment: not at the next round of somebody who polls: {late_s}"


async def _late_s(world: World, alias: str) -> float:
    """Seconds from a contest's start until its pages are told."""
    late_s, told = 0.0, list[dict[str, Any]]()
    await world.call(contest(alias=alias, start=datetime.now(UTC) + timedelta(hours=1), duration_s=3600))
    async with world.hearing(contest_topic(alias)) as ear:
        start = datetime.now(UTC) + timedelta(seconds=0.7)
        await world.call(change(alias=alias, start=start, duration_s=2))
        while len(told) < 2:
            _, body = await ear.next("contest")
            if body.get("phase"):
                told.append(body)
                if body["phase"] == "started":
                    late_s = (datetime.now(UTC) - start).total_seconds()
    assert told == [{"alias": alias, "phase": "started"}, {"alias": alias, "phase": "ended"}]
    return late_s


@asynccontextmanager
async def _recorder(folder: Path, pki_folder: Path, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.services.recorder.process", str(folder), str(pki_folder), url, "phase",
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.databases
@pytest.mark.faults
@pytest.mark.parametrize("fate", ["SIGKILL", "SIGSTOP"])
async def test_killed_or_frozen_in_the_middle_of_a_job_the_other_recorder_ends_it(
    fate: str, tmp_path: Path, pki_folder: Path, postgresql_url: str
) -> None:
    """Two contests begin at one moment. Whoever holds the job then dies between the two marks, or freezes and wakes up later."""
    aliases = ("left", "right")
    async with (
        _recorder(tmp_path / "one", pki_folder, postgresql_url) as one,
        _recorder(tmp_path / "two", pki_folder, postgresql_url) as two,
        Store(postgresql_url) as store,
    ):
        store.clock = SystemClock()  # type: ignore[assignment]  # as theirs
        await store.settle()
        (tmp_path / "doomed").write_text(fate)
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3.5)
        await store.do(*(contest(alias=alias, start=start, duration_s=3600, freeze_s=0) for alias in aliases))
        async with asyncio.timeout(30):
            while len(await _marks(store, *aliases)) < len(aliases):
                await asyncio.sleep(0.05)
            if fate == "SIGKILL":
                await asyncio.wait({asyncio.create_task(process.wait()) for process in (one, two)}, return_when=asyncio.FIRST_COMPLETED)
                assert sorted(process.returncode is None for process in (one, two)) == [False, True], "one was killed, one did it all"
            else:
                for process in (one, two):
                    process.send_signal(signal.SIGCONT)  # what it was about to do, it does now: the same command once more, and no more
                await asyncio.sleep(0.5)
            while any(job["holder"] or job["failures"] for job in await store.all(rows.Job) if job["name"] == "phases"):
                await asyncio.sleep(0.05)
        assert not (tmp_path / "doomed").exists()
        assert await _marks(store, *aliases) == Counter((alias, "contest-started") for alias in aliases)
        marked = [event for event in await store.all(rows.Event) if event["kind"] in MARKS]
        at = sorted(event["at"] for event in marked)
        assert at[-1] - at[0] >= timedelta(seconds=0.5), "the second mark waited for the dead one's lease"
        await store.gapless()
