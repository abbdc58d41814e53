"""What topics on Redis do when the line or the server breaks: a gap is told, never silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis as Client

from mesh.errors import Unavailable
from mesh.log import Log
from mesh.redis import server_at
from mesh.topics import Gap, News, Subscription
from mesh.topics.redis import RedisTopics
from tests.support.brokers import Redis, redis_running
from tests.support.listening import bodies, hear
from tests.support.proxy import Proxy
from tests.support.timing import is_done_within

pytestmark = pytest.mark.brokers


def topics_at(url: str) -> RedisTopics:
    return RedisTopics(server_at(url, "tester", None, code="bad-topics-url"), Log("tester"))


@asynccontextmanager
async def listening(url: str, *names: str) -> AsyncIterator[Subscription]:
    topics = topics_at(url)
    async with topics.subscribe() as subscription:
        await subscription.follow(*names)
        yield subscription
    await topics.close()


async def until_gap(subscription: Subscription) -> list[News]:
    """What is heard before the next gap."""
    found: list[News] = []
    async with asyncio.timeout(15):
        while isinstance(heard := await subscription.next(), News):
            found.append(heard)
    return found


async def test_cut_line_is_told_and_what_was_missed_can_be_read_again(redis_server: Redis, redis_url: str) -> None:
    speaker = topics_at(redis_url)
    async with Proxy.to("127.0.0.1", redis_server.port) as proxy:
        through = redis_url.replace(str(redis_server.port), str(proxy.port))
        async with listening(through, "a", "b") as subscription:
            await speaker.publish([("a", b"1")])
            (first,) = await hear(subscription, 1)
            assert isinstance(first, News)
            proxy.refuse()
            proxy.cut()
            await speaker.publish([("a", b"missed"), ("b", b"missed too")])
            proxy.admit()
            assert await until_gap(subscription) == []
            replay = await speaker.replay("a", first.id)
            assert [each.body for each in replay.news] == [b"missed"]
            assert replay.is_complete
            await speaker.publish([("b", b"live again")])
            assert await bodies(subscription, 1) == [b"live again"]
    await speaker.close()


async def test_line_cut_in_the_middle_of_a_piece_of_news_never_gives_half_of_it(redis_server: Redis, redis_url: str) -> None:
    speaker = topics_at(redis_url)
    body = bytes(range(256)) * 40
    async with (
        Proxy.to("127.0.0.1", redis_server.port) as proxy,
        listening(redis_url.replace(str(redis_server.port), str(proxy.port)), "a") as subscription,
    ):
        for budget in (5000, 17, 10_300):
            proxy.cut_after(budget, "down")
            for _ in range(3):
                await speaker.publish([("a", body)])
            heard = await until_gap(subscription)
            assert all(each.body == body for each in heard)
    await speaker.close()


async def test_line_that_is_closed_while_a_word_waits_its_turn_is_a_broken_line(redis_url: str) -> None:
    """redis-py sends in a task of its own: the line may be gone when that begins. The reader must not fall over it."""
    topics = topics_at(redis_url)
    async with topics.subscribe() as subscription:
        connection = subscription._connection  # type: ignore[attr-defined]  # of Redis's
        asking = asyncio.create_task(subscription.follow("a"))
        await asyncio.sleep(0)
        await connection.disconnect(nowait=True)
        await asking
        await until_gap(subscription)
        await topics.publish([("a", b"1")])
        (first,) = await hear(subscription, 1)
        assert isinstance(first, News)
    await topics.close()


async def test_frozen_server_is_noticed(redis_server: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.topics.redis._SILENCE_S", 0.2)
    speaker = topics_at(redis_url)
    async with (
        Proxy.to("127.0.0.1", redis_server.port) as proxy,
        listening(redis_url.replace(str(redis_server.port), str(proxy.port)), "a") as subscription,
    ):
        proxy.stall()
        async with asyncio.timeout(5):
            while proxy.accepted < 2:  # the silent line is given up for a new one
                await asyncio.sleep(0.02)
        proxy.cut()
        proxy.resume()
        assert await until_gap(subscription) == []
        for _ in range(3):
            lines = proxy.accepted
            await asyncio.sleep(1)  # five times as long as it may be silent: it is asked, answers, and stays
            if proxy.accepted == lines:
                break
            assert await until_gap(subscription) == [], "a machine may stand still for that long, but not each time"
        assert proxy.accepted == lines
        await speaker.publish([("a", b"1")])
        assert await bodies(subscription, 1) == [b"1"]
    await speaker.close()


@pytest.mark.faults
async def test_server_that_died_and_came_back_empty_is_told(tmp_path: Path) -> None:
    with redis_running(tmp_path) as server:
        url = server.url(3)
        speaker = topics_at(url)
        async with listening(url, "a") as subscription:
            await speaker.publish([("a", b"1"), ("a", b"2")])
            *_, last = await hear(subscription, 2)
            assert isinstance(last, News)
            await asyncio.to_thread(server.kill)

            async def is_refused() -> None:
                with pytest.raises(Unavailable) as refused:
                    await speaker.publish([("a", b"lost")])
                assert refused.value.code == "topics-unavailable"

            await is_done_within(2.5, is_refused, "publish")
            await asyncio.to_thread(server.start)
            assert await until_gap(subscription) == []
            await speaker.publish([("a", b"new life")])
            assert await bodies(subscription, 1) == [b"new life"]
            replay = await speaker.replay("a", last.id)
            assert not replay.is_complete
        await speaker.close()


async def test_hole_in_a_topic_is_told(redis_server: Redis, redis_url: str) -> None:
    """As after a failover to a replica that lacked the last news: the line never broke, and yet something is missing."""
    speaker = topics_at(redis_url)
    async with listening(redis_url, "a") as subscription:
        await speaker.publish([("a", b"1")])
        await hear(subscription, 1)
        async with Client.from_url(redis_url) as client:
            await client.xadd("news:a", {"before": "0-0", "body": "written, never told"})
        await speaker.publish([("a", b"3")])
        gap, third = await hear(subscription, 2)
        assert gap == Gap()
        assert isinstance(third, News)
        assert third.body == b"3"
    await speaker.close()


async def test_server_that_is_away_when_listening_starts_is_waited_for(redis_server: Redis, redis_url: str) -> None:
    speaker = topics_at(redis_url)
    async with Proxy.to("127.0.0.1", redis_server.port) as proxy:
        proxy.refuse()
        async with listening(redis_url.replace(str(redis_server.port), str(proxy.port)), "a") as subscription:
            proxy.admit()
            assert await until_gap(subscription) == []
            await speaker.publish([("a", b"1")])
            assert await bodies(subscription, 1) == [b"1"]
    await speaker.close()


async def test_installations_on_one_server_do_not_hear_each_other(redis_server: Redis) -> None:
    ours, theirs = redis_server.url(redis_server.fresh_database()), redis_server.url(redis_server.fresh_database())
    speaker, stranger = topics_at(ours), topics_at(theirs)
    async with listening(ours, "a") as subscription:
        await stranger.publish([("a", b"theirs")])
        await speaker.publish([("a", b"ours")])
        assert await bodies(subscription, 1) == [b"ours"]
    assert [each.body for each in (await speaker.replay("a", "0-0")).news] == [b"ours"]
    await speaker.close()
    await stranger.close()
