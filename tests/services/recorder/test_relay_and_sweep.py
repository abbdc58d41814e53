"""Work that follows from a commit reaches its queue, whatever happens in between; what got no verdict is asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from mesh.codec import decode
from mesh.errors import Unavailable
from mesh.queue import Message
from mesh.tasks import alongside
from services.recorder import rows
from services.recorder.relay import MOST_KNOWN, Relay
from services.recorder.sweep import Sweep
from tests.services.recorder.makers import command, first_run, rejudge, submit, verdict
from tests.services.recorder.store import Store
from tests.services.recorder.world import World
from wire.commands import SetPriority
from wire.judging import JudgeSubmission

LIMIT_S = 40.0


class Belt:
    """A queue that only remembers; while ``is_down`` it takes nothing, nor ever for a queue in ``refusing`` (with that code)."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refusing: dict[str, str] = {}
        self.hanging: set[str] = set()
        self.asked: list[str] = []
        self.is_down = False
        self.connections = 0
        self.in_flight = self.most_in_flight = 0

    async def publish(self, queue: str, message: Message) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        if self.is_down:
            raise Unavailable("away", code="queue-unavailable")
        if queue in self.refusing:
            self.asked.append(queue)
            if queue in self.hanging:
                await asyncio.sleep(LIMIT_S)
            raise Unavailable(f"{queue} takes nothing", code=self.refusing[queue])
        self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]


def _relay(store: Store, belt: Belt, every_s: float = 0.05) -> Relay:
    return Relay(store.record, belt, metrics=store.metrics, log=store.log, every_s=every_s)  # type: ignore[arg-type]  # only publishes


async def sent_once(relay: Relay) -> None:
    """One round of everything that waits, without a relay that runs."""
    relay.look_again()
    await relay._read()
    for outlet in list(relay._outlets.values()):
        await outlet.send()


def _unfenced(_connection: object) -> None:
    """The sweep alone, without a scheduler."""


def _sweep(store: Store, relay: Relay, after_s: float = 100.0) -> Sweep:
    return Sweep(store.record, relay, store.clock, metrics=store.metrics, log=store.log, every_s=60.0, after_s=after_s)


@asynccontextmanager
async def _running(store: Store, belt: Belt) -> AsyncIterator[Relay]:
    relay = _relay(store, belt)
    async with alongside(relay.run()):
        yield relay


async def _until(is_so: object, what: str) -> None:
    try:
        async with asyncio.timeout(LIMIT_S):
            while not (await is_so()):  # type: ignore[operator]  # a coroutine function
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None


async def _until_empty(store: Store) -> None:
    async def is_empty() -> bool:
        return await store.count(rows.Work) == 0

    await _until(is_empty, "an empty outbox")


async def test_work_is_sent_at_the_commit_and_its_row_goes(store: Store) -> None:
    belt = Belt()
    relay = _relay(store, belt, every_s=60.0)
    relay._must_read = False  # by the commit alone: who reads the table in the same moment sends it too
    async with alongside(relay.run()):
        wishes = [submit() for _ in range(5)]
        relay.offer((await store.do(*wishes)).work)
        await _until_empty(store)
    assert sorted(belt.ids) == sorted(first_run(wish) for wish in wishes)


async def test_what_a_dead_recorder_left_behind_is_sent_at_the_next_start(store: Store) -> None:
    await store.do(*(submit() for _ in range(120)))
    belt = Belt()
    async with _running(store, belt):
        await _until_empty(store)
    assert len(belt.messages) == len(set(belt.ids)) == 120
    assert 1 < belt.most_in_flight <= 50


async def test_a_row_that_was_sent_and_not_deleted_is_sent_again_under_the_same_id(sqlite_store: Store) -> None:
    await sqlite_store.do(submit())
    belt = Belt()
    for _ in range(2):
        relay = _relay(sqlite_store, belt)
        await sent_once(relay)  # and the process dies before the row goes
    assert len(belt.ids) == 2
    assert len(set(belt.ids)) == 1


