"""A verdict in force is told: signed, once in the record, and again when somebody asks."""

from __future__ import annotations

import dataclasses

import pytest

from contest.verdicts import Verdict
from mesh.errors import Forbidden, NotFound
from mesh.ids import derived_id
from services.recorder import rows
from tests.services.mailer.receiver import Receiver, receiving
from tests.services.mailer.world import SECRET, MailWorld
from tests.services.recorder.makers import command, first_run, rejudge, verdict
from wire.methods import RECORDER_DELIVERY
from wire.notices import DeliveryRequest
from wire.webhooks import RecordDelivery, ReplayDelivery, SetWebhook, TryWebhook


async def test_a_verdict_is_told_signed_and_recorded(world: MailWorld, receiver: Receiver) -> None:
    await world.set_webhook(receiver.url)
    [wish] = await world.judged(of=Verdict.WA)
    [heard] = await receiver.until_heard(1)
    assert heard.is_signed_by(SECRET)
    assert not heard.is_signed_by("whsec_" + "A" * 32)
    assert heard.told["type"] == "submission.judged"
    told = heard.told["data"]
    assert (told["id"], told["verdict"], told["status"], told["username"]) == (wish.id, "WA", "judged", "ana")
    assert not {"cases", "source", "decisive_case"} & set(told)
    [row] = await world.until_ended()
    assert row["id"] == heard.id == derived_id("delivery", first_run(wish), receiver.url)
    assert (row["status"], row["tries"], row["http_status"], row["error"]) == ("delivered", 1, 204, "")


async def test_the_submission_s_own_address_hears_too_and_the_same_one_once(world: MailWorld, receiver: Receiver) -> None:
    async with receiving() as other:
        await world.set_webhook(receiver.url)
        await world.judged(webhook_url=other.url)
        await world.judged(webhook_url=receiver.url)
        rows_ = await world.until_ended(3)
        assert sorted(row["url"] for row in rows_) == sorted([receiver.url, receiver.url, other.url])
        assert (len(receiver.heard), len(other.heard)) == (2, 1)
        assert other.heard[0].is_signed_by(SECRET)


async def test_nobody_is_called_for_whom_none_has_asked(world: MailWorld, receiver: Receiver) -> None:
    await world.set_webhook(receiver.url, "ben")
    await world.judged()
    assert await world.calls() == []


async def test_without_a_secret_nothing_is_sent_unsigned_and_a_replay_makes_up_for_it(world: MailWorld, receiver: Receiver) -> None:
    await world.judged(webhook_url=receiver.url)
    [row] = await world.until_ended()
    assert row["status"] == "failed"
    assert "no webhook secret" in row["error"]
    assert receiver.heard == []
    await world.set_webhook("")
    assert (await world.call(command("ana", ReplayDelivery(row["id"]), at=world.clock.now()))).is_applied
    [heard] = await receiver.until_heard(1)
    assert heard.is_signed_by(SECRET)
    await world.until_ended()


async def test_a_replay_says_the_same_under_the_same_id_with_a_new_signature(world: MailWorld, receiver: Receiver) -> None:
    await world.set_webhook(receiver.url)
    await world.judged()
    [first] = await world.until_ended()
    for actor, code in (("ben", "no-such-delivery"), ("ana", ""), ("root", "")):
        outcome = await world.call(command(actor, ReplayDelivery(first["id"]), at=world.clock.now()))
        assert outcome.code == code
        await world.until_ended()
    [one, two, three] = receiver.heard
    assert one.id == two.id == three.id == first["id"]
    assert one.body == two.body == three.body
    assert three.is_signed_by(SECRET)
    [row] = await world.calls()
    assert (row["generation"], row["tries"], row["status"]) == (3, 1, "delivered")


async def test_a_rejudge_tells_of_the_new_verdict_and_an_overtaken_run_of_nothing(world: MailWorld, receiver: Receiver) -> None:
    await world.set_webhook(receiver.url)
    [wish] = await world.judged(of=Verdict.WA)
    await world.until_ended()
    first, second = rejudge(wish), rejudge(wish)
    assert (await world.call(first)).is_applied
    now_wanted = derived_id("run", first.id)
    await world.publish(verdict(wish, Verdict.AC, run=now_wanted))
    await world.until_ended(2)
    assert (await world.call(second)).is_applied
    late = command("service:grader", dataclasses.replace(verdict(wish, Verdict.TLE, run=now_wanted).body, verdict=Verdict.TLE))
    await world.publish(late)
    await world.until_settled(late)
    assert [heard.told["data"]["verdict"] for heard in receiver.heard] == ["WA", "AC"]
    assert receiver.heard[0].id != receiver.heard[1].id


