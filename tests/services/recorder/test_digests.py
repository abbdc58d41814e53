"""Once a day an account with a webhook hears what happened in its contests, alike on every database; whoever tells it, however often."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from contest.verdicts import Verdict
from mesh.codec import decode
from mesh.errors import Unavailable
from services.recorder import rows
from services.recorder.orders import order_of
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.schedule import digests as module
from services.recorder.schedule.digests import NEVER, Digests
from services.recorder.schedule.ledger import LeaseLost
from tests.services.recorder.makers import ask, command, contest, submit, teams, verdict
from tests.services.recorder.store import Store
from wire.notices import Notification
from wire.queues import NOTIFICATIONS
from wire.webhooks import SetWebhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
DAY = timedelta(days=1)


def _unfenced(_connection: sa.Connection) -> None:
    return


def _lost(_connection: sa.Connection) -> None:
    raise LeaseLost("somebody else has it")


def _job(store: Store, record: Record | None = None, *, hour: int | None = None) -> Digests:
    """The job of one recorder, whose day has just ended."""
    relay = Relay(store.record, None, metrics=store.metrics, log=store.log, every_s=1.0)  # type: ignore[arg-type]  # publishes nothing
    hour = store.clock.now().hour if hour is None else hour
    return Digests(record or store.record, relay, store.clock, metrics=store.metrics, log=store.log, hour=hour)


async def _furnished(store: Store) -> datetime:
    """A day with two submissions of ana and one of ben, two questions, and a contest that begins tomorrow; returns its end.

    olga runs all of it; ana and ben take part; carl has a webhook and nothing else, ben no webhook.
    """
    right, wrong, open_one = submit("ana"), submit("ana", "bridges"), submit("ben")
    await store.do(right, wrong, open_one)
    await store.do(verdict(right), verdict(wrong, Verdict.WA))
    await store.do(ask("ana"), ask("ben", "Why?"))
    now = store.clock.now()
    await store.do(contest(alias="later", title="Later", start=now + timedelta(hours=20)), teams("ana", alias="later"))
    await store.do(contest(alias="far", title="Far", start=now + timedelta(days=9)), teams("ana", alias="far"))
    for username in ("ana", "olga", "carl"):
        await store.do(command(username, SetWebhook(username, f"https://{username}.example/hook", SECRET)))
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    store.clock.turn((until - now).total_seconds() + 1)
    return until


async def _told(store: Store) -> dict[str, dict[str, Any]]:
    return {row["username"]: json.loads(row["body"]) for row in await store.all(rows.Delivery)}


async def test_everybody_hears_of_his_own_contests_and_of_no_more(store: Store) -> None:
    until = await _furnished(store)
    before = await store.count(rows.Work)
    assert await _job(store).work(_unfenced) == until + DAY
    told = await _told(store)
    assert set(told) == {"ana", "olga"}, "who has nothing to be told hears nothing"
    assert {body["type"] for body in told.values()} == {"digest.daily"}
    ana, olga = told["ana"]["data"], told["olga"]["data"]
    assert datetime.fromisoformat(ana["since"]) == until - DAY
    assert datetime.fromisoformat(ana["until"]) == until
    figures = ("contest", "role", "submissions", "verdicts", "unjudged", "questions_waiting", "starts_within_a_day")
    assert [tuple(line[name] for name in figures) for line in ana["contests"]] == [
        ("finals", "contestant", 2, {"AC": 1, "WA": 1}, 0, 1, False), ("later", "contestant", 0, {}, 0, 0, True),
    ]  # fmt: skip
    assert [tuple(line[name] for name in figures) for line in olga["contests"]] == [
        ("finals", "organiser", 3, {"AC": 1, "WA": 1}, 1, 2, False), ("later", "organiser", 0, {}, 0, 0, True),
    ]  # fmt: skip
    calls = await store.all(rows.Delivery)
    assert {(row["kind"], row["status"]) for row in calls} == {("digest", "waiting")}
    order = await order_of(store.record, calls[0]["id"], store.seal, store.log)
    assert (order.is_wanted, order.secret, order.url) == (True, SECRET, f"https://{calls[0]['username']}.example/hook"), "the mailer gets it as any call"
    work = [row for row in await store.all(rows.Work) if row["queue"] == NOTIFICATIONS.name]
    assert {decode(Notification, row["body"]).id for row in work} == {row["id"] for row in calls}
    assert await store.count(rows.Work) == before + 2


async def test_a_day_is_told_once_however_often_and_wherever_the_job_runs(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store = sqlite_store
    monkeypatch.setattr(module, "AT_ONCE", 1)
    await _furnished(store)
    with pytest.raises(LeaseLost):
        await _job(store).work(_lost)
    assert await store.count(rows.Delivery) == 0
    turns = iter(range(10))

    def breaks(_connection: sa.Connection) -> None:
        if next(turns) == 1:
            raise Unavailable("the database went away in the middle", code="record-unavailable")

    with pytest.raises(Unavailable):
        await _job(store).work(breaks)
    assert set(await _told(store)) == {"ana"}
    async with Record(store.record._url, store.record._credentials) as other:
        for record in (store.record, other, store.record):
            await _job(store, record).work(_unfenced)
        assert sorted(row["username"] for row in await store.all(rows.Delivery)) == ["ana", "olga"]
        store.clock.turn(DAY.total_seconds())
        await _job(store, other).work(_unfenced)
    assert sorted(row["username"] for row in await store.all(rows.Delivery)) == ["ana", "ana", "olga", "olga"], "and the next day anew"


async def test_nobody_is_told_where_it_is_turned_off(sqlite_store: Store) -> None:
    await _furnished(sqlite_store)
    assert await _job(sqlite_store, hour=NEVER).work(_unfenced) > sqlite_store.clock.now()
    assert await sqlite_store.count(rows.Delivery) == 0
