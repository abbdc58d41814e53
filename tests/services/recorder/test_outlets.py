"""A queue that refuses holds nothing else up: not what other queues take, not what lies behind it in the table; and loses nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mesh.tasks import alongside
from services.recorder import rows
from services.recorder.outlet import AT_ONCE, MOST_KNOWN
from services.recorder.relay import Relay
from tests.services.recorder.makers import NOW, submit
from tests.services.recorder.store import Store
from tests.services.recorder.test_relay_and_sweep import LIMIT_S, Belt
from wire.queues import NOTIFICATIONS, SUBMISSIONS

CONTEST, LOW = SUBMISSIONS["contest"].name, SUBMISSIONS["low"].name
REFUSALS = [(NOTIFICATIONS.name, "queue-unavailable"), (NOTIFICATIONS.name, "queue-not-allowed"), (LOW, "queue-full")]


def _work(name: str, number: int, queue: str) -> rows.Work:
    return rows.Work(f"{name}-{number:05}", queue, b"{}", "", NOW + timedelta(microseconds=number))


def _relay(store: Store, belt: Belt, every_s: float = 60.0) -> Relay:
    return Relay(store.record, belt, metrics=store.metrics, log=store.log, every_s=every_s)  # type: ignore[arg-type]  # only publishes


async def _write(store: Store, work: Sequence[rows.Work]) -> None:
    table = store.record.table(rows.Work)
    rows_of = [{name: getattr(one, name) for name in one.__slots__} for one in work]
    await store.record.transact(lambda connection: connection.execute(sa.insert(table), rows_of))


async def _until(is_so: object) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not is_so():  # type: ignore[operator]  # a function
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _quick_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.recorder.relay.LINGER_S", 0.02)


@pytest.mark.parametrize(("refuses", "code"), REFUSALS)
@pytest.mark.parametrize("hangs", [False, True])
async def test_one_queue_that_refuses_holds_no_other_up(sqlite_store: Store, refuses: str, code: str, hangs: bool) -> None:
    """Whether it refuses at once, or only after a time as a queue without a process does."""
    belt = Belt()
    belt.refusing = {refuses: code}
    belt.hanging = {refuses} if hangs else set()
    relay = _relay(sqlite_store, belt)
    relay._must_read = False
    async with alongside(relay.run()):
        relay.offer([_work("stuck", number, refuses) for number in range(3 * AT_ONCE)])
        await _until(lambda: belt.asked)
        relay.offer([_work("fine", number, CONTEST) for number in range(3)])
        await _until(lambda: len(belt.messages) == 3)
        assert belt.ids == [f"fine-{number:05}" for number in range(3)], "in their order"
        if not hangs:
            figures = (await asyncio.to_thread(sqlite_store.metrics.text)).decode()
            assert f'outbox_waiting{{queue="{refuses}"}} {AT_ONCE}.0' in figures
            assert await relay.health() == f"work for {refuses} waits: {refuses} takes nothing"


async def test_rows_of_a_queue_in_trouble_do_not_hide_those_behind_them(sqlite_store: Store) -> None:
    """More than one reading of the table holds lie before them; and when the trouble is over, each is sent once, in order."""
    belt = Belt()
    belt.refusing = {LOW: "queue-full"}
    stuck = [_work("stuck", number, LOW) for number in range(MOST_KNOWN + 100)]
    await _write(sqlite_store, [*stuck, replace(_work("fine", MOST_KNOWN + 100, CONTEST), id="fine")])
    relay = _relay(sqlite_store, belt)
    async with alongside(relay.run()):
        await _until(lambda: belt.ids == ["fine"])
        assert len(belt.asked) <= AT_ONCE + 20, "who refused is asked again with one message, not with all"
        assert len(relay._outlets[LOW]) == AT_ONCE, "the rest stays in the table"
        belt.refusing = {}
        await _until(lambda: len(belt.messages) == len(stuck) + 1)
        assert belt.ids[1:] == [work.id for work in stuck]
        assert await relay.health() == ""

        async def count() -> int:
            return await sqlite_store.count(rows.Work)

        async with asyncio.timeout(LIMIT_S):
            while await count():
                await asyncio.sleep(0.01)
    assert len(belt.messages) == len(stuck) + 1


async def test_what_is_committed_while_its_queue_refuses_is_sent_when_it_is_over(sqlite_store: Store) -> None:
    belt = Belt()
    relay = _relay(sqlite_store, belt)
    first = (await sqlite_store.do(*(submit() for _ in range(AT_ONCE)))).work
    belt.refusing = {one.queue: "queue-unavailable" for one in first}
    async with alongside(relay.run()):
        relay.offer(first)
        await _until(lambda: belt.asked)
        later = (await sqlite_store.do(*(submit() for _ in range(7)))).work
        relay.offer(later)
        belt.refusing = {}
        await _until(lambda: len(belt.messages) == AT_ONCE + 7)
    assert sorted(belt.ids) == sorted(one.id for one in [*first, *later])


async def test_an_outbox_that_flows_reads_its_table_once(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come from the commit: a table that is read for each of them would cost what the outbox saves."""
    belt, readings = Belt(), 0
    relay = _relay(sqlite_store, belt)
    read = relay._left_behind

    async def counted() -> list[rows.Work]:
        nonlocal readings
        readings += 1
        return await read()

    monkeypatch.setattr(relay, "_left_behind", counted)
    async with alongside(relay.run()):
        await _until(lambda: readings)
        for start in range(0, 500, 50):
            relay.offer([_work("fine", number, (CONTEST, LOW)[number % 2]) for number in range(start, start + 50)])
            await asyncio.sleep(0)
        await _until(lambda: len(belt.messages) == 500)
        await _until(lambda: not relay._sent)
    assert readings == 1