async def test_while_the_queue_is_away_work_waits_and_says_so(sqlite_store: Store) -> None:
    belt = Belt()
    belt.is_down = True
    async with _running(sqlite_store, belt) as relay:
        relay.offer((await sqlite_store.do(submit())).work)

        async def is_in_trouble() -> bool:
            return await relay.health() != ""

        await _until(is_in_trouble, "trouble told")
        assert await sqlite_store.count(rows.Work) == 1
        belt.is_down = False
        await _until_empty(sqlite_store)
        assert await relay.health() == ""
    assert len(belt.messages) == 1


async def test_more_work_than_memory_holds_is_read_from_the_table(sqlite_store: Store) -> None:
    belt = Belt()
    done = await sqlite_store.do(*(submit() for _ in range(30)))
    relay = _relay(sqlite_store, belt)
    relay._must_read = False
    outlet = relay._outlet(done.work[0].queue)
    outlet._fresh = {str(number): done.work[0] for number in range(MOST_KNOWN)}
    relay.offer(done.work)
    outlet._fresh.clear()
    async with alongside(relay.run()):
        await _until_empty(sqlite_store)
    assert len(set(belt.ids)) == 30


async def test_a_run_without_a_verdict_is_sent_again_later_and_later(store: Store) -> None:
    belt = Belt()
    relay = _relay(store, belt)
    sweep = _sweep(store, relay)
    wish = submit(source="print(1)")
    await store.do(wish)
    await sent_once(relay)
    await relay._forget()
    assert await sweep.once(_unfenced) == 0
    for turned, swept in ((99.0, 0), (1.0, 1), (199.0, 0), (1.0, 1), (399.0, 0), (1.0, 1)):
        store.clock.turn(turned)
        assert await sweep.once(_unfenced) == swept
        if swept:
            assert await sweep.once(_unfenced) == 0, "its message lies in the outbox"
            await sent_once(relay)
            await relay._forget()
    assert belt.ids == [first_run(wish)] * 4
    told = [decode(JudgeSubmission, message.body) for message in belt.messages]
    assert [one.sends for one in told] == [1, 2, 3, 4]
    assert len({replace(one, sends=0) for one in told}) == 1, "the same message each time, but for its count"
    [run] = await store.all(rows.Run)
    assert run["sends"] == 4


async def test_what_a_broker_lost_is_sent_again_soon_after_it_came_back(store: Store) -> None:
    belt = Belt()
    relay = _relay(store, belt)
    sweep = _sweep(store, relay)
    lost, judged, later = submit(), submit(), submit()
    await store.do(lost, judged, verdict(judged, Verdict.AC))
    await sent_once(relay)
    await relay._forget()
    store.clock.turn(20)
    belt.connections += 2
    assert await sweep.once(_unfenced) == 0, "who holds it may still be about to say its verdict"
    store.clock.turn(1)
    await store.do(later)
    await sent_once(relay)
    await relay._forget()
    store.clock.turn(29)
    assert await sweep.once(_unfenced) == 1
    [work] = await store.all(rows.Work)
    assert work["id"] == first_run(lost)
    await sent_once(relay)
    await relay._forget()
    store.clock.turn(15)
    assert await sweep.once(_unfenced) == 0, "once for each time that a broker came back"
    assert sorted(belt.ids) == sorted([first_run(lost), first_run(judged), first_run(later), first_run(lost)])


async def test_after_an_outage_many_that_wait_are_not_doubled(sqlite_store: Store) -> None:
    belt = Belt()
    relay = _relay(sqlite_store, belt)
    sweep = _sweep(sqlite_store, relay)
    await sqlite_store.do(*(submit() for _ in range(51)))
    while await sqlite_store.count(rows.Work):
        await sent_once(relay)
        await relay._forget()
    belt.connections += 1
    assert await sweep.once(_unfenced) == 0
    sqlite_store.clock.turn(45)
    assert await sweep.once(_unfenced) == 0


