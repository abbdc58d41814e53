"""A house goes into one file and comes out of it the same, on whichever database, and works on."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from contest.rules import Audience
from contest.verdicts import Verdict
from mesh.clock import SystemClock, micros
from mesh.database import read_engine, write_engine
from mesh.errors import Broken, MeshError
from services.archive.backup import back_up
from services.archive.form import verify
from services.archive.house import Places
from services.archive.restore import Wishes, restore
from services.archive.tables import rows_of
from services.archive.waiting import until_recorded
from services.frontend.reads.contests import Contests
from services.frontend.reads.record import Record as Reader
from services.frontend.reads.scoreboards import Scoreboards
from services.queues import Desk
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.schema import prepare
from tests.services.recorder.makers import ask, rejudge, submit, verdict
from tests.services.recorder.store import Store
from tests.services.recorder.world import World
from wire.record import TABLES

CLOCK = SystemClock()
SURE = Wishes(replace=True, is_sure=True)


def places(url: str, folder: Path) -> Places:
    return Places(url, folder / "problems", folder / "pki", None, None)


def git(*words: str, folder: Path) -> str:
    environ = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    names = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *names, *words], cwd=folder, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def make_problem(folder: Path, alias: str) -> str:
    """A bare repository with a commit; the commit."""
    work = folder / f"work-{alias}"
    work.mkdir(parents=True)
    git("init", "-q", folder=work)
    (work / "problem.yaml").write_text(f"name: {alias}\n")
    git("add", ".", folder=work)
    git("commit", "-qm", "first", folder=work)
    git("clone", "-q", "--bare", str(work), str(folder / "problems" / f"{alias}.git"), folder=folder)
    return git("rev-parse", "HEAD", folder=work)


async def fill(store: Store) -> None:
    """What a contest leaves behind, with everything that may go wrong in a text."""
    await store.settle()
    hands = [submit(source="print('ñandú 🦩\\u0001')\n" + "x" * 70_000), submit("ben", "bridges"), submit("ben"), submit()]
    for one in hands:
        await store.do(one)
    await store.do(verdict(hands[0], Verdict.AC), verdict(hands[1], Verdict.WA), verdict(hands[2], Verdict.AC))
    await store.do(rejudge(hands[2]), ask(text="¿Por qué?\nBecause \\ \"quotes\""))
    await store.do(*(submit("ben", source=f"# {number}") for number in range(20)))


async def stored(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every table as the database keeps it, by its driver's own types made alike; without how far a contest's events got, which a restore raises."""
    engine = read_engine(url)
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with engine.connect() as connection:
        for table in TABLES:
            columns = [column for column in table.columns if (table.name, column.name) != ("contests", "seq")]
            names = ", ".join(column.name for column in columns)
            read = (await connection.execute(sa.text(f"SELECT {names} FROM {table.name}"))).all()
            kinds = [column.kind for column in columns]
            found[table.name] = sorted(tuple(bool(v) if k == "bool" else bytes(v) if k == "bytes" else v for v, k in zip(row, kinds, strict=True)) for row in read)
    await engine.dispose()
    return found


async def board(url: str) -> Any:
    reader = Reader(read_engine(url))
    try:
        contest = await Contests(reader).find("finals")
        assert contest is not None
        return {**(await Scoreboards(reader, CLOCK, 0.0).snapshot(contest, Audience.JURY, contest.end)).board, "version": 0}
    finally:
        await reader.aclose()


async def version(url: str) -> int:
    """How far the events of the contest got: the version of its boards."""
    reader = Reader(read_engine(url))
    try:
        return await Contests(reader).seq("finals")
    finally:
        await reader.aclose()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a house on SQLite with a contest and two problems, to be copied."""
    folder = tmp_path_factory.mktemp("house")
    for alias in ("apples", "bridges"):
        make_problem(folder, alias)

    async def build() -> None:
        async with Store(f"sqlite:///{folder / 'record.sqlite3'}") as store:
            await fill(store)

    asyncio.run(build())
    return folder


@pytest.fixture
async def house(built: Path, tmp_path: Path) -> AsyncIterator[Places]:
    """A house of the test's own; its recorder is open."""
    folder = tmp_path / "house"
    await asyncio.to_thread(shutil.copytree, built, folder)
    async with Store(f"sqlite:///{folder / 'record.sqlite3'}"):
        yield places(f"sqlite:///{folder / 'record.sqlite3'}", folder)


