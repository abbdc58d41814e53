"""The same promises with state, cache and topics on a real Redis."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from mesh.codec import encode
from services.frontend.commands import Commands
from services.frontend.reads.submissions import SubmissionDetail, Submissions
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, World
from tests.support.brokers import Redis
from tests.support.proxy import Proxy
from wire.commands import Command
from wire.news import Headline, user_topic

pytestmark = pytest.mark.brokers


@pytest.fixture
def redis_settings(redis_server: Redis) -> dict[str, str]:
    url = redis_server.url(redis_server.fresh_database())
    return {"cache_url": url, "topics_url": url}


async def _furnished(world: World) -> World:
    for username, role in (("olga", "organiser"), ("ana", "contestant")):
        await world.add_account(username, role)
    await world.add_problem()
    await world.add_contest()
    await world.register("finals", "ana")
    return world


@pytest.fixture
async def redis_world(worlds: Worlds, redis_settings: dict[str, str]) -> AsyncIterator[World]:
    async with worlds(mesh_settings=redis_settings) as world:
        yield await _furnished(world)


@pytest.fixture
async def two_frontends(worlds: Worlds, redis_settings: dict[str, str], sqlite_url: str) -> AsyncIterator[tuple[World, World]]:
    """Two replicas: one record, one Redis; the second knows nothing of the first but what goes through these."""
    shared = {**redis_settings, "record_url": sqlite_url}
    async with worlds(mesh_settings=shared) as one, worlds(mesh_settings=shared) as two:
        await _furnished(one)
        yield one, two


async def _queued(world: World, count: int = 1) -> list[Command]:
    found: list[Command] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await world.queued()
            await asyncio.sleep(0)
    return found


async def _tell(world: World, kind: str, submission: str) -> None:
    await world.backbone.topics.publish([(user_topic("ana"), encode(Headline(kind, "now", {"id": submission})))])


async def test_sessions_and_limits_live_in_redis(redis_world: World) -> None:
    ana = await redis_world.signed_in("ana")
    assert (await ana.get("/session")).json["username"] == "ana"
    codes = [(await redis_world.person().post("/session", {"username": "olga", "password": "wrong password"})).code for _ in range(8)]
    assert (codes[0], codes[-1]) == ("wrong-password", "too-many-sign-ins")
    assert (await ana.ask("DELETE", "/session")).status == 204
    assert (await ana.get("/session")).code == "session-expired"
    assert (await redis_world.person().post("/session", {"username": "ana", "password": PASSWORD})).status == 201


async def test_the_overlay_lives_in_redis(redis_world: World) -> None:
    ana = await redis_world.signed_in("ana")
    one = (await ana.submit()).json["id"]
    assert (await ana.get(f"/submissions/{one}")).json["status"] == "accepted"
    assert [line["id"] for line in (await ana.get("/contests/finals/submissions")).json] == [one]
    assert (await ana.post("/contests/finals/clarifications", {"text": "Why?"})).status == 202
    assert [line["text"] for line in (await ana.get("/contests/finals/clarifications")).json] == ["Why?"]


async def test_a_verdict_wakes_who_waits_through_redis(redis_world: World) -> None:
    ana = await redis_world.signed_in("ana")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(ana.submit(query="?wait=true"))
        async with asyncio.timeout(10):
            while not (queued := await redis_world.queued()):
                await asyncio.sleep(0)
        await redis_world.add_submission("ana", id=queued[0].id)
        headline = Headline("verdict", "now", {"id": queued[0].id})
        await redis_world.backbone.topics.publish([(user_topic("ana"), encode(headline))])
        async with asyncio.timeout(10):
            answer = await waiting
    assert (answer.status, answer.json["verdict"]) == (200, "AC")


async def test_while_no_news_are_heard_who_waits_looks_for_himself(worlds: Worlds, redis_server: Redis) -> None:
    async with Proxy.to("127.0.0.1", redis_server.port) as line:
        settings = {"topics_url": redis_server.url(redis_server.fresh_database(), port=line.port), "state_url": "memory:?evicts=no"}
        async with worlds(mesh_settings=settings) as world:
            ana = await (await _furnished(world)).signed_in("ana")
            line.refuse()
            line.cut()
            async with asyncio.TaskGroup() as group:
                waiting = group.create_task(ana.submit(query="?wait=true"))
                [command] = await _queued(world)
                await world.add_submission("ana", id=command.id)  # judged, and nobody can tell
                async with asyncio.timeout(40):  # of the sixty seconds that it would wait
                    answer = await waiting
    assert (answer.status, answer.json["verdict"]) == (200, "AC")


async def test_a_verdict_told_at_another_frontend_wakes_who_waits_and_nobody_else(two_frontends: tuple[World, World]) -> None:
    one, two = two_frontends
    ana, her_other_window = await one.signed_in("ana"), await two.signed_in("ana")
    async with asyncio.TaskGroup() as group:
        first = group.create_task(ana.submit(query="?wait=true"))
        [command] = await _queued(one)
        second = group.create_task(her_other_window.submit(query="?wait=true&wait_s=30"))
        [other] = await _queued(two)
        await one.add_submission("ana", id=command.id)
        await _tell(two, "verdict", command.id)
        async with asyncio.timeout(10):
            answer = await first
        assert (answer.status, answer.json["id"], answer.json["verdict"]) == (200, command.id, "AC")
        assert not second.done(), "that was not its verdict"
        await one.add_submission("ana", id=other.id, verdict="WA")
        await _tell(one, "verdict", other.id)
        async with asyncio.timeout(10):
            answer = await second
        assert (answer.status, answer.json["verdict"]) == (200, "WA")


async def test_a_verdict_that_comes_before_the_queue_has_answered_is_not_missed(two_frontends: tuple[World, World], monkeypatch: pytest.MonkeyPatch) -> None:
    """Judged and told between the publishing and the waiting: the news came when nobody read it, and nothing more will come."""
    one, two = two_frontends
    ana = await one.signed_in("ana")
    publish = Commands.publish

    async def publish_and_judge(self: Commands, command: Command) -> None:
        await publish(self, command)
        await two.add_submission("ana", id=command.id)
        await _tell(two, "verdict", command.id)
        await asyncio.sleep(0.2)

    monkeypatch.setattr(Commands, "publish", publish_and_judge)
    async with asyncio.timeout(5):
        answer = await ana.submit(query="?wait=true&wait_s=60")
    assert (answer.status, answer.json["verdict"]) == (200, "AC")


async def test_waiting_asks_the_record_once_and_then_is_told(two_frontends: tuple[World, World], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = two_frontends
    ana = await one.signed_in("ana")
    looks, find = itertools.count(), Submissions.find

    async def counted(self: Submissions, submission: str) -> SubmissionDetail | None:
        next(looks)
        return await find(self, submission)

    monkeypatch.setattr(Submissions, "find", counted)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(ana.submit(query="?wait=true"))
        [command] = await _queued(one)
        await asyncio.sleep(0.6)
        assert next(looks) <= 1, "it does not poll"
        await two.add_submission("ana", id=command.id)
        await _tell(two, "verdict", command.id)
        async with asyncio.timeout(10):
            assert (await waiting).status == 200
