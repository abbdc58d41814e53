"""A kill -9 at any step of an import leaves the old or the new problem, whole, and the record hears of what is there."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import sys
from pathlib import Path

import pytest

from mesh.codec import decode
from mesh.errors import Conflict, DeadlineExceeded, MeshError, Unavailable
from mesh.queue import Message, Queue
from services.gitserver.git import open_git
from services.gitserver.shelf import open_shelf
from tests.packages.building import sound, with_changes, zipped
from tests.services.gitserver.bench import Bench, a_bench
from wire.commands import Command
from wire.judging import BlobRequest
from wire.problems import ManifestRequest, ProblemRequest

pytestmark = pytest.mark.faults

ROOT = Path(__file__).resolve().parents[3]
SECOND = {"data/secret/03-new.in": "5 5\n", "data/secret/03-new.ans": "10\n"}


async def said(bench: Bench) -> list[Command]:
    """The commands that lie in the queue, taken and acknowledged."""
    found: list[Command] = []
    while (await bench.queue.depth("CommandQueue")).ready:
        async with bench.queue.consumer("CommandQueue") as consumer:
            taken = await consumer.take(100)
            found += [decode(Command, delivery.message.body) for delivery in taken]
            await consumer.ack(taken)
    return found


async def is_whole(bench: Bench) -> str:
    """Reads everything of the newest version and lets git look at the repository; the commit."""
    answer = await bench.library.problem(ProblemRequest("sum"))
    manifest = await bench.library.manifest(ManifestRequest("sum", answer.card.version))
    assert len(manifest.cases) == answer.card.case_count
    digest = manifest.cases[-1].input
    async with bench.library.blob(BlobRequest("sum", digest)) as blob:
        assert hashlib.sha256(b"".join([chunk async for chunk in blob.chunks])).hexdigest() == digest
    repository = await bench.shelf.repository("sum")
    await repository.git.run(repository.folder, "fsck", "--full", "--strict", "--no-dangling")
    return answer.card.commit


async def state_after_restart(folder: Path, second: bytes, old: str, *, goes_on: bool) -> str:
    """What a new start finds after a kill: nothing, the old or the new version; everything of it holds, and goes on."""
    async with a_bench(folder) as bench:
        assert not list(bench.shelf.incoming.iterdir()), "swept at the start"
        for alias in await bench.shelf.unannounced():
            await bench.announcer.announce_newest(alias)
        commands = await said(bench)
        state = "nothing"
        if await bench.shelf.find("sum") is None:
            assert commands == []
        else:
            commit = await is_whole(bench)
            state = "old" if commit == old else "new"
            assert {command.body.commit for command in commands} <= {commit}
            assert commit == old or commands, "the record hears of the new version"
        if goes_on:
            assert (await bench.bring(second)).card.case_count == 4
        assert await bench.shelf.unannounced() == []
    return state


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.timeout(180)
async def test_a_kill_before_any_step_of_an_import_leaves_the_old_or_the_new_version(tmp_path: Path, is_new: bool) -> None:
    start, archive = tmp_path / "start", tmp_path / "second.zip"
    archive.write_bytes(zipped(with_changes(SECOND)))
    start.mkdir()
    old = ""
    if not is_new:
        async with a_bench(start) as bench:
            old = (await bench.bring(zipped(sound()))).card.commit
            assert len(await said(bench)) == 1
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.services.gitserver.bench", str(start), str(archive), cwd=ROOT)
    assert await child.wait() == 0
    folders = sorted(tmp_path.glob("start-*"), key=lambda folder: int(folder.name.removeprefix("start-")))
    states = [
        await state_after_restart(folder, archive.read_bytes(), old, goes_on=place % 5 == 0) for place, folder in enumerate(folders)
    ]
    before = "nothing" if is_new else "old"
    assert set(states) == {before, "new"}
    assert states == sorted(states, key=lambda state: state == "new"), f"once new, always new: {states}"
    assert len(states) > 12, "the import has that many steps"


class Away:
    """A queue that is away until it is let back."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.is_away = True

    async def publish(self, queue: str, message: Message) -> None:
        if self.is_away:
            raise Unavailable("the broker is away", code="queue-unavailable")
        await self._queue.publish(queue, message)

    def __getattr__(self, name: str) -> object:
        return getattr(self._queue, name)


