"""What a durable queue promises, held against both keepers: the file, and a real RabbitMQ."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from mesh.errors import NotFound, TooLarge, Unavailable
from mesh.queue import Queue
from tests.mesh.queue.conftest import Opener
from tests.support.queues import ids, message, nothing_comes, publish, take, until


async def test_message_arrives_as_it_was_published(queue: Queue) -> None:
    sent = message(b"\x00body", headers={"kind": "Submit", "naïve": "ü"}, correlation="corr-1")
    large = message(bytes(range(256)) * 2000)
    await queue.publish("Work", sent)
    await queue.publish("Work", large)
    async with queue.consumer("Work") as consumer:
        first, second = await take(consumer, 2)
        assert first.message == sent
        assert first.attempt == 1
        assert second.message == large


async def test_messages_come_in_the_order_of_publishing(queue: Queue) -> None:
    sent = await publish(queue, "Work", 40)
    async with queue.consumer("Work") as consumer:
        assert ids(await take(consumer, 40)) == sent


async def test_waiting_consumer_hears_of_a_new_message(queue: Queue) -> None:
    async with queue.consumer("Work") as consumer:
        waiting = asyncio.ensure_future(consumer.take())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        (sent,) = await publish(queue, "Work", 1)
        async with asyncio.timeout(5):
            assert ids(list(await waiting)) == [sent]


async def test_acknowledged_message_never_comes_again(queue: Queue, opener: Opener) -> None:
    sent = await publish(queue, "Work", 3)
    async with queue.consumer("Work") as consumer:
        for delivery in (await take(consumer, 3))[:2]:
            await delivery.ack()
    await queue.close()
    async with opener() as again, again.consumer("Work") as consumer:
        assert ids(await take(consumer, 1)) == sent[2:]
        await nothing_comes(consumer)


async def test_what_a_consumer_leaves_unsettled_comes_again_in_its_old_place(queue: Queue) -> None:
    sent = await publish(queue, "Work", 6)
    async with queue.consumer("Work") as consumer:
        held = await take(consumer, 4)
        await held[1].ack()
    async with queue.consumer("Work") as consumer:
        assert ids(await take(consumer, 5)) == [sent[0], *sent[2:]]


async def test_many_are_acknowledged_at_once_and_no_other(queue: Queue) -> None:
    sent = await publish(queue, "Work", 8)
    async with queue.consumer("Work") as consumer:
        held = await take(consumer, 8)
        await consumer.ack([held[5], held[0], held[1], held[3]])
        await consumer.ack([])
    async with queue.consumer("Work") as consumer:
        assert ids(await take(consumer, 4)) == [sent[number] for number in (2, 4, 6, 7)]
        await nothing_comes(consumer)


async def test_retry_waits_and_counts(queue: Queue) -> None:
    await publish(queue, "Work", 1)
    async with queue.consumer("Work") as consumer:
        (delivery,) = await take(consumer, 1)
        began = time.monotonic()
        await delivery.retry("not now")
        assert (await queue.depth("Work")).waiting == 1
        (again,) = await take(consumer, 1)
        assert 0.7 <= time.monotonic() - began < 5
        assert again.message == delivery.message
        assert again.attempt == 2
        await again.ack()


async def test_message_that_was_tried_often_enough_lies_dead_with_the_last_error(queue: Queue) -> None:
    sent = message("poor", headers={"a": "b"}, correlation="c")
    await queue.publish("Work", sent)
    async with queue.consumer("Work") as consumer:
        for attempt in (1, 2, 3):
            (delivery,) = await take(consumer, 1)
            assert delivery.attempt == attempt
            await delivery.retry(f"failed at try {attempt}")
        await nothing_comes(consumer)
    (letter,) = await queue.dead_letters("Work")
    assert letter.message == sent
    assert (letter.error, letter.attempts) == ("failed at try 3", 3)


async def test_rejected_message_lies_dead_at_once(queue: Queue) -> None:
    (sent,) = await publish(queue, "Work", 1)
    async with queue.consumer("Work") as consumer:
        await (await take(consumer, 1))[0].reject("no such problem")
    assert [(letter.message.id, letter.error, letter.attempts) for letter in await queue.dead_letters("Work")] == [
        (sent, "no such problem", 1)
    ]
    depth = await queue.depth("Work")
    assert (depth.ready, depth.dead) == (0, 1)


async def test_dead_letters_stay_where_they_are_when_somebody_looks(queue: Queue) -> None:
    sent = await publish(queue, "Work", 4)
    async with queue.consumer("Work") as consumer:
        for delivery in await take(consumer, 4):
            await delivery.reject("dead")
    for _ in range(3):
        assert [letter.message.id for letter in await queue.dead_letters("Work", 2)] == sent[:2]
    assert [letter.message.id for letter in await queue.dead_letters("Work")] == sent


async def test_replayed_dead_letter_starts_anew(queue: Queue) -> None:
    sent = await publish(queue, "Work", 3)
    async with queue.consumer("Work") as consumer:
        for delivery in await take(consumer, 3):
            await delivery.reject("dead")
        assert await queue.replay("Work", ["nobody"]) == 0
        assert await queue.replay("Work", [sent[1]]) == 1
        (delivery,) = await take(consumer, 1)
        assert (delivery.message.id, delivery.attempt) == (sent[1], 1)
        await delivery.ack()
        assert await queue.replay("Work", []) == 2
        assert ids(await take(consumer, 2)) == [sent[0], sent[2]]
    assert await queue.dead_letters("Work") == []


async def test_purged_dead_letters_are_gone(queue: Queue) -> None:
    sent = await publish(queue, "Work", 3)
    async with queue.consumer("Work") as consumer:
        for delivery in await take(consumer, 3):
            await delivery.reject("dead")
    assert await queue.purge("Work", [sent[0]]) == 1
    assert [letter.message.id for letter in await queue.dead_letters("Work")] == sent[1:]
    assert await queue.purge("Work", []) == 2
    assert await queue.dead_letters("Work") == []
    assert (await queue.depth("Work")).dead == 0


async def test_full_queue_refuses_and_loses_nothing_that_it_took(queue: Queue) -> None:
    taken: list[str] = []
    with pytest.raises(Unavailable) as refused:
        for _ in range(500):  # RabbitMQ's length is a valve, not a quota: it overshoots
            each = message()
            await queue.publish("Small", each)
            taken.append(each.id)
    assert refused.value.code == "queue-full"
    assert refused.value.retry_after_s
    assert len(taken) >= 5
    async with queue.consumer("Small") as consumer:
        held = await take(consumer, len(taken))
        assert ids(held) == taken
        await consumer.ack(held)
        await queue.publish("Small", message())


async def test_message_that_nobody_took_in_time_lies_dead(queue: Queue) -> None:
    (sent,) = await publish(queue, "Brief", 1)
    await until(lambda: _has_dead(queue, "Brief"))
    (letter,) = await queue.dead_letters("Brief")
    assert letter.message.id == sent
    assert "expired" in letter.error
    async with queue.consumer("Brief") as consumer:
        await nothing_comes(consumer)


async def test_only_one_consumer_of_a_single_active_queue_gets_anything_until_it_leaves(queue: Queue) -> None:
    sent = await publish(queue, "Single", 3)
    async with queue.consumer("Single") as second_to_come:
        held = await take(second_to_come, 1)  # it is the active one from here on
        async with queue.consumer("Single") as other:
            await nothing_comes(other)
            await held[0].ack()
            assert ids(await take(second_to_come, 2)) == sent[1:]
    async with queue.consumer("Single") as other:
        assert ids(await take(other, 2)) == sent[1:]


async def test_consumer_holds_no_more_than_its_prefetch(queue: Queue) -> None:
    sent = await publish(queue, "Narrow", 4)
    async with queue.consumer("Narrow") as consumer:
        held = await take(consumer, 2)
        await nothing_comes(consumer)
        async with queue.consumer("Narrow") as other:
            theirs = await take(other, 2)
            assert ids(held) + ids(theirs) == sent
            await other.ack(theirs)
        await held[0].ack()
        await nothing_comes(consumer)


async def test_consumers_share_the_work_and_each_message_goes_to_one(queue: Queue) -> None:
    async def work(done: list[str]) -> None:
        async with queue.consumer("Narrow") as consumer:
            while True:
                for delivery in await consumer.take(2):
                    await asyncio.sleep(0.001)
                    done.append(delivery.message.id)
                    await delivery.ack()

    shares: list[list[str]] = [[], [], []]
    workers = [asyncio.ensure_future(work(share)) for share in shares]
    sent = await publish(queue, "Narrow", 60)
    await until(lambda: _counts(shares, 60))
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert sorted(one for share in shares for one in share) == sorted(sent)
    assert all(shares)


async def test_declared_rate_is_kept(queue: Queue) -> None:
    await publish(queue, "Paced", 5)
    async with queue.consumer("Paced") as consumer:
        began = time.monotonic()
        await consumer.ack(await take(consumer, 5))
        assert 0.35 <= time.monotonic() - began < 3  # ten a second: four steps of 100 ms


async def test_cancelled_take_loses_nothing(queue: Queue) -> None:
    chance = random.Random(7)
    sent = message("x" * 200_000)  # read and unpacked in a thread: cancellations fall in between
    async with queue.consumer("Work") as consumer:
        publishing = asyncio.ensure_future(_publish_slowly(queue, 30, sent.body))
        found: list[str] = []
        while len(found) < 30:
            taking = asyncio.ensure_future(consumer.take(3))
            await asyncio.wait([taking], timeout=chance.random() * 0.01)
            if taking.done():
                held = taking.result()
                found += ids(list(held))
                await consumer.ack(held)
            else:
                taking.cancel()
                await asyncio.wait([taking])
                if not taking.cancelled():
                    found += ids(list(taking.result()))
        assert found == await publishing
        await nothing_comes(consumer, 0.1)


async def test_delivery_is_settled_once(queue: Queue) -> None:
    await publish(queue, "Work", 1)
    async with queue.consumer("Work") as consumer:
        (delivery,) = await take(consumer, 1)
        await delivery.ack()
        with pytest.raises(RuntimeError, match="twice"):
            await delivery.retry("again")


async def test_delivery_of_a_closed_consumer_cannot_be_settled(queue: Queue) -> None:
    await publish(queue, "Work", 1)
    async with queue.consumer("Work") as consumer:
        (delivery,) = await take(consumer, 1)
    with pytest.raises(Unavailable):
        await delivery.ack()
    async with queue.consumer("Work") as consumer:
        await take(consumer, 1)


async def test_what_is_not_declared_has_a_clear_error(queue: Queue) -> None:
    with pytest.raises(NotFound, match="Nowhere") as missing:
        await queue.publish("Nowhere", message())
    assert missing.value.code == "no-such-queue"
    with pytest.raises(NotFound):
        await queue.depth("Nowhere")
    with pytest.raises(TooLarge) as large:
        await queue.publish("Work", message(bytes((16 << 20) + 1)))
    assert large.value.code == "message-too-large"


async def test_depth_counts_what_lies_where(queue: Queue) -> None:
    await publish(queue, "Work", 5)
    async with queue.consumer("Work") as consumer:
        held = await take(consumer, 3)
        await held[0].retry("later")
        await held[1].reject("never")
        await until(lambda: _depth_is(queue, (1, 1)))
    await until(lambda: _alive_are(queue, 4))  # the broker counts what was given back a moment later


async def _alive_are(queue: Queue, count: int) -> bool:
    depth = await queue.depth("Work")
    return depth.ready + depth.waiting + depth.unacknowledged == count


async def _publish_slowly(queue: Queue, count: int, body: bytes) -> list[str]:
    sent = []
    for _ in range(count):
        each = message(body)
        await queue.publish("Work", each)
        sent.append(each.id)
        await asyncio.sleep(0.002)
    return sent


async def _has_dead(queue: Queue, name: str) -> bool:
    return (await queue.depth(name)).dead > 0


async def _counts(shares: list[list[str]], count: int) -> bool:
    return sum(map(len, shares)) >= count


async def _depth_is(queue: Queue, wanted: tuple[int, int]) -> bool:
    depth = await queue.depth("Work")
    return (depth.waiting, depth.dead) == wanted


async def test_closed_queue_says_so(queue: Queue) -> None:
    async with queue.consumer("Work") as consumer:
        taking = asyncio.ensure_future(consumer.take())
        await asyncio.sleep(0.05)
        await queue.close()
        with pytest.raises(Unavailable):
            async with asyncio.timeout(5):
                await taking
    with pytest.raises(Unavailable) as refused:
        await queue.publish("Work", message())
    assert refused.value.code == "queue-unavailable"


async def test_message_knows_how_old_it_is_through_retries_and_restarts(queue: Queue, opener: Opener) -> None:
    await publish(queue, "Work", 1)
    async with queue.consumer("Work") as consumer:
        (delivery,) = await take(consumer, 1)
        assert 0 <= (delivery.age_s or 0) < 5
        await delivery.retry("not now")
        (again,) = await take(consumer, 1)
        assert 0.7 <= (again.age_s or 0) < 10
    await queue.close()
    async with opener() as reopened, reopened.consumer("Work") as consumer:
        assert 0.7 <= ((await take(consumer, 1))[0].age_s or 0) < 20
