"""What the record says of webhook calls, alike on every database: one row for each, ended once, reminded of in time."""

from __future__ import annotations

import base64
import json

import sqlalchemy as sa

from contest.verdicts import Verdict
from mesh.codec import decode
from services.recorder import rows
from services.recorder.orders import order_of
from services.recorder.relay import Relay
from services.recorder.reminders import Reminders
from tests.services.recorder.makers import command, submit, verdict
from tests.services.recorder.store import Store
from wire.commands import CommandBody
from wire.notices import Notification
from wire.queues import NOTIFICATIONS
from wire.webhooks import RecordDelivery, ReplayDelivery, SetWebhook, TryWebhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
URL, OTHER = "https://receiver.example/hook", "https://receiver.example/" + "ä".encode("idna").decode() + "/" + "x" * 900


async def test_a_call_from_its_verdict_to_its_end(store: Store) -> None:
    await _say(store, "ana", SetWebhook("ana", URL, SECRET))
    wish = submit(webhook_url=OTHER)
    await store.do(wish)
    before = await store.count(rows.Work)
    done = await store.do(verdict(wish, Verdict.WA, compile_output="warning: \N{SNOWMAN}\x00"))
    calls = {row["url"]: row for row in await store.all(rows.Delivery)}
    assert set(calls) == {URL, OTHER}
    assert await store.count(rows.Work) == before + 2
    notices = {decode(Notification, work.body).id for work in done.work if work.queue == NOTIFICATIONS.name}
    assert notices == {row["id"] for row in calls.values()}
    assert json.loads(calls[URL]["body"])["data"]["compile_output"] == "warning: \N{SNOWMAN}\N{REPLACEMENT CHARACTER}"
    figures = {(said["time_ms"], said["memory_bytes"]) for said in (json.loads(call["body"])["data"] for call in calls.values())}
    assert figures == {(20, None)}, "an author could read a secret off his figures"
    one = calls[OTHER]["id"]
    order = await order_of(store.record, one, store.seal, store.log)
    assert (order.url, order.secret, order.is_wanted, order.generation, order.tries) == (OTHER, SECRET, True, 1, 0)
    await _told(store, one, tries=1, http_status=503, error="answered 503", is_final=False)
    await _told(store, one, tries=1, http_status=404, error="late", is_final=False)
    [row] = [row for row in await store.all(rows.Delivery) if row["id"] == one]
    assert (row["status"], row["tries"], row["http_status"]) == ("waiting", 1, 503)
    await _told(store, one, tries=2, http_status=200, is_delivered=True)
    await _told(store, one, tries=9, error="too late")
    await _say(store, "ana", ReplayDelivery(one))
    await _told(store, one, tries=3, http_status=200, is_delivered=True)
    order = await order_of(store.record, one, store.seal, store.log)
    assert (order.is_wanted, order.generation, order.tries) == (True, 2, 0), "a word about the generation before says nothing"
    await _told(store, one, tries=1, error="given up", generation=2)
    assert not (await order_of(store.record, one, store.seal, store.log)).is_wanted
    [row] = [row for row in await store.all(rows.Delivery) if row["id"] == one]
    assert (row["status"], row["tries"], row["error"], row["generation"]) == ("failed", 1, "given up", 2)


async def test_what_waits_without_a_word_is_reminded_of(store: Store) -> None:
    relay = Relay(store.record, None, metrics=store.metrics, log=store.log, every_s=1.0)  # type: ignore[arg-type]  # publishes nothing
    reminders = Reminders(store.record, relay, store.clock, metrics=store.metrics, log=store.log, every_s=60.0, after_s=100.0)
    await _say(store, "ana", SetWebhook("ana", URL, SECRET))
    for _ in range(3):
        await _say(store, "ana", TryWebhook("ana"))
    first, *_ = [row["id"] for row in await store.all(rows.Delivery, "created_at")]
    store.clock.turn(101)
    assert await reminders.once(_unfenced) == 0, "their messages are not even sent"
    await store.record.transact(lambda connection: connection.execute(sa.delete(store.record.table(rows.Work))) and None)
    await _told(store, first, tries=1, error="answered 500", is_final=False)
    assert await reminders.once(_unfenced) == 2, "who was tried shows life"
    assert await store.count(rows.Work) == 2
    await store.record.transact(lambda connection: connection.execute(sa.delete(store.record.table(rows.Work))) and None)
    store.clock.turn(101)
    assert await reminders.once(_unfenced) == 1, "the first now; the others have twice the time"
    assert sorted(row["sends"] for row in await store.all(rows.Delivery)) == [2, 2, 2]


async def _told(store: Store, delivery: str, *, tries: int, is_delivered: bool = False, **values: object) -> None:
    await _say(store, "service:mailer", RecordDelivery(delivery, is_delivered, tries, **values))  # type: ignore[arg-type]  # as named


async def _say(store: Store, actor: str, body: CommandBody) -> None:
    await store.do(command(actor, body, at=store.clock.now()))


def _unfenced(_: object) -> None:
    """No other recorder is about."""
