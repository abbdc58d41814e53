"""What a request costs in round trips to the state store, counted on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import World
from tests.support.brokers import Redis
from tests.support.proxy import Proxy

pytestmark = pytest.mark.brokers


@pytest.fixture
async def wire(redis_server: Redis) -> AsyncIterator[Proxy]:
    async with Proxy.to("127.0.0.1", redis_server.port) as proxy:
        yield proxy


@pytest.fixture
async def counted(worlds: Worlds, redis_server: Redis, wire: Proxy) -> AsyncIterator[World]:
    state = redis_server.url(redis_server.fresh_database(), port=wire.port)
    async with worlds(mesh_settings={"state_url": state, "cache_url": "memory:", "topics_url": "memory:"}) as world:
        for username, role in (("olga", "organiser"), ("ana", "contestant")):
            await world.add_account(username, role)
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        await (await world.signed_in("ana")).get("/contests/finals")
        while await world.backbone.state.fetch("contest:finals") is None:  # kept beside a request, twice a minute
            await asyncio.sleep(0.01)
        yield world


async def test_session_and_limits_of_a_signed_in_request_are_one_round_trip(counted: World, wire: Proxy) -> None:
    ana, olga = await counted.signed_in("ana"), await counted.signed_in("olga")
    assert (await ana.get("/session")).status == 200
    for person in (ana, olga):
        for path in ("/session", "/contests", "/contests/finals", "/contests/finals/scoreboard", "/problems/sum", "/languages"):
            before = wire.round_trips
            assert (await person.get(path)).status == 200, path
            assert wire.round_trips - before == 1, path


async def test_limits_of_a_stranger_are_one_round_trip(counted: World, wire: Proxy) -> None:
    await counted.person().get("/contests")
    before = wire.round_trips
    assert (await counted.person().get("/contests")).status == 200
    assert wire.round_trips - before == 1


async def test_a_submission_costs_a_few(counted: World, wire: Proxy) -> None:
    ana = await counted.signed_in("ana")
    assert (await ana.submit()).status == 202
    before = wire.round_trips
    assert (await ana.submit()).status == 202
    assert wire.round_trips - before <= 4, "session with limits, its own limits, the overlay's two"
