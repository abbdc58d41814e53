"""What the embedded queue does when its process dies, its disk fills, its file is damaged, its clock turns."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh.clock import SystemClock, TurnedClock
from mesh.errors import Broken, Conflict, Unavailable
from mesh.queue import backoff
from mesh.queue.file import FileQueue
from tests.support.queues import SPECS, ids, message, nothing_comes, publish, spec, take

ROOT = Path(__file__).resolve().parents[3]


def opened(folder: Path, clock: TurnedClock | SystemClock | None = None) -> AbstractAsyncContextManager[FileQueue]:
    return FileQueue.open(folder, SPECS, clock or SystemClock())


def worker(what: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.mesh.queue.file_worker", what, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.faults
async def test_everything_confirmed_outlives_kill_minus_9(tmp_path: Path) -> None:
    with worker("publish", tmp_path) as process:
        assert process.stdout is not None
        lines = [await asyncio.to_thread(process.stdout.readline) for _ in range(40)]
        process.kill()
        lines += process.stdout.readlines()
    confirmed = [each for line in lines if line.endswith("\n") for each in line.split()]
    assert len(confirmed) >= 800
    async with opened(tmp_path) as queue, queue.consumer("Work") as consumer:
        found: list[str] = []
        while len(found) < len(confirmed):
            held = await take(consumer, 1)
            found += ids(held)
            await consumer.ack(held)
        assert found == confirmed


@pytest.mark.faults
async def test_what_a_killed_process_held_comes_again_and_counts_as_a_give_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as queue:
        sent = await publish(queue, "Work", 4)
    with worker("hold", tmp_path) as process:
        assert process.stdout is not None
        held = (await asyncio.to_thread(process.stdout.readline)).split()
        process.kill()
    assert held == sent[:3]
    async with opened(tmp_path) as queue, queue.consumer("Work") as consumer:
        again = await take(consumer, 3)
        assert [(each.message.id, each.attempt) for each in again] == [(sent[2], 2), (sent[3], 1), (sent[1], 2)]


async def test_second_process_is_told_who_has_the_queue(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(Conflict, match="in use by process") as refused:
            async with opened(tmp_path):
                pass
    assert refused.value.code == "queue-in-use"
    async with opened(tmp_path):
        pass


async def test_message_that_kills_its_process_again_and_again_lies_dead_in_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as queue:
        await publish(queue, "Work", 2)
    with sqlite3.connect(tmp_path / "queue.sqlite") as journal:
        journal.execute("UPDATE messages SET is_held = 1, give_backs = ? WHERE seq = 1", [backoff.GIVE_BACK_LIMIT - 1])
        journal.execute("UPDATE messages SET is_held = 1, give_backs = ? WHERE seq = 2", [backoff.GIVE_BACK_LIMIT - 2])
    journal.close()
    async with opened(tmp_path) as queue:
        (letter,) = await queue.dead_letters("Work")
        assert "died" in letter.error
        async with queue.consumer("Work") as consumer:
            (delivery,) = await take(consumer, 1)
            assert delivery.attempt == backoff.GIVE_BACK_LIMIT


async def test_orderly_leaving_is_no_give_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as queue:
        await publish(queue, "Work", 1)
        async with queue.consumer("Work") as consumer:
            await take(consumer, 1)
    async with opened(tmp_path) as queue, queue.consumer("Work") as consumer:
        (delivery,) = await take(consumer, 1)
        assert delivery.attempt == 1


async def test_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as queue:
        first = await publish(queue, "Work", 3)
        pages = queue._store._journal._writer.execute("PRAGMA page_count").fetchone()[0]
        queue._store._journal._writer.execute(f"PRAGMA max_page_count={pages + 2}")
        with pytest.raises(Unavailable) as refused:
            for _ in range(10):
                await queue.publish("Work", message(bytes(3000)))
                first.append("more")
        assert refused.value.code == "queue-disk-full"
        room = len(first)
        async with queue.consumer("Work") as consumer:
            held = await take(consumer, room)
            await consumer.ack(held)  # needs no new page
        queue._store._journal._writer.execute("PRAGMA max_page_count=100000")
        (last,) = await publish(queue, "Work", 1)
    async with opened(tmp_path) as queue, queue.consumer("Work") as consumer:
        assert ids(await take(consumer, 1)) == [last]


async def test_one_message_that_does_not_fit_fails_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as queue:
        pages = queue._store._journal._writer.execute("PRAGMA page_count").fetchone()[0]
        queue._store._journal._writer.execute(f"PRAGMA max_page_count={pages + 8}")
        sizes = [100, 200_000, 100, 100]
        results = await asyncio.gather(
            *(queue.publish("Work", message(bytes(size))) for size in sizes), return_exceptions=True
        )
        assert [isinstance(each, Unavailable) for each in results] == [False, True, False, False]
        async with queue.consumer("Work") as consumer:
            assert [len(each.message.body) for each in await take(consumer, 3)] == [100, 100, 100]
            await nothing_comes(consumer, 0.1)


@pytest.mark.parametrize("damage", ["text", "middle"])
async def test_damaged_journal_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "queue.sqlite"
    if damage == "text":
        path.write_bytes(b"this is no database, though it is long enough to be taken for one" * 40)
    else:
        async with opened(tmp_path) as queue:
            for _ in range(50):
                await queue.publish("Work", message(bytes(3000)))
        with path.open("r+b") as journal:
            journal.seek(4096)
            journal.write(b"\xff" * 4096 * 5)
    with pytest.raises(Broken, match="move it aside") as broken:
        async with opened(tmp_path):
            pass
    assert broken.value.code == "queue-journal-corrupt"


async def test_file_of_another_program_or_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(Broken, match="another program"):
        async with opened(tmp_path):
            pass
    path.unlink()
    async with opened(tmp_path):
        pass
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(Broken) as refused:
        async with opened(tmp_path):
            pass
    assert refused.value.code == "queue-journal-too-new"


async def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot use the queue"):
        async with opened(tmp_path / "file" / "queue"):
            pass


async def test_waits_and_lives_follow_the_clock_through_a_restart(tmp_path: Path) -> None:
    clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
    slow = (spec("Slow", backoff_s=(100,)), spec("Kept", ttl_s=1000))
    async with FileQueue.open(tmp_path, slow, clock) as queue:
        await publish(queue, "Slow", 1)
        await publish(queue, "Kept", 1)
        async with queue.consumer("Slow") as consumer:
            await (await take(consumer, 1))[0].retry("later")
            clock.turn(60)
            await nothing_comes(consumer)
    async with FileQueue.open(tmp_path, slow, clock) as queue, queue.consumer("Slow") as consumer:
        assert (await queue.depth("Slow")).waiting == 1
        clock.turn(66)
        assert (await take(consumer, 1))[0].attempt == 2
        assert (await queue.depth("Kept")).ready == 1
        clock.turn(1000 - 125)
        assert (await queue.depth("Kept")).dead == 1


async def test_clock_that_jumped_back_while_nobody_ran_keeps_nothing_for_ever(tmp_path: Path) -> None:
    slow = (spec("Slow", backoff_s=(100,)),)
    async with FileQueue.open(tmp_path, slow, TurnedClock(datetime(2030, 1, 1, tzinfo=UTC))) as queue:
        await publish(queue, "Slow", 1)
        async with queue.consumer("Slow") as consumer:
            await (await take(consumer, 1))[0].retry("later")
    clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
    async with FileQueue.open(tmp_path, slow, clock) as queue, queue.consumer("Slow") as consumer:
        clock.turn(126)
        await take(consumer, 1)


async def test_bodies_beyond_the_memory_bound_are_read_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.queue.store._KEPT_BYTES", 5000)
    async with opened(tmp_path) as queue:
        for number in range(10):
            await queue.publish("Work", message(bytes([number]) * 1000))
        assert queue._store._kept_bytes == 5000
        async with queue.consumer("Work") as consumer:
            held = await take(consumer, 10)
            assert [each.message.body[0] for each in held] == list(range(10))
            await consumer.ack(held)
        assert queue._store._kept_bytes == 0


async def test_publisher_that_was_cancelled_leaves_the_message_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as queue:
        publishing = asyncio.ensure_future(queue.publish("Work", message("first")))
        await asyncio.sleep(0)
        publishing.cancel()
        await publish(queue, "Work", 1)
        async with queue.consumer("Work") as consumer:
            assert [each.message.body for each in await take(consumer, 2)] == [b"first", b"0"]
