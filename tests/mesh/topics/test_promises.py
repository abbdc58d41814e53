"""What topics promise, held against memory and a real Redis."""

from __future__ import annotations

import asyncio

import pytest

from mesh.errors import Refused, Unavailable
from mesh.topics import Gap, News, Topics
from mesh.topics.entries import BEGINNING, position
from tests.mesh.topics.conftest import Make
from tests.support.listening import bodies, hear, silence


async def test_listener_hears_what_is_said_on_its_topics_in_order(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a", "b")
        await topics.publish([("a", b"1"), ("b", b"2 with \x00 and spaces "), ("c", b"not ours"), ("a", b"3")])
        heard = await hear(subscription, 3)
        assert [(each.topic, each.body) for each in heard if isinstance(each, News)] == [
            ("a", b"1"), ("b", b"2 with \x00 and spaces "), ("a", b"3")
        ]  # fmt: skip
        await silence(subscription)


async def test_ids_of_a_topic_grow(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a")
        await topics.publish([("a", b"x")] * 30)
        await topics.publish([("a", b"x")])
        places = [position(each.id) for each in await hear(subscription, 31) if isinstance(each, News)]
        assert places == sorted(set(places))
        assert len(places) == 31


async def test_nothing_said_after_follow_returned_is_missed(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        for number in range(20):
            topic = f"user:{number}"
            await subscription.follow(topic)
            await topics.publish([(topic, topic.encode())])
            assert await bodies(subscription, 1) == [topic.encode()]


async def test_what_is_not_followed_any_more_is_not_heard(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a", "b")
        await topics.publish([("a", b"waiting, unread")])
        await topics.publish([("b", b"1")])
        await subscription.unfollow("a", "never followed")
        await topics.publish([("a", b"2"), ("b", b"3")])
        assert await bodies(subscription, 2) == [b"1", b"3"]
        await subscription.follow("a")
        await topics.publish([("a", b"4")])
        assert await bodies(subscription, 1) == [b"4"]


async def test_following_twice_is_hearing_once(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a")
        await subscription.follow("a")
        await topics.publish([("a", b"1")])
        assert await bodies(subscription, 1) == [b"1"]
        await silence(subscription)


async def test_every_listener_hears_it(topics: Topics) -> None:
    async with topics.subscribe() as first, topics.subscribe() as second:
        await first.follow("a")
        await second.follow("a")
        await topics.publish([("a", b"1")])
        assert await bodies(first, 1) == await bodies(second, 1) == [b"1"]


async def test_cancelled_listening_loses_nothing(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a")
        found: list[bytes] = []
        for number in range(20):
            taking = asyncio.ensure_future(subscription.next())
            await asyncio.sleep(0)
            await topics.publish([("a", str(number).encode())])
            taking.cancel()
            await asyncio.wait([taking])
            if not taking.cancelled() and isinstance(heard := taking.result(), News):
                found.append(heard.body)
        found += await bodies(subscription, 20 - len(found))
        assert found == [str(number).encode() for number in range(20)]


async def test_reader_that_does_not_keep_up_gets_a_gap_and_then_the_newest(make: Make) -> None:
    topics = make(buffer_length=5)
    async with topics.subscribe() as subscription:
        await subscription.follow("a", "done")
        await topics.publish([("a", str(number).encode()) for number in range(23)])
        async with topics.subscribe() as other:  # by the time that this one has heard, so has the first
            await other.follow("done")
            await topics.publish([("done", b"")])
            await hear(other, 1)
        (first,) = await hear(subscription, 1)
        assert first == Gap()
        rest: list[bytes] = []
        while b"" not in rest:
            rest += await bodies(subscription, 1)
        newest = [*(str(number).encode() for number in range(23)), b""]
        assert 1 <= len(rest) <= 4
        assert rest == newest[-len(rest) :]
    await topics.close()


async def test_news_can_be_read_again_from_an_id_on(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a")
        await topics.publish([("a", b"1"), ("b", b"other"), ("a", b"2"), ("a", b"3")])
        first, second, third = [each for each in await hear(subscription, 3) if isinstance(each, News)]
    after_first = await topics.replay("a", first.id)
    assert (after_first.news, after_first.is_complete) == ((second, third), True)
    everything = await topics.replay("a", BEGINNING)
    assert (everything.news, everything.is_complete) == ((first, second, third), True)
    limited = await topics.replay("a", BEGINNING, most=2)
    assert limited.news == (first, second)
    nothing = await topics.replay("a", third.id)
    assert (nothing.news, nothing.is_complete) == ((), True)


async def test_replay_says_when_something_was_forgotten(make: Make) -> None:
    topics = make(memory_length=100)
    async with topics.subscribe() as subscription:
        await subscription.follow("a")
        await topics.publish([("a", b"0")])
        (first,) = await hear(subscription, 1)
        assert isinstance(first, News)
    for _ in range(4):
        await topics.publish([("a", b"x")] * 100)
    for after in (first.id, BEGINNING):
        replay = await topics.replay("a", after)
        assert not replay.is_complete
        assert 100 <= len(replay.news) < 400
    assert (await topics.replay("a", replay.news[0].id)).is_complete
    await topics.close()


async def test_replay_after_an_id_from_another_life_is_not_complete(topics: Topics) -> None:
    foreign = "1-0"
    assert not (await topics.replay("never heard of", foreign)).is_complete
    assert (await topics.replay("never heard of", BEGINNING)).is_complete
    await topics.publish([("a", b"1")])
    assert not (await topics.replay("a", foreign)).is_complete
    assert not (await topics.replay("a", "99999999999999-0")).is_complete


async def test_an_id_that_is_not_of_the_topic_is_told_apart(topics: Topics) -> None:
    async with topics.subscribe() as subscription:
        await subscription.follow("a")
        for body in (b"1", b"2", b"3"):
            await topics.publish([("a", body)])
        first, second, third = await hear(subscription, 3)
    assert isinstance(first, News)
    assert isinstance(second, News)
    assert isinstance(third, News)
    for known in (BEGINNING, first.id, second.id, third.id):
        assert (await topics.replay("a", known)).is_known, known
    milliseconds, _, number = first.id.partition("-")
    guess = f"{milliseconds}-{int(number) + 1}"
    replay = await topics.replay("a", guess if guess != second.id else f"{milliseconds}-{int(number) + 100}")
    assert not replay.is_known


async def test_ids_that_are_none_are_refused(topics: Topics) -> None:
    for wrong in ("", "5", "a-b", "5-", "-5", "5-5-5", "+5-5", "٣-0", "99999999999999999999-0", "$", "*"):
        with pytest.raises(Refused) as refused:
            await topics.replay("a", wrong)
        assert refused.value.code == "bad-news-id"


async def test_closed_topics_say_so(make: Make) -> None:
    topics = make()
    await topics.close()
    if type(topics).__name__ == "MemoryTopics":
        with pytest.raises(Unavailable):
            await topics.publish([("a", b"1")])