async def test_nothing_is_swept_that_has_its_verdict_or_was_overtaken(store: Store) -> None:
    relay = _relay(store, Belt())
    judged, again = submit(), submit()
    await store.do(judged, again, verdict(judged, Verdict.AC), verdict(again, Verdict.WA), (wish := rejudge(again)))
    await sent_once(relay)
    await relay._forget()
    store.clock.turn(1_000_000)
    assert await _sweep(store, relay).once(_unfenced) == 1
    [work] = await store.all(rows.Work)
    assert (work["id"], work["queue"]) == (first_run(wish), "SubmissionQueue.low")


async def test_many_overdue_runs_are_swept_in_parts(sqlite_store: Store) -> None:
    relay = _relay(sqlite_store, Belt())
    await sqlite_store.do(*(submit() for _ in range(250)))
    while await sqlite_store.count(rows.Work):
        await sent_once(relay)
        await relay._forget()
    sqlite_store.clock.turn(1_000)
    sweep = _sweep(sqlite_store, relay)
    assert [await sweep.once(_unfenced) for _ in range(4)] == [100, 100, 50, 0]


async def test_a_message_that_the_grader_lost_is_judged_in_the_end(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> None:
    async with World(tmp_path / "var", pki_folder, sqlite_url, sweep_after_s=50.0) as world:
        await world.start()
        await world.settle()
        wish = submit()
        await world.publish(wish)
        [lost] = await world.work(1)
        await world.until(lambda: _has_empty_outbox(world), "an empty outbox")
        world.clock.turn(51)
        [found] = await world.work(1)
        assert replace(found, sends=1) == lost
        await world.publish(verdict(wish, Verdict.AC))
        await world.until_settled(verdict(wish))


async def _has_empty_outbox(world: World) -> bool:
    return await world.store.count(rows.Work) == 0


@pytest.fixture(autouse=True)
def _quick_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.recorder.relay.LINGER_S", 0.02)


async def test_an_ephemeral_run_whose_message_was_not_kept_goes_on_at_the_low_level(store: Store) -> None:
    """Its queue keeps a message for two minutes. It is not stuck then: it is judged with the low ones, under the same run."""
    belt = Belt()
    relay = _relay(store, belt)
    sweep = _sweep(store, relay, after_s=3600.0)
    wish = submit(actor="olga", priority="ephemeral")
    await store.do(wish)
    await sent_once(relay)
    await relay._forget()
    store.clock.turn(134)
    assert await sweep.once(_unfenced) == 0, "it may be in a runner's hands"
    store.clock.turn(1)
    assert await sweep.once(_unfenced) == 1
    [work] = await store.all(rows.Work)
    sent = decode(JudgeSubmission, work["body"])
    assert (work["queue"], sent.priority, sent.run, sent.sends) == ("SubmissionQueue.low", "low", first_run(wish), 2)
    [run] = await store.all(rows.Run)
    assert (run["priority"], run["judged_at"]) == ("low", None)
    await sent_once(relay)
    await relay._forget()
    store.clock.turn(200)
    assert await sweep.once(_unfenced) == 0, "from here on it is as patient as with every other"
    await store.do(verdict(wish))
    [row] = await store.all(rows.Submission)
    assert row["status"] == "judged"


async def test_a_moved_run_is_sent_again_where_it_was_moved_to(sqlite_store: Store) -> None:
    belt = Belt()
    relay = _relay(sqlite_store, belt)
    wish = submit(priority="low")
    await sqlite_store.do(wish, command("olga", SetPriority(wish.id, "contest")))
    assert await sqlite_store.count(rows.Work) == 2, "both messages, each under an id of its own"
    await sent_once(relay)
    await sent_once(relay)
    await relay._forget()
    assert await sqlite_store.count(rows.Work) == 0
    assert {decode(JudgeSubmission, message.body).run for message in belt.messages} == {first_run(wish)}
    sqlite_store.clock.turn(1_000)
    await _sweep(sqlite_store, relay).once(_unfenced)
    [work] = await sqlite_store.all(rows.Work)
    assert work["queue"] == "SubmissionQueue.contest"
