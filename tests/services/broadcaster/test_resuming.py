"""Who comes back gets what he missed, exactly once, or is told to read anew."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.topics import Topics
from mesh.topics.memory import MemoryTopics
from mesh.topics.opening import open_topics
from services.broadcaster.config import Config
from tests.services.broadcaster.stands import Stand, ids, stand_on
from tests.support.proxy import Proxy


async def test_what_was_said_meanwhile_comes_first_and_live_news_follow(stand: Stand) -> None:
    async with stand.browser("user:ana") as browser:
        await stand.tell("user:ana", 1, 2)
        last = ids([await browser.message() for _ in range(2)])[-1]
    await stand.tell("user:ana", 3, 4)
    async with stand.browser("user:ana", since=last) as browser:
        await stand.tell("user:ana", 5)
        assert await browser.numbers(3) == [3, 4, 5]
        await browser.silence()
    assert stand.count("resumed_total", source="memory") == 1


async def test_another_replica_resumes_from_the_store(topics: Topics, pki_folder: Path) -> None:
    async with stand_on(topics, pki_folder) as one, one.browser("user:ana") as browser:
        await one.tell("user:ana", 1)
        last = (await browser.message())["id"]
        await one.tell("user:ana", 2, 3)
    async with stand_on(topics, pki_folder) as other, other.browser("user:ana", since=last) as browser:
        assert await browser.numbers(2) == [2, 3]
        await other.tell("user:ana", 4)
        assert await browser.numbers(1) == [4]
        await browser.silence()
        assert other.count("resumed_total", source="store") == 1


async def test_several_topics_resume_each_from_its_own_id(stand: Stand) -> None:
    async with stand.browser("user:ana", "contest:finals") as browser:
        await stand.tell("user:ana", 1)
        await stand.tell("contest:finals", 2)
        since = {(message := await browser.message())["topic"]: message["id"] for _ in range(2)}
    await stand.tell("user:ana", 3)
    await stand.tell("contest:finals", 4)
    async with stand.browser("user:ana", "contest:finals", since=json.dumps(since)) as browser:
        assert sorted(await browser.numbers(2)) == [3, 4]
        await browser.silence()


async def test_one_id_resumes_all_topics_without_loss(stand: Stand) -> None:
    """The id of the last message alone: news of other topics of that very moment may come twice, none is lost."""
    async with stand.browser("user:ana", "contest:finals") as browser:
        await stand.tell("contest:finals", 1)
        await stand.tell("user:ana", 2)
        last = [await browser.message() for _ in range(2)][-1]["id"]
    await stand.tell("contest:finals", 3)
    await stand.tell("user:ana", 4)
    async with stand.browser("user:ana", "contest:finals", since=last) as browser:
        heard = set()
        async with asyncio.timeout(5):
            while not {3, 4} <= heard:
                message = await browser.message()
                heard.add(message["body"]["number"] if "body" in message else message["kind"])
        assert 2 not in heard, "what carries the id was heard"


async def test_too_much_missed_means_read_anew(topics: Topics, pki_folder: Path) -> None:
    async with stand_on(topics, pki_folder, Config(replay_length=10, memory_length=5)) as stand:
        async with stand.browser("user:ana") as browser:
            await stand.tell("user:ana", 0)
            last = (await browser.message())["id"]
        await stand.tell("user:ana", *range(1, 30))
        async with stand.browser("user:ana", since=last) as browser:
            assert await browser.message() == {"kind": "gap", "topic": "user:ana"}
            await stand.tell("user:ana", 30)
            assert await browser.numbers(1) == [30]


async def test_a_store_that_has_forgotten_means_read_anew(pki_folder: Path) -> None:
    topics = MemoryTopics(SystemClock())
    async with stand_on(topics, pki_folder) as stand, stand.browser("user:ana") as browser:
        await stand.tell("user:ana", 1)
        last = (await browser.message())["id"]
    async with stand_on(MemoryTopics(SystemClock()), pki_folder) as stand, stand.browser("user:ana", since=last) as browser:
        assert await browser.message() == {"kind": "gap", "topic": "user:ana"}


async def test_nothing_is_lost_or_doubled_between_replay_and_live(stand: Stand) -> None:
    """News keep coming while a hundred browsers come back: each hears every number once, in order."""
    async with stand.browser("contest:finals") as browser:
        await stand.tell("contest:finals", 0)
        last = (await browser.message())["id"]
    is_over = asyncio.Event()

    async def speak() -> None:
        for number in range(1, 200):
            await stand.tell("contest:finals", number)
            await asyncio.sleep(0.002)
        is_over.set()

    async def come_back(after_s: float) -> list[int]:
        await asyncio.sleep(after_s)
        params = {"ticket": stand.ticket("contest:finals"), "since": last}
        async with stand.session.ws_connect(f"{stand.url}/ws", params=params) as socket:
            heard = []
            while len(heard) < 199:
                heard.append((await socket.receive_json(timeout=10))["body"]["number"])
            return heard

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(speak())
        listeners = [group.create_task(come_back(number * 0.004)) for number in range(60)]
    assert all(one.result() == list(range(1, 200)) for one in listeners)


@pytest.mark.brokers
async def test_a_cut_line_to_redis_is_bridged_without_loss(redis_url: str, pki_folder: Path) -> None:
    host, port = redis_url.split("/")[2].split(":")
    database = redis_url.rpartition("/")[2]
    log, clock = Log("broadcaster"), SystemClock()
    async with Proxy.to(host, int(port)) as proxy:
        proxied = f"redis://127.0.0.1:{proxy.port}/{database}"
        async with (
            open_topics(redis_url, "recorder", clock, log, None) as speaking,
            open_topics(proxied, "broadcaster", clock, log, None) as hearing,
            stand_on(hearing, pki_folder) as stand,
            stand.browser("contest:finals", "user:ana") as browser,
        ):
            stand.topics = speaking
            await stand.tell("contest:finals", 1)
            assert await browser.numbers(1) == [1]
            for start in (2, 12, 22):
                proxy.cut()
                await stand.tell("contest:finals", *range(start, start + 10))
                assert await browser.numbers(10) == list(range(start, start + 10))
            await browser.silence()
            assert stand.count("gaps_total") >= 1


async def test_who_comes_back_after_a_hole_is_told_what_lies_in_it(pki_folder: Path) -> None:
    """The line broke, and the store was away too: what was said meanwhile was the last, nothing after it shows that it is missing."""
    topics = MemoryTopics(SystemClock())
    async with stand_on(topics, pki_folder) as stand:
        async with stand.browser("contest:finals") as browser:
            await stand.tell("contest:finals", 1)
            last = (await browser.message())["id"]
        await stand.hub._tell_missed(stand.hub._channels["contest:finals"], None)
        deaf, topics.replay = topics.replay, _away  # type: ignore[method-assign]
        async with stand.browser("contest:finals", since=last) as browser:
            assert await browser.message() == {"kind": "gap", "topic": "contest:finals"}
        topics.replay = deaf  # type: ignore[method-assign]
        async with stand.browser("contest:finals", since=last) as browser:
            await browser.silence()


async def _away(*_: object, **__: object) -> None:
    raise Unavailable("the store is away", code="topics-unavailable")


async def test_a_store_that_is_away_does_not_keep_anyone_waiting(pki_folder: Path) -> None:
    topics = MemoryTopics(SystemClock())
    async with stand_on(topics, pki_folder) as stand:

        async def hang(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        topics.replay = hang  # type: ignore[method-assign]
        began = asyncio.get_running_loop().time()
        async with stand.session.ws_connect(
            f"{stand.url}/ws", params={"ticket": stand.ticket("user:ana"), "since": "1-0@user:ana"}
        ) as socket:
            assert await socket.receive_json(timeout=8) == {"kind": "gap", "topic": "user:ana"}
        assert asyncio.get_running_loop().time() - began < 5
