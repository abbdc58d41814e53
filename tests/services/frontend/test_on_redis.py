"""The same promises with state, cache and topics on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from mesh.codec import encode
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, World
from tests.support.brokers import Redis
from wire.news import Headline, user_topic

pytestmark = pytest.mark.brokers


@pytest.fixture
async def redis_world(worlds: Worlds, redis_server: Redis) -> AsyncIterator[World]:
    url = redis_server.url(redis_server.fresh_database())
    async with worlds(mesh_settings={"cache_url": url, "topics_url": url}) as world:
        for username, role in (("olga", "organiser"), ("ana", "contestant")):
            await world.add_account(username, role)
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        yield world


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