async def test_a_test_call_goes_the_way_of_every_call(world: MailWorld, receiver: Receiver) -> None:
    wish = command("ana", TryWebhook("ana"), at=world.clock.now())
    assert (await world.call(wish)).code == "no-such-webhook"
    await world.set_webhook(receiver.url)
    wish = command("ana", TryWebhook("ana"), at=world.clock.now())
    assert (await world.call(wish)).is_applied
    [heard] = await receiver.until_heard(1)
    assert (heard.id, heard.told["type"]) == (wish.id, "webhook.test")
    assert heard.is_signed_by(SECRET)
    [row] = await world.until_ended()
    assert row["kind"] == "test"


async def test_a_new_secret_counts_at_once_and_a_forgotten_webhook_ends_what_waits(world: MailWorld, receiver: Receiver) -> None:
    fresh = "whsec_" + "B" * 40
    receiver.status = 503
    await world.set_webhook(receiver.url)
    await world.judged()
    await receiver.until_heard(1)
    await world.set_webhook(receiver.url, secret=fresh)
    [_, second] = (await receiver.until_heard(2))[:2]
    assert second.is_signed_by(fresh)
    assert not second.is_signed_by(SECRET)
    assert (await world.call(command("ana", SetWebhook("ana", ""), at=world.clock.now()))).is_applied
    world.clock.turn(10)
    [row] = await world.until_ended()
    assert row["status"] == "failed"
    assert "no webhook secret" in row["error"]


async def test_only_the_mailer_says_what_became_of_a_call_and_hears_the_secret(world: MailWorld, receiver: Receiver) -> None:
    await world.set_webhook(receiver.url)
    await world.judged()
    [row] = await world.until_ended()
    body = RecordDelivery(row["id"], is_delivered=False, tries=9)
    assert (await world.call(command("ana", body, at=world.clock.now()))).code == "forbidden"
    with pytest.raises(Forbidden):
        await world.call(command("service:grader", body, at=world.clock.now()))
    for service in ("frontend", "grader"):
        with pytest.raises(Forbidden) as told:
            await (await world.of(service)).peer("recorder").call(RECORDER_DELIVERY, DeliveryRequest(row["id"]))
        assert told.value.code == "caller-not-allowed"
    with pytest.raises(NotFound):
        await (await world.of("mailer")).peer("recorder").call(RECORDER_DELIVERY, DeliveryRequest("nothing"))
    assert (await world.calls()) == [row]


async def test_who_may_set_a_webhook_and_with_what(world: MailWorld) -> None:
    wanted = "https://receiver.example/hook"
    for actor, username, url, secret, code in (
        ("ben", "ana", wanted, SECRET, "forbidden"),
        ("root", "ana", wanted, SECRET, ""),
        ("root", "nobody", wanted, SECRET, "no-such-account"),
        ("ana", "ana", "ftp://receiver.example/", SECRET, "webhook-url-refused"),
        ("ana", "ana", "https://me:word@receiver.example/", SECRET, "webhook-url-refused"),
        ("ana", "ana", wanted, "short", "webhook-invalid"),
        ("ana", "ana", wanted, "whsec_AAAA", "webhook-invalid"),
        ("ana", "ana", "", "", ""),
    ):
        assert (await world.call(command(actor, SetWebhook(username, url, secret), at=world.clock.now()))).code == code, (actor, url)
    assert await world.store.all(rows.Webhook) == []
    told = [row["kind"] for row in await world.store.all(rows.Event, "contest", "seq") if row["kind"].startswith("webhook")]
    assert told == ["webhook-set", "webhook-forgotten"]


async def test_a_gone_receiver_is_asked_once_and_taken_off(world: MailWorld, receiver: Receiver) -> None:
    receiver.status = 410
    await world.set_webhook(receiver.url)
    [before] = await world.store.all(rows.Webhook)
    await world.judged()
    [row] = await world.until_ended()
    assert (row["status"], row["tries"], row["http_status"]) == ("failed", 1, 410)
    [webhook] = await world.store.all(rows.Webhook)
    assert (webhook["url"], webhook["secret"]) == ("", before["secret"])
    assert SECRET not in before["secret"], "it lies sealed"
