"""Whatever fails, a call ends exactly once: nothing lost, nothing for ever, nobody held up by another's receiver."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mesh.queue import Message
from services.recorder import rows
from services.recorder.rules.webhooks import notice_of
from tests.services.mailer.receiver import LIMIT_S, Receiver, receiving
from tests.services.mailer.world import SECRET, MailWorld
from tests.services.recorder.makers import command
from wire.queues import NOTIFICATIONS
from wire.webhooks import ReplayDelivery
from tests.support.ports import free_ports


async def test_a_receiver_that_is_down_for_the_whole_ladder(world: MailWorld, receiver: Receiver) -> None:
    receiver.status = 503
    await world.set_webhook(receiver.url)
    await world.judged()
    for tries in range(1, NOTIFICATIONS.max_tries + 1):
        await receiver.until_heard(tries)
        await world.until(lambda wanted=tries: _has_tries(world, wanted), f"{tries} tries in the record")
        world.clock.turn(800)
    [row] = await world.until_ended()
    assert (row["status"], row["tries"], row["http_status"], row["error"]) == ("failed", 10, 503, "answered 503")
    assert len(receiver.heard) == NOTIFICATIONS.max_tries
    assert len({heard.id for heard in receiver.heard}) == 1
    assert len({heard.headers["webhook-timestamp"] for heard in receiver.heard}) == NOTIFICATIONS.max_tries
    world.clock.turn(40_000)
    await world.stop_mailer()
    assert (await world.queue.depth(NOTIFICATIONS.name)).dead == 0, "the message ended with its call"
    receiver.status = 200
    await world.start_mailer()
    assert (await world.call(command("ana", ReplayDelivery(row["id"]), at=world.clock.now()))).is_applied
    await receiver.until_heard(NOTIFICATIONS.max_tries + 1)
    [row] = await world.until_ended()
    assert (row["status"], row["tries"], row["error"]) == ("delivered", 1, "")


async def test_a_receiver_that_comes_back_has_the_call(world: MailWorld) -> None:
    [port] = free_ports(1)
    await world.set_webhook(f"http://127.0.0.1:{port}/hook")
    await world.judged()
    await world.until(lambda: _has_tries(world, 1), "a try")
    [row] = await world.calls()
    assert (row["status"], row["http_status"]) == ("waiting", 0)
    assert "cannot connect" in row["error"]
    async with receiving(port=port) as receiver:
        await receiver.until_heard(1)
        [row] = await world.until_ended()
        assert row["status"] == "delivered"


async def test_a_mailer_that_dies_in_the_middle_of_a_call_makes_it_again(world: MailWorld, receiver: Receiver) -> None:
    receiver.hangs = True
    await world.set_webhook(receiver.url)
    await world.judged()
    await receiver.until_heard(1)
    await world.kill_mailer()
    receiver.hangs = False
    await world.start_mailer()
    [first, second] = await receiver.until_heard(2)
    assert first.id == second.id
    [row] = await world.until_ended()
    assert (row["status"], row["tries"]) == ("delivered", 1)


async def test_leaving_finishes_the_call_under_way(world: MailWorld, receiver: Receiver) -> None:
    receiver.hangs = True
    await world.set_webhook(receiver.url)
    await world.judged()
    await receiver.until_heard(1)
    leaving = asyncio.create_task(world.stop_mailer())
    await asyncio.sleep(0)
    receiver.hangs = False
    await leaving
    [row] = await world.until_ended()
    assert (row["status"], row["tries"], len(receiver.heard)) == ("delivered", 1, 1)


async def test_a_recorder_that_is_away_is_waited_for(world: MailWorld, receiver: Receiver) -> None:
    await world.kill_mailer()
    await world.set_webhook(receiver.url)
    await world.judged(3)
    await world.until(lambda: _has_messages(world, 3), "the messages")
    await world.stop()
    await world.start_mailer()
    await world.until(lambda: _is_troubled(world), "a health detail that says so")
    assert receiver.heard == []
    await world.start()
    await receiver.until_heard(3)
    assert {row["status"] for row in await world.until_ended(3)} == {"delivered"}


async def test_a_call_whose_message_was_lost_is_sent_again(tmp_path: Path, pki_folder: Path, sqlite_url: str, receiver: Receiver) -> None:
    async with MailWorld(tmp_path / "var", pki_folder, sqlite_url, remind_every_s=0.05, remind_after_s=600.0, sweep_every_s=60.0) as world:
        await world.start()
        await world.settle()
        await world.set_webhook(receiver.url)
        await world.judged()
        for sends in (1, 2):
            await world.until(lambda: _has_messages(world, 1), "the message")
            async with world.queue.consumer(NOTIFICATIONS.name) as thief:
                await (await thief.take())[0].ack()
            world.clock.turn(250 * 2**sends)
            await asyncio.sleep(0.15)
            assert (await world.calls())[0]["sends"] == sends, "not before its time, which doubles"
            world.clock.turn(60 * 2**sends)
        await world.start_mailer()
        await receiver.until_heard(1)
        [row] = await world.until_ended()
        assert (row["status"], row["sends"]) == ("delivered", 3)
        world.clock.turn(100_000)
        await asyncio.sleep(0.15)
        assert (await world.calls()) == [row], "what has ended is left alone"


async def test_a_message_that_comes_twice_is_one_call(world: MailWorld, receiver: Receiver) -> None:
    receiver.hangs = True
    await world.set_webhook(receiver.url)
    await world.judged()
    await receiver.until_heard(1)
    [row] = await world.calls()
    notice = notice_of(rows.Delivery(**row), "", world.clock.now())
    await world.queue.publish(NOTIFICATIONS.name, Message(notice.id, notice.body))
    await world.until(lambda: _has_held(world, 1), "the second one acknowledged while the first is under way")
    receiver.hangs = False
    await world.until_ended()
    await world.queue.publish(NOTIFICATIONS.name, Message(notice.id, notice.body))
    await world.until_ended()
    assert len(receiver.heard) == 1


async def test_what_nobody_here_can_send_goes_to_the_dead_letters(world: MailWorld) -> None:
    for body in (b"not JSON", b'{"id": "x", "kind": "mail", "username": "ana"}', b'{"id": "x", "kind": "webhook", "username": "ana"}'):
        await world.queue.publish(NOTIFICATIONS.name, Message(f"odd-{len(body)}", body))
    await world.until(lambda: _has_dead(world, 3), "three dead letters")
    told = sorted(letter.error.partition(":")[0] for letter in await world.queue.dead_letters(NOTIFICATIONS.name))
    assert told == ["bad-json", "bad-shape", "no-such-delivery"]


async def test_a_receiver_that_hangs_holds_up_nobody_else(tmp_path: Path, pki_folder: Path, sqlite_url: str, receiver: Receiver) -> None:
    async with (
        receiving() as hanging,
        MailWorld(tmp_path / "var", pki_folder, sqlite_url, mailer_settings={"call_timeout_s": 60.0}) as world,
    ):
        hanging.hangs = True
        await world.start()
        await world.settle()
        await world.set_webhook(hanging.url, "ana")
        await world.set_webhook(receiver.url, "ben")
        await world.judged(24)
        await world.judged(3, actor="ben")
        await world.start_mailer()
        await receiver.until_heard(3)  # before a call that hangs is given up: 20 of them would fill the window for a minute
        assert 1 <= hanging.most_at_once <= 4
        hanging.hangs = False
        async with asyncio.timeout(LIMIT_S):
            while any(row["status"] == "waiting" for row in await world.calls()):
                world.clock.turn(160)
                await asyncio.sleep(0.05)
        assert {row["status"] for row in await world.until_ended(27)} == {"delivered"}, "put off is not lost"


async def test_a_receiver_that_let_a_call_time_out_gets_one_at_a_time_and_the_rest_counts(
    tmp_path: Path, pki_folder: Path, sqlite_url: str, receiver: Receiver
) -> None:
    async with MailWorld(tmp_path / "var", pki_folder, sqlite_url, mailer_settings={"call_timeout_s": 0.3}) as world:
        receiver.hangs = True
        await world.start()
        await world.settle()
        await world.set_webhook(receiver.url)
        await world.judged()
        await world.start_mailer()
        await world.until(lambda: _has_tries(world, 1), "a time-out")
        heard = len(receiver.heard)
        await world.judged(6)
        await world.until(lambda: _was_put_off(world), "some of them not called at all")
        assert receiver.most_at_once == 1
        assert len(receiver.heard) - heard <= 3
        receiver.hangs = False
        async with asyncio.timeout(LIMIT_S):
            while any(row["status"] == "waiting" for row in await world.calls()):
                world.clock.turn(20)
                await asyncio.sleep(0.05)
        assert {row["status"] for row in await world.until_ended(7)} == {"delivered"}


async def test_a_full_queue_of_notices_stops_no_judging(world: MailWorld, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.kill_mailer()
    line = world.queue._queue._store.lines[NOTIFICATIONS.name]
    monkeypatch.setattr(type(line), "is_full", property(lambda self: self.declaration.name == NOTIFICATIONS.name))
    await world.set_webhook(receiver.url)
    wishes = await world.judged(3)
    assert len(await world.work(3)) == len(wishes)
    await world.until(lambda: _is_empty(world), "an outbox that holds nothing up")
    assert {row["status"] for row in await world.calls()} == {"waiting"}, "the job sends them again when there is room"
    assert SECRET not in str(await world.store.all(rows.Work))


async def _has_tries(world: MailWorld, count: int) -> bool:
    return [row["tries"] for row in await world.calls()] == [count]


async def _was_put_off(world: MailWorld) -> bool:
    return any(row["error"].startswith("not called") and row["tries"] for row in await world.calls())


async def _has_messages(world: MailWorld, count: int) -> bool:
    return (await world.queue.depth(NOTIFICATIONS.name)).ready == count


async def _has_held(world: MailWorld, count: int) -> bool:
    depth = await world.queue.depth(NOTIFICATIONS.name)
    return (depth.ready, depth.unacknowledged) == (0, count)


async def _has_dead(world: MailWorld, count: int) -> bool:
    return (await world.queue.depth(NOTIFICATIONS.name)).dead == count


async def _is_empty(world: MailWorld) -> bool:
    return await world.store.count(rows.Work) == 0


async def _is_troubled(world: MailWorld) -> bool:
    return "recorder" in (await world.mail_life.examine()).get("recorder", "")
