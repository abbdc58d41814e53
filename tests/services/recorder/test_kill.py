"""kill -9 of a real recorder process, at the worst moments and at random ones: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from mesh.assertion import Asserter
from mesh.clock import SystemClock
from mesh.codec import decode, digest_of, encode
from mesh.queue import Message
from mesh.queue.file import FileQueue
from mesh.tls import Credentials
from services.recorder import rows
from services.recorder.schedule.filling import AT_ONCE
from tests.services.recorder.makers import command, first_run, submit, verdict
from tests.services.recorder.store import Store
from wire.commands import Command
from wire.judging import JudgeSubmission
from wire.queues import COMMANDS, QUEUES, SUBMISSIONS
from wire.rejudging import Filter, OpenRejudging

ROOT = Path(__file__).resolve().parents[3]
COUNT = 60

pytestmark = pytest.mark.faults


class Bench:
    """The folder of a recorder that is started and killed, and what was asked of it."""

    def __init__(self, folder: Path, pki_folder: Path, url: str) -> None:
        self.folder, self.pki_folder, self.url = folder, pki_folder, url
        self.recorder = Credentials.load(pki_folder, "recorder")
        self.wishes = [submit("ana", "apples") for _ in range(COUNT)]
        self.verdicts = [verdict(wish, Verdict.AC) for wish in self.wishes]

    async def prepare(self) -> None:
        async with Store(self.url, self.recorder) as store:
            await store.settle()
        asserter = Asserter(Credentials.load(self.pki_folder, "frontend"))
        stream: list[Command] = []
        for wish, its_verdict in zip(self.wishes, self.verdicts, strict=True):
            signed = replace(wish, assertion=asserter.sign(wish.actor, wish.id, wish.at, 60.0, {"body": digest_of(wish.body)}))
            stream += [signed, its_verdict, signed]
        async with FileQueue.open(self.folder / "queue", QUEUES, SystemClock()) as queue:
            for one in stream:
                await queue.publish(COMMANDS.name, Message(one.id, encode(one)))

    async def run(self, fault: str = "none", kill_after_s: float | None = None) -> int:
        """Runs the process until it ends, or is killed so long after it was ready; its exit status."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.services.recorder.process", str(self.folder), str(self.pki_folder), self.url, fault,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            async with asyncio.timeout(40):
                if kill_after_s is not None and await process.stdout.readline():
                    await asyncio.sleep(kill_after_s)
                    if process.returncode is None:
                        process.send_signal(signal.SIGKILL)
                await process.stdout.read()
                return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def check(self) -> None:
        """Every submission is there once, with one run, one verdict and its message; every number of events is there."""
        async with Store(self.url, self.recorder) as store:
            assert Counter(row["id"] for row in await store.all(rows.Submission)) == Counter(wish.id for wish in self.wishes)
            assert {row["verdict"] for row in await store.all(rows.Submission)} == {"AC"}
            assert Counter(row["id"] for row in await store.all(rows.Run)) == Counter(first_run(wish) for wish in self.wishes)
            judged = [event["body"]["run"] for event in await store.all(rows.Event) if event["kind"] == "judged"]
            assert len(judged) == len(set(judged)) == COUNT
            assert await store.count(rows.Work) == 0
            await store.gapless()
        sent = await self.sent()
        assert {work.run for work in sent} == {first_run(wish) for wish in self.wishes}

    async def sent(self, priority: str = "contest") -> list[JudgeSubmission]:
        found: list[JudgeSubmission] = []
        async with FileQueue.open(self.folder / "queue", QUEUES, SystemClock()) as queue:
            assert await queue.dead_letters(COMMANDS.name) == []
            name = SUBMISSIONS[priority].name
            async with queue.consumer(name) as consumer:
                while (await queue.depth(name)).ready:
                    deliveries = await consumer.take(1000)
                    found += [decode(JudgeSubmission, delivery.message.body) for delivery in deliveries]
                    await consumer.ack(deliveries)
        return found


@pytest.fixture
async def bench(tmp_path: Path, pki_folder: Path, record_url: str) -> Bench:
    made = Bench(tmp_path / "var", pki_folder, record_url)
    await made.prepare()
    return made


async def test_killed_between_commit_and_acknowledgement_publishing_and_forgetting(bench: Bench) -> None:
    for fault in ("ack", "relay", "sent"):
        assert await bench.run(fault) == -signal.SIGKILL, f"{fault}: it reached the fault and died of it"
    assert await bench.run() == 0
    await bench.check()


async def test_a_set_is_filled_though_its_recorder_is_killed_after_a_part(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    bench = Bench(tmp_path / "var", pki_folder, sqlite_url)
    opened = command("olga", OpenRejudging("finals", Filter(), "the checker was wrong"))
    async with Store(sqlite_url) as store:
        await store.settle()
        await store.do(*bench.wishes)
        await store.do(*bench.verdicts)
        await store.do(opened)
    assert await bench.run("filling") == -signal.SIGKILL
    async with Store(sqlite_url) as store:
        [row] = await store.all(rows.Rejudging)
        assert row["filled"] == AT_ONCE < COUNT
    assert await bench.run() == 0
    async with Store(sqlite_url) as store:
        runs = [row for row in await store.all(rows.Run) if row["rejudging"] == opened.id]
    assert Counter(run["submission"] for run in runs) == Counter(wish.id for wish in bench.wishes)
    assert {work.run for work in await bench.sent("low")} == {run["id"] for run in runs}


async def test_killed_again_and_again_at_random(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    bench, dice = Bench(tmp_path / "var", pki_folder, sqlite_url), random.Random(7)
    await bench.prepare()
    for _ in range(4):
        await bench.run(kill_after_s=dice.uniform(0.0, 0.15))
    assert await bench.run() == 0
    await bench.check()