@pytest.mark.databases
async def test_a_house_moves_from_one_database_to_the_next_and_comes_back_the_same(
    house: Places, tmp_path: Path, pki_folder: Path, postgresql_url: str, mariadb_url: str
) -> None:
    urls = [house.record_url, postgresql_url, mariadb_url, f"sqlite:///{tmp_path / 'back' / 'record.sqlite3'}"]
    here, rows_at_first, board_at_first = house, await stored(house.record_url), await board(house.record_url)
    for number, url in enumerate(urls[1:]):
        path, _ = await back_up(here, tmp_path / f"{number}.tar.gz", CLOCK)
        there = places(url, tmp_path / f"house-{number}")
        assert "rows" in await restore(there, path, Wishes())
        assert await stored(url) == rows_at_first
        assert await board(url) == board_at_first
        assert await version(url) > await version(here.record_url), "who has a newer board open than the backup's takes the next one all the same"
        head = await asyncio.to_thread(lambda folder=there.problems: git("rev-parse", "main", folder=folder / "apples.git"))
        assert head == await asyncio.to_thread(lambda: git("rev-parse", "main", folder=house.problems / "apples.git"))
        await asyncio.to_thread(lambda folder=there.problems: git("fsck", "--strict", folder=folder / "apples.git"))
        here = there
    await _judges_on(tmp_path / "var", pki_folder, urls[-1])


async def _judges_on(folder: Path, pki_folder: Path, url: str) -> None:
    """The recorder opens it, sends again what has no verdict, takes and judges a new submission."""
    async with World(folder, pki_folder, url, sweep_after_s=0.1) as world:
        await world.start()
        fresh = submit("ana", "bridges")
        assert (await world.call(fresh)).is_applied
        assert fresh.id in {one.submission for one in await world.work(25)}
        await world.publish(verdict(fresh))
        await world.until(lambda: _is_judged(world, fresh.id), "the verdict in the record")
        await world.store.gapless(leaps=1)
        await world.stop()


async def _is_judged(world: World, submission: str) -> bool:
    return any(row["id"] == submission and row["verdict"] == "AC" for row in await world.store.all(rows.Submission))


async def test_a_backup_of_a_house_at_work_is_of_one_moment(house: Places, tmp_path: Path) -> None:
    """While commands are committed and problems pushed: events without gaps, and each commit that is named is in it."""
    async with Store(house.record_url) as store:
        is_done = asyncio.Event()

        async def work() -> int:
            count = 0
            while not is_done.is_set():
                await store.do(submit("ben", source=f"{count}"))
                count += 1
            return count

        working = asyncio.create_task(work())
        found = [await back_up(house, tmp_path / f"{number}.tar.gz", CLOCK) for number in range(3)]
        is_done.set()
        assert await working > 3
    for number, (path, _) in enumerate(found):
        there = places(f"sqlite:///{tmp_path / f'again-{number}' / 'record.sqlite3'}", tmp_path / f"again-{number}")
        await restore(there, path, Wishes())
        async with Store(there.record_url) as again:
            await again.gapless(leaps=1)
            runs = {row["submission"] for row in await again.all(rows.Run)}
            assert runs == {row["id"] for row in await again.all(rows.Submission)}


async def _refused(there: Places, path: Path, wishes: Wishes = SURE) -> str:
    with pytest.raises(MeshError) as told:
        await restore(there, path, wishes)
    return told.value.code


