"""The database goes away in every way that we know: nothing is acknowledged that is not committed, and all goes on afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from contest.rules import Audience
from contest.verdicts import Verdict
from mesh.database.writer import FileWriter
from mesh.errors import Unavailable
from services.recorder import rows
from services.recorder.group import Applier
from tests.services.recorder.makers import submit, verdict
from tests.services.recorder.store import Store
from tests.services.recorder.world import World
from tests.support.databases import MariaDb, PostgreSql
from tests.support.refusals import refusal_of
from wire.news import scoreboard_topic
from wire.queues import COMMANDS


@asynccontextmanager
async def _settled(folder: Path, pki_folder: Path, url: str) -> AsyncIterator[World]:
    async with World(folder, pki_folder, url) as world:
        await world.start()
        await world.settle()
        yield world


async def _is_told(world: World) -> bool:
    return (await world.health())["record"] != ""


async def _waits_and_goes_on(world: World, away: object, back: object) -> None:
    """The whole promise: a call is told, the queue keeps, health says so, and afterwards everything is applied once."""
    wishes = [submit() for _ in range(30)]
    away()  # type: ignore[operator]  # a function
    await world.publish(*wishes)
    await world.until(lambda: _is_told(world), "the trouble in the health detail")
    told = await refusal_of(lambda: world.call(submit("ben"), timeout_s=0.5))
    assert told.code == "record-unavailable"
    depth = await world.queue.depth(COMMANDS.name)
    assert depth.ready + depth.unacknowledged == 30, "nothing was acknowledged"
    assert world.life.is_ready
    back()  # type: ignore[operator]  # a function
    await world.until_settled(*wishes)
    assert (await world.call(submit("ben"))).is_applied
    await world.publish(*wishes, *(verdict(wish, Verdict.AC) for wish in wishes))
    await world.until_settled(*(verdict(wish) for wish in wishes))
    found = await world.store.all(rows.Submission)
    assert sorted(row["id"] for row in found if row["username"] == "ana") == sorted(wish.id for wish in wishes)
    assert {work.author for work in await world.work(31)} == {"ana", "ben"}
    assert (await world.health())["record"] == ""
    await world.store.gapless()


async def test_a_locked_sqlite_file(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    async with _settled(tmp_path / "var", pki_folder, sqlite_url) as world:
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        await _waits_and_goes_on(world, lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK"))
        other.close()


@pytest.mark.databases
async def test_a_killed_postgresql(tmp_path: Path, pki_folder: Path, postgresql: PostgreSql, postgresql_url: str) -> None:
    async with _settled(tmp_path / "var", pki_folder, postgresql_url) as world:
        await _waits_and_goes_on(world, postgresql.kill, postgresql.start)


@pytest.mark.databases
async def test_a_killed_mariadb(tmp_path: Path, pki_folder: Path, mariadb: MariaDb, mariadb_url: str) -> None:
    async with _settled(tmp_path / "var", pki_folder, mariadb_url) as world:
        await _waits_and_goes_on(world, mariadb.kill, mariadb.start)


@pytest.mark.databases
async def test_a_database_that_freezes_for_a_while(tmp_path: Path, pki_folder: Path, postgresql: PostgreSql, postgresql_url: str) -> None:
    async with _settled(tmp_path / "var", pki_folder, postgresql_url) as world:
        wishes = [submit() for _ in range(20)]
        postgresql.freeze()
        try:
            await world.publish(*wishes)
            await asyncio.sleep(1.0)  # however long: nothing may be lost by it
        finally:
            postgresql.thaw()
        await world.until_settled(*wishes)
        assert await world.store.count(rows.Submission) == 20


@pytest.mark.databases
async def test_a_start_without_the_database_waits_for_it(tmp_path: Path, pki_folder: Path, postgresql: PostgreSql, postgresql_url: str) -> None:
    async with World(tmp_path / "var", pki_folder, postgresql_url) as world:
        postgresql.kill()
        try:
            await world.start(is_ready=False)
            await world.until(lambda: "recorder" in world.backbone.addresses, "an open door")
            told = await refusal_of(lambda: world.call(submit(), timeout_s=3.4))  # the answer comes after 1.5 s; another try would not end in time
            assert told.code == "record-unavailable"
            assert (await world.health())["record"] != ""
        finally:
            postgresql.start()
        await world.until(lambda: world.life.is_ready, "readiness")
        await world.settle()


@pytest.mark.databases
async def test_a_recorder_that_never_found_its_database_leaves_when_it_is_asked(
    tmp_path: Path, pki_folder: Path, postgresql: PostgreSql, postgresql_url: str
) -> None:
    async with World(tmp_path / "var", pki_folder, postgresql_url) as world:
        postgresql.kill()
        try:
            await world.start(is_ready=False)
            await world.stop()
        finally:
            postgresql.start()


async def test_a_full_disk_is_an_outage_and_not_the_end_of_a_command(sqlite_store: Store) -> None:
    writer = sqlite_store.record._writer
    assert isinstance(writer, FileWriter)
    limit = {"pages": 0}

    @event.listens_for(writer._engine, "begin")
    def bound(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit['pages'] or 1_000_000}")

    limit["pages"] = await sqlite_store.record.transact(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    wish = submit(source="x" * 200_000)
    with pytest.raises(Unavailable) as told:
        await sqlite_store.applier.apply([wish])
    assert told.value.code == "record-unavailable"
    limit["pages"] = 0
    assert (await sqlite_store.outcome(wish)).is_applied
    await sqlite_store.gapless()


async def test_a_commit_whose_answer_was_lost_is_not_made_twice(tmp_path: Path, pki_folder: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst moment: the database has committed, and the line breaks before it can say so."""
    async with _settled(tmp_path / "var", pki_folder, sqlite_url) as world:
        together, cuts = Applier._apply_together, [3]

        async def cut(self: Applier, commands: object) -> object:
            done = await together(self, commands)  # type: ignore[arg-type]  # commands
            if cuts[0]:
                cuts[0] -= 1
                raise Unavailable("the line broke after the commit", code="record-unavailable")
            return done

        monkeypatch.setattr(Applier, "_apply_together", cut)
        async with world.hearing("user:ana") as ear:
            wishes = [submit() for _ in range(10)]
            await world.publish(*wishes)
            await world.until_settled(*wishes)
            assert {(await ear.next("submission"))[1]["id"] for _ in wishes} == {wish.id for wish in wishes}, "told all the same"
        assert len({work.run for work in await world.work(10)}) == 10, "sent all the same"
        assert await world.store.count(rows.Submission) == 10
        await world.store.gapless()


async def test_the_last_news_are_told_when_the_topics_are_back(tmp_path: Path, pki_folder: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever listens cannot know that the last of them is missing: nothing comes after it that would say so."""
    tried: list[int] = []

    async def away(items: Sequence[tuple[str, bytes]]) -> None:
        tried.append(len(items))
        raise Unavailable("the topics are away", code="topics-unavailable")

    async with World(tmp_path / "var", pki_folder, sqlite_url) as world:
        await world.start()
        await world.settle()
        async with world.hearing(scoreboard_topic("finals", Audience.PUBLIC)) as ear:
            with monkeypatch.context() as broken:
                broken.setattr(world.topics, "publish", away)
                first, second = await world.call(submit()), await world.call(submit())
                await world.until(lambda: len(tried) >= 3, "tries")
            assert (await ear.board(first.seq))["version"] == first.seq
            assert (await ear.board(second.seq))["version"] == second.seq
