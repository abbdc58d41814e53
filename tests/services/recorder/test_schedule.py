"""A job runs once in the cluster, whoever lives to run it; who was taken over changes nothing more."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.clock import Clock, SystemClock
from mesh.codec import convert
from mesh.errors import Unavailable
from mesh.tasks import alongside
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.schedule.ledger import Fence, LeaseLost, Ledger
from services.recorder.schedule.purge import Purge
from services.recorder.schedule.scheduler import Scheduler
from services.recorder.schedule.trimming import Trimming
from tests.services.recorder.makers import NOW, submit, verdict
from tests.services.recorder.store import Store

LIMIT_S = 40.0
LEASE_S = 0.6
EVERY_S = 0.1


class SkewedClock(SystemClock):
    """A machine whose wall clock is wrong."""

    def __init__(self, skew_s: float) -> None:
        self._skew = timedelta(seconds=skew_s)

    def now(self) -> datetime:
        return super().now() + self._skew


class Chore:
    """A job that counts, and does what the test says in between."""

    name = "chore"
    wakes = frozenset({"contest-changed"})

    def __init__(self, clock: Clock, every_s: float = EVERY_S) -> None:
        self.clock = clock
        self.every_s = every_s
        self.begun = self.done = self.now_in = self.most_in = 0
        self.during: Callable[[Fence], Awaitable[None]] = _at_once

    async def work(self, fence: Fence) -> datetime:
        self.begun += 1
        self.now_in += 1
        self.most_in = max(self.most_in, self.now_in)
        try:
            await self.during(fence)
        finally:
            self.now_in -= 1
        self.done += 1
        return self.clock.now() + timedelta(seconds=self.every_s)


async def _at_once(_fence: Fence) -> None:
    return


async def _for_ever(_fence: Fence) -> None:
    await asyncio.sleep(math.inf)


def _scheduler(store: Store, chore: Chore, record: Record | None = None) -> Scheduler:
    return Scheduler(Ledger(record or store.record, LEASE_S), [chore], clock=chore.clock, metrics=store.metrics, log=store.log)


async def _until(is_so: Callable[[], object], what: str) -> None:
    try:
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None


async def _row(store: Store) -> rows.Job:
    [found] = [row for row in await store.all(rows.Job) if row["name"] == "chore"]
    return rows.Job(**found)


@asynccontextmanager
async def _another(store: Store) -> AsyncIterator[Record]:
    """The record as another recorder holds it."""
    async with Record(store.record._url, store.record._credentials) as record:
        yield record


async def test_two_recorders_share_the_turns_and_never_work_at_once(store: Store) -> None:
    mine, yours = Chore(SkewedClock(-90)), Chore(SkewedClock(90))
    inside: list[int] = []

    async def alone(_fence: Fence) -> None:
        inside.append(mine.now_in + yours.now_in)
        await asyncio.sleep(0.02)

    mine.during = yours.during = alone
    async with _another(store) as record, alongside(_scheduler(store, mine).run(), _scheduler(store, yours, record).run()):
        await _until(lambda: mine.done + yours.done >= 6, "six turns")
    assert set(inside) == {1}, "clocks three minutes apart, and still one at a time"


async def test_who_leaves_hands_the_job_on_at_once(sqlite_store: Store) -> None:
    mine, yours = Chore(SystemClock()), Chore(SystemClock())
    mine.during = _for_ever
    async with _another(sqlite_store) as record:
        async with alongside(_scheduler(sqlite_store, mine).run()):
            await _until(lambda: mine.begun, "a turn")
        left_at = asyncio.get_running_loop().time()
        async with alongside(_scheduler(sqlite_store, yours, record).run()):
            await _until(lambda: yours.done, "the job done by the other")
        assert asyncio.get_running_loop().time() - left_at < LEASE_S + 1, "it does not wait for the lease to end"


async def test_who_works_long_keeps_the_job(sqlite_store: Store) -> None:
    mine, yours = Chore(SystemClock()), Chore(SystemClock())
    seen: list[int] = []

    async def long(_fence: Fence) -> None:
        await asyncio.sleep(3 * LEASE_S)
        seen.append(yours.begun)

    mine.during = long
    async with alongside(_scheduler(sqlite_store, mine).run()):
        await _until(lambda: mine.begun, "a turn")
        async with alongside(_scheduler(sqlite_store, yours).run()):
            await _until(lambda: mine.done, "a long turn, to its end")
    assert seen[0] == 0, "nobody took it over meanwhile"


async def test_who_was_taken_over_is_fenced(store: Store) -> None:
    ledger = Ledger(store.record, 0.2)
    await ledger.enter("chore")
    frozen = (await ledger.look("chore", "frozen")).turn
    assert frozen is not None
    await asyncio.sleep(0.25)  # the lease ends by the database's clock; it freezes, and never renews
    awake = (await ledger.look("chore", "awake")).turn
    assert awake is not None
    with pytest.raises(LeaseLost):
        await store.record.transact(_counting(store, ledger.fence(frozen)))
    for late in (ledger.renew(frozen), ledger.end(frozen, 60.0, 1), ledger.fail(frozen, 1, "late"), ledger.let_go(frozen)):
        with pytest.raises(LeaseLost):
            await late
    await store.record.transact(_counting(store, ledger.fence(awake)))
    assert (await _row(store)).took_ms == 77, "one effect: that of who holds it"
    await ledger.end(awake, 60.0, 1)
    assert (await ledger.look("chore", "third")).turn is None


def _counting(store: Store, fence: Fence) -> Callable[[sa.Connection], None]:
    def work(connection: sa.Connection) -> None:
        fence(connection)
        table = store.record.table(rows.Job)
        connection.execute(sa.update(table).where(table.c.name == "chore").values(took_ms=table.c.took_ms + 77))

    return work


async def test_who_cannot_renew_stops_by_himself(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chore = Chore(SystemClock())
    chore.during = _for_ever

    async def away(*_: object) -> None:
        raise Unavailable("away", code="record-unavailable")

    async with alongside(_scheduler(sqlite_store, chore).run()):
        await _until(lambda: chore.begun, "a turn")
        monkeypatch.setattr(Ledger, "renew", away)
        await _until(lambda: chore.begun == 2, "stopped at the end of the lease, and claimed again")
    assert chore.most_in == 1


async def test_a_failing_job_is_tried_again_and_told(sqlite_store: Store) -> None:
    chore = Chore(SystemClock())

    async def broken(_fence: Fence) -> None:
        if chore.begun == 1:
            raise ValueError("the moon is wrong")

    chore.during = broken
    scheduler = _scheduler(sqlite_store, chore)
    async with alongside(scheduler.run()):
        await _until(lambda: chore.begun == 1 and not chore.now_in, "a failure")
        while "the moon is wrong" not in await scheduler.health():
            await asyncio.sleep(0.01)
        row = await _row(sqlite_store)
        assert (row.failures, row.error, row.holder) == (1, "ValueError: the moon is wrong", "")
        text = await asyncio.to_thread(sqlite_store.metrics.text)
        assert 'job_failures{job="chore"} 1.0' in text.decode() or 'job_failures{job="chore",' in text.decode()
        await _until(lambda: chore.done, "a second try, after its back-off")
        while await scheduler.health():
            await asyncio.sleep(0.01)


async def test_a_command_that_moves_its_time_wakes_a_sleeping_job(sqlite_store: Store) -> None:
    chore = Chore(SystemClock(), every_s=3600.0)
    scheduler = _scheduler(sqlite_store, chore)
    async with alongside(scheduler.run()):
        await _until(lambda: chore.done == 1, "the first turn")
        table = sqlite_store.record.table(rows.Job)
        while (await _row(sqlite_store)).holder:
            await asyncio.sleep(0.01)

        def pull(connection: sa.Connection) -> None:
            connection.execute(sa.update(table).values(due_at=datetime.fromisoformat("1970-01-01T00:00:00+00:00")))

        await sqlite_store.record.transact(pull)
        scheduler.hear([rows.Event("finals", 1, "contest-changed", NOW, "olga", "", {})])
        await _until(lambda: chore.done == 2, "a second turn, an hour early")


async def test_what_cases_said_is_forgotten_in_time_and_never_while_the_contest_runs(store: Store) -> None:
    case = CaseResult(0, Verdict.WA, 5, 6, message="wanted 1", output_head="2", difference="- 1", is_sample=True)
    first = submit()
    await store.do(first)
    await store.do(verdict(first, Verdict.WA, cases=[case]))
    trimming = Trimming(store.record, store.clock, metrics=store.metrics, log=store.log, every_s=3600, kept_s=86_400)

    async def cases() -> list[tuple[Any, bool]]:
        return [(row["cases"], row["trimmed_at"] is None) for row in await store.all(rows.Run)]

    before = await cases()
    await trimming.work(lambda _connection: None)
    assert await cases() == before, "it is young"
    await _set_contest(store, duration_s=60 * 86_400)
    store.clock.turn(30 * 86_400)
    await trimming.work(lambda _connection: None)
    assert await cases() == before, "its contest still runs"
    await _set_contest(store, duration_s=3600)
    due_at = await trimming.work(lambda _connection: None)
    assert (due_at - store.clock.now()).total_seconds() == 3600
    [(kept, is_young)] = await cases()
    assert not is_young
    assert convert(tuple[CaseResult, ...], kept) == (CaseResult(0, Verdict.WA, 5, 6, is_sample=True),)


async def test_what_is_to_be_trimmed_is_found_by_an_index_and_not_by_looking_at_every_run(sqlite_store: Store) -> None:
    record = sqlite_store.record
    trimming = Trimming(record, sqlite_store.clock, metrics=sqlite_store.metrics, log=sqlite_store.log, every_s=3600, kept_s=86_400)

    def plan(connection: sa.Connection) -> str:
        text = trimming.due(NOW, ["finals"]).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        return "\n".join(row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))

    told = await record.transact(plan)
    assert "SEARCH runs USING INDEX ix_runs_trimmed_at_judged_at (trimmed_at=? AND judged_at<?)" in told
    assert "SCAN" not in told
    assert "TEMP B-TREE" not in told, "in the order of the index"


async def _set_contest(store: Store, **values: Any) -> None:
    table = store.record.table(rows.Contest)

    def change(connection: sa.Connection) -> None:
        connection.execute(sa.update(table).values(**values))

    await store.record.transact(change)


async def test_what_has_had_its_time_is_deleted_and_events_and_refusals_are_not(store: Store) -> None:
    await store.do(submit(), submit())
    refused = submit("nobody")
    assert not (await store.outcome(refused)).is_applied
    events = await store.count(rows.Event)
    store.clock.turn(31 * 86_400)
    fresh = submit(at=NOW)
    await store.outcome(fresh)
    purge = Purge(store.record, store.clock, metrics=store.metrics, log=store.log, every_s=3600, kept_s=30 * 86_400)
    due_at = await purge.work(lambda _connection: None)
    assert (due_at - store.clock.now()).total_seconds() == 3600
    assert {row["id"] for row in await store.all(rows.Settled)} == {refused.id, fresh.id}
    assert await store.count(rows.Event) >= events
    assert await store.count(rows.Submission) == 3