@pytest.mark.parametrize("harm", ["cut", "cut-late", "flipped", "other", "empty", "missing", "behind"])
async def test_a_backup_that_is_not_whole_changes_nothing(house: Places, tmp_path: Path, harm: str) -> None:
    path, _ = await back_up(house, tmp_path / "good.tar.gz", CLOCK)
    before, bad = await stored(house.record_url), tmp_path / "bad.tar.gz"
    content = path.read_bytes()
    match harm:
        case "cut":
            bad.write_bytes(content[: len(content) // 2])
        case "cut-late":
            bad.write_bytes(content[:-4])
        case "flipped":
            unpacked = bytearray(gzip.decompress(content))
            place = unpacked.index(b"Because")
            unpacked[place] ^= 1
            bad.write_bytes(gzip.compress(bytes(unpacked)))
        case "other":
            bad.write_bytes(gzip.compress(b"not a tar at all" * 100))
        case "empty":
            bad.write_bytes(b"")
        case "behind":
            bad.write_bytes(content + b"more")
    assert await _refused(house, bad) in {"backup-damaged", "backup-unreadable"}
    assert await stored(house.record_url) == before
    assert (house.problems / "apples.git" / "HEAD").exists()
    assert sorted(one.name for one in house.problems.parent.iterdir() if "restor" in one.name) == []


async def test_what_is_there_is_thrown_away_only_when_that_was_said_twice(house: Places, tmp_path: Path) -> None:
    path, _ = await back_up(house, tmp_path, CLOCK)
    assert path.stat().st_mode & 0o077 == 0, "password hashes are in it"
    before = await stored(house.record_url)
    assert await _refused(house, path, Wishes()) == "house-not-empty"
    assert await _refused(house, path, Wishes(replace=True)) == "not-sure"
    async with Store(house.record_url) as store:
        await store.do(submit("ben", source="afterwards"))
    await restore(house, path, SURE)
    assert await stored(house.record_url) == before
    assert not house.problems.with_name("problems.before-restore").exists()


async def test_problems_that_lie_elsewhere_are_not_left_out_in_silence(house: Places, tmp_path: Path) -> None:
    shutil.rmtree(house.problems)
    with pytest.raises(MeshError, match="say --no-problems") as refused:
        await back_up(house, tmp_path / "backup.tar.gz", CLOCK)
    assert refused.value.code == "problems-elsewhere"
    assert not (tmp_path / "backup.tar.gz").exists()
    await back_up(house, tmp_path / "backup.tar.gz", CLOCK, with_problems=False)


async def test_a_house_that_runs_is_not_restored_over(house: Places, tmp_path: Path) -> None:
    path, _ = await back_up(house, tmp_path, CLOCK)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        running = Places(house.record_url, house.problems, house.pki, None, server.sockets[0].getsockname()[:2])
        assert await _refused(running, path) == "house-is-running"


async def test_a_recorder_that_works_on_the_record_elsewhere_is_noticed(house: Places, tmp_path: Path) -> None:
    """Its address is not known here: what it does to the record tells."""
    path, _ = await back_up(house, tmp_path, CLOCK)
    engine = write_engine(house.record_url)

    async def put(due_in_s: float) -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.text("DELETE FROM jobs"))
            row = {"due": micros(CLOCK.now()) + round(due_in_s * 1e6)}
            await connection.execute(sa.text("INSERT INTO jobs VALUES ('sweep', :due, '', 0, NULL, 0, 0, '')"), row)

    async def work() -> None:
        await asyncio.sleep(1.5)
        await put(15)

    try:
        await put(2)
        working = asyncio.create_task(work())
        assert await _refused(house, path) == "house-is-running"
        await working
        await put(3600)
        assert await _refused(house, path) == "house-is-running"
        await put(-4)
        assert "restored" in await restore(house, path, SURE)
    finally:
        await engine.dispose()


async def test_a_disk_that_cannot_hold_the_problems_leaves_the_house_as_it_was(house: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = await back_up(house, tmp_path, CLOCK)
    before = await stored(house.record_url)
    limit, placed = 5, []

    def full(folder: Path, member: Any, below: str) -> None:
        placed.append(member.name)
        if len(placed) > limit:
            raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr("services.archive.trees.place", full)
    with pytest.raises((OSError, MeshError)):
        await restore(house, path, SURE)
    assert await stored(house.record_url) == before
    assert (house.problems / "apples.git" / "HEAD").exists()


@pytest.mark.databases
async def test_a_restore_on_mariadb_that_is_cut_off_is_not_opened_and_can_be_done_again(
    house: Places, tmp_path: Path, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MariaDB cannot take the making of tables back: half a record must never look like a whole one."""
    path, _ = await back_up(house, tmp_path, CLOCK)
    there = places(mariadb_url, tmp_path / "there")
    with monkeypatch.context() as patch:
        patch.setattr("services.archive.restore.rows_of", _breaks_at_events)
        with pytest.raises(RuntimeError):
            await restore(there, path, Wishes())
    async with Record(mariadb_url) as record:
        with pytest.raises(Broken) as told:
            await prepare(record)
        assert told.value.code == "restore-unfinished"
    await restore(there, path, SURE)
    assert await stored(mariadb_url) == await stored(house.record_url)


def _breaks_at_events(lines: bytes, table: Any) -> Any:
    if table.name == "events":
        raise RuntimeError("cut off")
    return rows_of(lines, table)


async def test_what_was_accepted_is_waited_for_and_what_is_not_recorded_by_then_is_counted(tmp_path: Path, pki_folder: Path) -> None:
    file = tmp_path / "record.sqlite3"
    async with World(tmp_path, pki_folder, f"sqlite:///{file}") as world:
        await world.start()
        desk = Desk((await world.of("operator")).peers)
        assert await until_recorded(desk, 5.0) == 0
        busy = sqlite3.connect(file, isolation_level=None)
        busy.execute("BEGIN IMMEDIATE")  # nobody else can write
        wishes = [submit() for _ in range(3)]
        await world.publish(*wishes)
        assert await until_recorded(desk, 0.3) == 3
        busy.execute("ROLLBACK")
        busy.close()
        assert await until_recorded(desk, 15.0) == 0
        await world.until_settled(*wishes)
        await world.kill()
        assert await until_recorded(desk, 5.0) is None


@pytest.mark.faults
def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    """From the command line, on embedded defaults, with certificates; and what is in the file is told to nobody else."""
    folder = tmp_path / "var"
    environ = {**os.environ, "PALESTRA_MESH_FOLDER": str(folder), "PALESTRA_MESH_RECORDER_ADDRESS": "127.0.0.1:0"}

    def palestra(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "services", *words], env=environ, capture_output=True, text=True, timeout=60, check=False)

    make_problem(folder, "apples")
    (folder / "pki").mkdir()
    (folder / "pki" / "ca.crt").write_text("the authority")
    assert palestra("backup", str(tmp_path)).returncode == 1, "there is no record yet"
    asyncio.run(_settle(f"sqlite:///{folder / 'record.sqlite3'}"))
    made = palestra("backup", str(tmp_path / "one.tar.gz"), "--pki")
    assert made.returncode == 0, made.stderr
    assert "1 problems" in made.stdout
    assert "the recorder does not answer" in made.stdout, "so nobody knows what waits for it"
    assert json.loads(json.dumps(verify(tmp_path / "one.tar.gz").parts)) == ["record", "problems", "pki"]
    again = palestra("restore", str(tmp_path / "one.tar.gz"), "--pki")
    assert (again.returncode, "house-not-empty" in again.stderr) == (1, True)
    done = palestra("restore", str(tmp_path / "one.tar.gz"), "--pki", "--replace", "--yes")
    assert done.returncode == 0, done.stderr
    assert (folder / "pki" / "ca.crt").read_text() == "the authority"
    environ["PALESTRA_MESH_FOLDER"] = str(other := tmp_path / "other")
    assert palestra("restore", str(tmp_path / "one.tar.gz")).returncode == 0
    open_to_others = [path for path in (other / "record.sqlite3", other / "problems") if path.stat().st_mode & 0o077]
    assert not open_to_others, "as in a house of its own"


async def _settle(url: str) -> None:
    async with Store(url) as store:
        await store.settle()