async def test_a_package_is_accepted_while_the_queue_is_away_and_announced_when_it_is_back(tmp_path: Path) -> None:
    async with a_bench(tmp_path, Away) as bench:
        answer = await bench.bring(zipped(sound()))
        assert await bench.shelf.unannounced() == ["sum"]
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(bench.announcer.keep_announcing())
            assert await said(bench) == []
            bench.queue.is_away = False
            async with asyncio.timeout(10):
                while await bench.shelf.unannounced():
                    await asyncio.sleep(0.02)
            telling.cancel()
        assert [command.body.commit for command in await said(bench)] == [answer.card.commit]


async def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    async with a_bench(tmp_path), open_git("git", processes=2, limit_s=10) as git:
        with pytest.raises(Conflict) as caught:
            async with open_shelf(tmp_path / "problems", git):
                pass
        assert caught.value.code == "folder-in-use"


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        bringing = asyncio.create_task(bench.bring(zipped(sound())))
        while not list(bench.shelf.incoming.glob("work-*")):
            await asyncio.sleep(0.001)
        bringing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bringing
        assert list(bench.shelf.incoming.iterdir()) == []
        assert (await bench.bring(zipped(sound()))).card.case_count == 3


async def test_uploads_of_one_alias_at_once_become_one_history(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        answers = await asyncio.gather(
            *(bench.bring(zipped(with_changes({"problem_statement/problem.en.md": f"version {number}\n"}))) for number in range(6))
        )
        commits = {answer.card.commit for answer in answers}
        assert len(commits) == 6
        repository = await bench.shelf.repository("sum")
        log = (await repository.git.run(repository.folder, "rev-list", "main")).decode().split()
        assert set(log) == commits
        assert len({answer.card.version for answer in answers}) == 1
        assert {command.body.commit for command in await said(bench)} == commits
        await is_whole(bench)


async def test_locks_that_a_killed_git_has_left_stop_nobody(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        await bench.bring(zipped(sound()))
        repository = await bench.shelf.repository("sum")
        for name in ("refs/heads/main.lock", "refs/palestra/digests.lock", "packed-refs.lock"):
            (repository.folder / name).touch()
        assert (await bench.bring(zipped(with_changes(SECOND)))).card.case_count == 4
        await is_whole(bench)


async def test_a_damaged_repository_is_said_and_harms_no_other(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        for alias in ("sum", "other"):
            await bench.bring(zipped(sound()), alias)
        repository = await bench.shelf.repository("sum")
        for path in [path for path in (repository.folder / "objects").rglob("*") if path.is_file()]:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:20])
        with pytest.raises(MeshError):
            await bench.library.problem(ProblemRequest("sum"))
        assert (await bench.library.problem(ProblemRequest("other"))).card.case_count == 3


async def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with open_git("git", processes=2, limit_s=10) as git:
        with pytest.raises(Unavailable) as caught:
            await git.in_thread(full)
        assert caught.value.code == "problems-disk-full"


async def test_a_git_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    slow = tmp_path / "slow-git"
    slow.write_text('#!/bin/sh\ntest "$1" = version && exec git version\nsleep 60 & echo $! > "$GIT_DIR/child"\nwait\n', encoding="utf-8")
    slow.chmod(0o700)
    async with open_git(str(slow), processes=1, limit_s=1) as git:
        with pytest.raises(DeadlineExceeded) as caught:
            await git.run(tmp_path, "rev-parse", "HEAD")
        assert caught.value.code == "git-too-slow"
        with pytest.raises(DeadlineExceeded):
            await git.work(tmp_path, "cat-file", work=lambda process: process.stdout.read())
        with pytest.raises(DeadlineExceeded):
            await git.settle(tmp_path, "update-ref", stdin=b"")
    child = int((tmp_path / "child").read_text())
    async with asyncio.timeout(10):
        while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split(")")[1]:
            await asyncio.sleep(0.02)
