"""What the embedded state does across restarts, crashes and full disks."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh.cache import Rate
from mesh.cache.file import FileCache
from mesh.clock import TurnedClock
from mesh.errors import Broken, Conflict, Unavailable
from mesh.log import Log

START = datetime(2026, 1, 1, tzinfo=UTC)


def opened(folder: Path, clock: TurnedClock | None = None, *, max_bytes: int = 1 << 20) -> AbstractAsyncContextManager[FileCache]:
    return FileCache.open(folder, clock or TurnedClock(START), Log("tester"), max_bytes=max_bytes)


async def written(cache: FileCache) -> None:
    """Returns when all that was stored lies in the file."""
    async with asyncio.timeout(5):
        while cache._is_writing:
            await asyncio.sleep(0.001)


async def made() -> bytes:
    return b"made"


async def test_sessions_and_lists_outlive_a_restart_and_computed_values_do_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as cache:
        await cache.store("session:1", b"anna", 600)
        await cache.store("session:2", b"bob", 600)
        await cache.forget("session:2")
        for member in ("b", "a", "c"):
            await cache.add_to_list("pending:anna", member, 600)
        await cache.remove_from_list("pending:anna", "a")
        await cache.compute("made", 600, made)
        await cache.allow({"limit": Rate(1, 600, 1)})
    async with opened(tmp_path) as cache:
        assert await cache.fetch_many(["session:1", "session:2", "made"]) == [b"anna", None, None]
        assert await cache.list_members("pending:anna") == ["b", "c"]
        assert (await cache.allow({"limit": Rate(1, 600, 1)}))["limit"].is_allowed


async def test_session_outlives_kill_minus_9_also_while_it_is_being_renewed(tmp_path: Path) -> None:
    async with opened(tmp_path / "0") as cache:
        await cache.store("session:1", b"first", 600)
        await written(cache)
        for number in range(1, 20):
            await cache.store("session:1", b"renewed", 600)
            await asyncio.sleep(0.0005 * (number % 4))
            await asyncio.to_thread(shutil.copytree, tmp_path / "0", tmp_path / str(number))  # all that a killed process leaves
    for number in range(1, 20):
        async with opened(tmp_path / str(number)) as again:
            assert await again.fetch("session:1") in {b"first", b"renewed"}


async def test_lives_go_on_while_nobody_runs_and_a_clock_that_jumped_back_lengthens_none(tmp_path: Path) -> None:
    clock = TurnedClock(START)
    async with opened(tmp_path, clock) as cache:
        await cache.store("short", b"1", 100)
        await cache.store("long", b"2", 1000)
    clock.turn(200)
    async with opened(tmp_path, clock) as cache:
        assert await cache.fetch_many(["short", "long"]) == [None, b"2"]
    earlier = TurnedClock(datetime(2020, 1, 1, tzinfo=UTC))
    async with opened(tmp_path, earlier) as cache:
        assert await cache.fetch("long") == b"2"
        earlier.turn(1001)
        assert await cache.fetch("long") is None


async def test_full_disk_costs_the_memory_of_it_and_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path) as cache:
        await cache.store("kept", b"1", 600)
        await written(cache)
        pages = cache._journal._writer.execute("PRAGMA page_count").fetchone()[0]
        cache._journal._writer.execute(f"PRAGMA max_page_count={pages + 1}")
        await cache.store("large", bytes(100_000), 600)
        await written(cache)
        assert await cache.fetch("large") is not None
        cache._journal._writer.execute("PRAGMA max_page_count=100000")
        await cache.store("later", b"2", 600)
    async with opened(tmp_path) as cache:
        assert await cache.fetch_many(["kept", "large", "later"]) == [b"1", None, b"2"]


async def test_state_that_no_longer_fits_does_not_stop_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as cache:
        for number in range(10):
            await cache.store(f"session:{number}", bytes(1000), 600)
    async with opened(tmp_path, max_bytes=5000) as cache:
        found = await cache.fetch_many([f"session:{number}" for number in range(10)])
        assert sum(each is not None for each in found) == 4


async def test_many_changes_of_one_key_are_few_writes(tmp_path: Path) -> None:
    async with opened(tmp_path) as cache:
        for number in range(5000):
            await cache.store("session:1", str(number).encode(), 600)
        assert len(cache._changed) <= 1
    async with opened(tmp_path) as cache:
        assert await cache.fetch("session:1") == b"4999"


async def test_file_that_is_in_use_damaged_or_newer_is_named(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(Conflict) as in_use:
            async with opened(tmp_path):
                pass
    assert in_use.value.code == "state-in-use"
    with sqlite3.connect(tmp_path / "state.sqlite") as file:
        file.execute("PRAGMA user_version=9")
    file.close()
    with pytest.raises(Broken) as newer:
        async with opened(tmp_path):
            pass
    assert newer.value.code == "state-file-too-new"
    for leftover in tmp_path.glob("state.sqlite*"):
        leftover.unlink()
    (tmp_path / "state.sqlite").write_bytes(b"this is no database, though it is long enough to be taken for one" * 40)
    with pytest.raises(Broken) as damaged:
        async with opened(tmp_path):
            pass
    assert damaged.value.code == "state-file-corrupt"
    with pytest.raises(Unavailable):
        async with opened(tmp_path / "state.sqlite" / "under a file"):
            pass
