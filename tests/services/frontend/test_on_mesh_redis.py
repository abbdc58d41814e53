"""A whole house on Redis as compose/redis/ has it: TLS, two servers, a user per service. Nobody is refused anything that he needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from mesh.clock import iso
from mesh.topics import News
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.test_whole_house import _admin, _upload
from tests.services.frontend.world import PASSWORD, World
from tests.support.contests import sum_package
from tests.support.redises import Secured
from wire.news import contest_topic, jury_topic, user_topic

pytestmark = pytest.mark.brokers


@pytest.fixture
async def house(worlds: Worlds, secured_state: Secured, secured_cache: Secured) -> AsyncIterator[World]:
    """Everything but a runner and a broadcaster."""
    secured_state.databases += 1
    state, cache = secured_state.url(secured_state.databases), secured_cache.url(secured_state.databases)
    async with worlds(beside=("recorder", "gitserver", "grader"), mesh_settings={"state_url": state, "topics_url": state, "cache_url": cache}) as made:
        yield made


async def refusals(*servers: Secured) -> str:
    """What any user was refused."""
    return "".join([await asyncio.to_thread(one.say, "operator", "ACL", "LOG") for one in servers])


async def test_a_submission_travels_and_no_service_is_refused_a_key_or_a_channel(
    house: World, secured_state: Secured, secured_cache: Secured
) -> None:
    for one in (secured_state, secured_cache):
        await asyncio.to_thread(one.say, "operator", "ACL", "LOG", "RESET")
    async with house.neighbour("broadcaster") as broadcaster, broadcaster.topics.subscribe() as heard:
        await heard.follow(user_topic("ana"), jury_topic("finals"), contest_topic("finals"))
        admin = await _admin(house)
        assert (await admin.post("/accounts", {"username": "ana", "password": PASSWORD, "name": "Ana"})).status == 201
        assert (await _upload(admin, sum_package())).status == 201
        contest = {
            "alias": "finals", "title": "Finals", "mode": "icpc", "start": iso(house.clock.now() - timedelta(seconds=60)),
            "duration_s": 3600, "problems": [{"alias": "sum", "label": "A"}],
        }  # fmt: skip
        assert (await admin.post("/contests", contest)).status == 201
        assert (await admin.post("/contests/finals/teams", {"teams": [{"username": "ana", "name": "Team Ana"}]})).status == 200
        ana = await house.signed_in("ana")
        for path in ("/problems/sum", "/problems/sum/statement", "/contests/finals/scoreboard", "/contests/finals/submissions"):
            assert (await ana.get(path)).status == 200, path
        one = (await ana.submit()).json["id"]
        assert (await ana.post("/contests/finals/clarifications", {"text": "Why?"})).status == 202
        async with asyncio.timeout(20):
            while (await ana.get(f"/submissions/{one}")).json["status"] == "accepted":
                await asyncio.sleep(0.05)
            while not (isinstance(news := await heard.next(), News) and b'"progress"' in news.body):
                pass  # the grader has told of it
        replay = await broadcaster.topics.replay(jury_topic("finals"), "0-0")
        assert any(one.encode() in news.body for news in replay.news)
        assert (await ana.ask("DELETE", "/session")).status == 204
        assert (await ana.get("/session")).code == "session-expired"
    assert await refusals(secured_state, secured_cache) == ""


async def test_limits_hold_over_tls_and_users(house: World) -> None:
    codes = [(await house.person().post("/session", {"username": "admin", "password": "wrong password"})).code for _ in range(8)]
    assert (codes[0], codes[-1]) == ("wrong-password", "too-many-sign-ins")


async def test_what_is_refused_is_seen_in_the_log_of_the_server(secured_state: Secured) -> None:
    await asyncio.to_thread(secured_state.say, "operator", "ACL", "LOG", "RESET")
    await asyncio.to_thread(secured_state.say, "grader", "GET", "session:1")
    assert "grader" in await refusals(secured_state)
    await asyncio.to_thread(secured_state.say, "operator", "ACL", "LOG", "RESET")
