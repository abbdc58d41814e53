"""The whole site over two real Redis that are killed, frozen and cut: what goes on, what is said, how often anything is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.visitor import Visitor
from tests.services.frontend.world import PASSWORD, Person, World
from tests.support.brokers import Redis, redis_running
from tests.support.proxy import Proxy

pytestmark = pytest.mark.brokers

PUBLIC = ("/", "/contests/finals", "/contests/finals/scoreboard")
MINE = (*PUBLIC, "/contests/finals/submissions", "/account")


@dataclass
class Town:
    """A frontend with its pages, its two Redis, and the wires to them."""

    world: World
    state: Redis
    cache: Redis
    to_state: Proxy
    to_cache: Proxy

    def visitor(self) -> Visitor:
        return Visitor(self.world.session, self.world.url)

    async def signed_in(self, username: str) -> Visitor:
        somebody = self.visitor()
        assert (await somebody.sign_in(username, PASSWORD)).status == 303
        return somebody

    async def program(self, username: str) -> Person:
        return await self.world.signed_in(username)


@pytest.fixture
async def town(worlds: Worlds, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        state, cache = (stack.enter_context(redis_running(tmp_path / name)) for name in ("state", "cache"))
        to_state, to_cache = [await stack.enter_async_context(Proxy.to("127.0.0.1", one.port)) for one in (state, cache)]
        urls = {
            "state_url": state.url(0, port=to_state.port), "topics_url": state.url(0),
            "cache_url": cache.url(0, port=to_cache.port),
        }  # fmt: skip
        world = await stack.enter_async_context(worlds(mesh_settings=urls))
        for username in ("olga", "ana", "bob"):
            await world.add_account(username, "organiser" if username == "olga" else "contestant")
        await world.add_problem()
        await world.add_contest()
        await world.register("finals", "ana")
        await world.add_submission("ana", status="queued", verdict=None)
        yield Town(world, state, cache, to_state, to_cache)


async def everything_works(town: Town, somebody: Visitor) -> None:
    for path in MINE:
        page = await somebody.get(path)
        assert page.status == 200, (path, page.text)


@pytest.mark.parametrize("fault", ["killed", "frozen", "cut"])
async def test_without_the_cache_everything_works_and_sessions_hold(town: Town, fault: str) -> None:
    ana = await town.signed_in("ana")
    await everything_works(town, ana)
    match fault:
        case "killed":
            await asyncio.to_thread(town.cache.kill)
        case "frozen":
            town.cache.freeze()
        case _:
            town.to_cache.refuse()
            town.to_cache.cut()
    await everything_works(town, ana)
    await everything_works(town, await town.signed_in("bob"))
    assert (await (await town.program("ana")).submit()).status == 202
    await asyncio.to_thread(town.cache.start) if fault == "killed" else town.cache.thaw()
    town.to_cache.admit()
    await everything_works(town, ana)
    async with asyncio.timeout(10):
        before = town.to_cache.passed_bytes["down"]
        while town.to_cache.passed_bytes["down"] == before:  # until it is used again
            await ana.get("/contests/finals/submissions")


async def test_a_site_that_starts_without_its_cache_works(worlds: Worlds, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        state = stack.enter_context(redis_running(tmp_path / "state"))
        urls = {"state_url": state.url(0), "topics_url": state.url(0), "cache_url": "redis://127.0.0.1:1/0"}
        world = await stack.enter_async_context(worlds(mesh_settings=urls))
        await world.add_account("ana")
        await world.add_contest(problems=())
        await world.register("finals", "ana")
        ana = Visitor(world.session, world.url)
        assert (await ana.sign_in("ana", PASSWORD)).status == 303
        for path in (*PUBLIC, "/account"):
            assert (await ana.get(path)).status == 200, path


@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_without_the_state_what_needs_no_session_goes_on_and_the_rest_is_said(town: Town, fault: str) -> None:
    ana, seen = await town.signed_in("ana"), await town.program("ana")
    await everything_works(town, ana)
    unseen, program = await town.signed_in("bob"), await town.program("bob")
    assert (await seen.get("/session")).status == 200
    if fault == "killed":
        await asyncio.to_thread(town.state.kill)
    else:
        town.state.freeze()
    await everything_works(town, ana)
    assert (await seen.submit()).status == 202, "a contest goes on for who was seen lately"
    for path in PUBLIC:
        assert (await town.visitor().get(path)).status == 200, path
    for path in PUBLIC:
        page = await unseen.get(path)
        assert page.status == 200, path
    assert "your session cannot be looked up just now" in page.text
    mine = await unseen.get("/account")
    assert (mine.status, mine.headers["Retry-After"]) == (503, "3")
    assert "sessions-unavailable" in mine.text
    refused = await program.get("/session")
    assert (refused.status, refused.code) == (503, "sessions-unavailable")
    entering = await town.world.person().post("/session", {"username": "ana", "password": PASSWORD})
    assert (entering.status, entering.code) == (503, "sessions-unavailable")
    assert "nobody can sign in just now" in entering.message
    assert "127.0.0.1" not in entering.message
    await asyncio.to_thread(town.state.start) if fault == "killed" else town.state.thaw()
    async with asyncio.timeout(15):
        while (await town.world.person().post("/session", {"username": "ana", "password": PASSWORD})).status != 201:
            await asyncio.sleep(0.05)


async def test_a_page_waits_for_a_frozen_redis_at_most_once(town: Town) -> None:
    ana, olga = await town.signed_in("ana"), await town.signed_in("olga")
    for somebody in (ana, olga):
        await everything_works(town, somebody)
    for frozen in (town.to_state, town.to_cache):
        frozen.stall()
    for somebody in (ana, olga):
        for path in MINE * 2:
            before = town.to_state.round_trips, town.to_cache.round_trips
            assert (await somebody.get(path)).status == 200, path
            tries = town.to_state.round_trips - before[0], town.to_cache.round_trips - before[1]
            assert max(tries) <= 1, (path, tries)
