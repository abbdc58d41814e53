"""The gitserver away, runners dying, the grader killed or leaving: nothing is lost, doubled or stuck."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace

import pytest

from contest.groups import CaseGroup
from contest.verdicts import Verdict
from mesh.errors import Broken, Conflict, Forbidden, MeshError, NotFound, Unavailable
from mesh.ids import derived_id
from tests.services.grader.cases import ACCEPTED, WRONG, manifest, order
from tests.services.grader.room import Room, ScriptedRunner, sleepless, until
from wire.judging import BlobRequest, Nothing
from wire.judging import TestCase as Case
from wire.methods import GRADER_BLOB, GRADER_STATUS
from wire.queues import SUBMISSIONS

CONTEST = SUBMISSIONS["contest"].name


async def test_run_waits_while_the_gitserver_is_away_and_burns_no_try(room: Room) -> None:
    await room.stop_gitserver()
    for name in "abc":
        await room.submit(order(name))
    await until(lambda: sum(room.count("manifest_fetches_total", outcome=code) for code in ("peer-unknown", "peer-unreachable", "circuit-open")) >= 2,
                "fetches that failed")  # fmt: skip
    assert (await room.queue.depth(CONTEST)).unacknowledged == 3
    await room.start_gitserver()
    runner = room.runner()
    for _ in "abc":
        await runner.finish(await runner.take())
    assert [(await room.verdict(order(name))).verdict for name in "abc"] == [Verdict.AC] * 3
    assert room.gitserver.asked == 1, "one fetch for all who wait"


@pytest.mark.parametrize("fault", [Broken("a bug"), Forbidden("not you", code="caller-not-allowed"), Unavailable("soon")])
async def test_passing_trouble_of_the_gitserver_is_waited_out(room: Room, fault: MeshError) -> None:
    room.gitserver.faults = [fault] * 3
    await room.submit(order("a"))
    runner = room.runner()
    await runner.finish(await runner.take())
    assert (await room.verdict(order("a"))).verdict is Verdict.AC


@pytest.mark.parametrize(
    ("version", "says"), [("v0", "no-such-version"), ("empty", "no test cases"), ("twisted", "at most once"), ("broken", "a bug")]
)
async def test_problem_that_cannot_be_judged_ends_with_je_that_says_why(room: Room, version: str, says: str) -> None:
    room.gitserver.manifests["apples", "empty"] = manifest(version="empty", cases=0)
    room.gitserver.manifests["apples", "twisted"] = replace(manifest(version="twisted"), groups=CaseGroup(cases=(0, 0)))
    if version == "broken":
        room.gitserver.faults = [Broken("a bug")] * 100
    await room.submit(order("a", version=version))
    verdict = await room.verdict(order("a"))
    assert (verdict.verdict, verdict.version) == (Verdict.JE, version)
    assert says in verdict.cases[0].message
    await room.settled()


async def test_killed_grader_loses_nothing_and_doubles_nothing(room: Room) -> None:
    orders = [order(name) for name in "abcd"]
    for one in orders:
        await room.submit(one)
    runner = room.runner()
    await runner.finish(await runner.take())
    await until(lambda: len(room.commands) == 1, "the first verdict")
    lost = await runner.take()
    await room.kill_grader()
    await room.start_grader()
    with pytest.raises(Conflict) as late:
        await runner.finish(lost, of=WRONG)
    assert late.value.code == "attempt-dead"
    left = 4 - sum(bool(room.verdicts(one)) for one in orders)
    for _ in range(left):
        await runner.finish(await runner.take())
    for one in orders:
        await room.verdict(one)
    await room.settled()
    assert {command.id for command, _ in room.commands} == {derived_id("verdict", one.run) for one in orders}
    assert {verdict.verdict for _, verdict in room.commands} == {Verdict.AC}


async def test_leaving_grader_waits_for_what_runners_hold_and_hands_out_no_more(room: Room) -> None:
    await room.submit(order("a"))
    await room.submit(order("b"))
    runner = room.runner()
    given = await runner.take()
    async with runner.holding(given) as line:
        leaving = asyncio.create_task(room.stop_grader())
        await until(lambda: room.life.is_stopping, "the end")
        claim = asyncio.create_task(runner.claim(20))
        await sleepless()
        assert not claim.done()
        await runner.finish(given)
        assert not (await line).cancel
        await leaving
        with suppress(MeshError):
            assert await claim is None
    await room.verdict(order("a"))
    depth = await room.queue.depth(CONTEST)
    assert (depth.ready, depth.unacknowledged) == (1, 0)


async def test_grader_that_left_in_the_middle_leaves_the_run_to_the_next(room: Room) -> None:
    room.config = replace(room.config, drain_s=0.1)
    await room.stop_grader()
    await room.start_grader()
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    async with runner.holding(given) as line:
        await room.stop_grader()
        assert (await line).cancel
    assert (await room.queue.depth(CONTEST)).ready == 1
    await room.start_grader()
    again = await runner.take()
    assert again.run == given.run
    await runner.finish(again)
    await room.verdict(order("a"))
    await room.settled()
    assert len(room.commands) == 1


async def test_inputs_pass_through_as_they_are(room: Room) -> None:
    content = random.Random(1).randbytes(3_000_000)
    digest = room.gitserver.keep_file(content)
    case = Case("secret/1", digest, digest, len(content), len(content))
    room.gitserver.manifests["apples", "v1"] = replace(manifest(), cases=(case,))
    await room.submit(order("a"))
    runner = room.runner()
    await runner.take()
    async with runner.grader.download(GRADER_BLOB, BlobRequest("apples", digest)) as stream:
        assert stream.size_bytes == len(content)
        assert b"".join([chunk async for chunk in stream]) == content
    assert room.count("blob_bytes_total") == len(content)


async def test_runner_gets_no_file_but_those_of_what_is_judged(room: Room) -> None:
    secret = room.gitserver.keep_file(b"the answers of tomorrow's problem")
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    missing = given.manifest.cases[0].input
    for problem, digest in (("apples", secret), ("bridges", missing), ("apples", missing)):
        with pytest.raises(NotFound) as refused:
            async with runner.grader.download(GRADER_BLOB, BlobRequest(problem, digest)):
                pass
        assert refused.value.code == "no-such-blob"


async def test_away_gitserver_is_told_to_the_runner_that_wants_a_file(room: Room) -> None:
    await room.submit(order("a"))
    runner = room.runner()
    given = await runner.take()
    await room.stop_gitserver()
    with pytest.raises(Unavailable):
        async with runner.grader.download(GRADER_BLOB, BlobRequest("apples", given.manifest.cases[0].input), timeout_s=20):
            pass


class Chaos:
    """Runners that do everything wrong that a runner can, by the dice of one seed."""

    def __init__(self, room: Room, seed: int) -> None:
        self.room = room
        self.dice = random.Random(seed)
        self.is_over = False

    async def work(self, runner: ScriptedRunner) -> None:
        while not self.is_over:
            with suppress(MeshError):
                given = await runner.claim(0.2)
                if given is not None:
                    await self.judge(runner, given)

    async def judge(self, runner: ScriptedRunner, given) -> None:
        act = self.dice.random()
        if act < 0.1:
            return  # never heard of again
        if act < 0.2:
            async with runner.holding(given):
                return  # dies at work
        async with runner.holding(given):
            if act < 0.3:
                await runner.finish(given, "handed-back", ())
            elif act < 0.35:
                await runner.finish(given, "judge-error", ())
            elif act < 0.4:
                await runner.finish(given, of=ACCEPTED[:1])  # lacks results
            else:
                await runner.progress(given, ACCEPTED[:2])
                await runner.finish(given)
                if act > 0.8:
                    await runner.finish(given, of=WRONG)  # again, and other


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_in_any_chaos_every_run_ends_with_one_verdict(room: Room, seed: int) -> None:
    await live_through_chaos(room, seed)


@pytest.mark.brokers
async def test_in_any_chaos_on_rabbitmq_every_run_ends_with_one_verdict(room_on_rabbitmq: Room) -> None:
    await live_through_chaos(room_on_rabbitmq, 4)


async def live_through_chaos(room: Room, seed: int) -> None:
    chaos = Chaos(room, seed)
    room.config = replace(room.config, elsewhere_s=0.0, losses=50, judge_errors=20)
    await room.stop_grader()
    await room.start_grader()
    orders = [order(f"{seed}-{number}", author=f"author{number % 5}", priority=chaos.dice.choice(["contest", "normal", "low"])) for number in range(40)]
    async with asyncio.timeout(45), asyncio.TaskGroup() as group:
        for name in ("r1", "r2", "r3"):
            group.create_task(chaos.work(room.runner(name)))
        for number, one in enumerate(orders):
            await room.submit(one)
            if number % 4 == 0:
                await room.submit(one, message_id=f"again {number}")
            if number in {15, 30}:
                await (room.kill_grader() if number == 15 else room.stop_grader())
                await room.start_grader()
                room.queue.failures = 3
        while not all(room.verdicts(one) for one in orders):
            room.clock.turn(room.config.first_sign_s)
            await asyncio.sleep(0.1)
        for priority in SUBMISSIONS:
            await room.settled(priority)
        chaos.is_over = True
    assert {command.id for command, _ in room.commands} == {derived_id("verdict", one.run) for one in orders}
    for one in orders:
        assert {verdict.verdict for verdict in room.verdicts(one)} == {Verdict.AC}, "the same run, the same word"
    status = await room.frontend.call(GRADER_STATUS, Nothing())
    assert (status.running, sum(status.waiting.values())) == (0, 0)


async def test_window_survives_a_change_of_grader(room: Room) -> None:
    """More than the window holds: what waits in the queue and what waits in the grader come out alike."""
    orders = [order(f"n{number}", author=f"a{number % 7}") for number in range(SUBMISSIONS["contest"].prefetch + 10)]
    for one in orders:
        await room.submit(one)
    await until(lambda: room.count("runs_waiting", priority="contest") == SUBMISSIONS["contest"].prefetch, "a full window")
    await room.kill_grader()
    await room.start_grader()
    runner = room.runner()
    for _ in orders:
        await runner.finish(await runner.take())
    for one in orders:
        await room.verdict(one)
    await room.settled()
    assert len(room.commands) == len(orders)
