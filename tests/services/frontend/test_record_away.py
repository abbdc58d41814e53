"""The database is away, for as long as it likes: what the frontends knew of contests counts, for one that has just started too.

On a real PostgreSQL that is killed, and Redis as compose/redis/ has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import Person, World
from tests.support.databases import PostgreSql
from tests.support.redises import Secured

pytestmark = [pytest.mark.brokers, pytest.mark.databases]

HOUR_S = 3600


@pytest.fixture
async def shared(secured_state: Secured, postgresql_url: str) -> dict[str, str]:
    """What every frontend of this house leans on."""
    secured_state.databases += 1
    state = secured_state.url(secured_state.databases)
    return {"state_url": state, "topics_url": state, "cache_url": state, "record_url": postgresql_url}


@pytest.fixture
async def before(worlds: Worlds, shared: dict[str, str]) -> AsyncIterator[World]:
    """A frontend that has seen two contests: ``finals`` of ana, in which bob is too and has never come, and ``secret`` of carla."""
    async with worlds(mesh_settings=shared) as world:
        for username in ("olga", "ana", "bob", "carla"):
            await world.add_account(username, "organiser" if username == "olga" else "contestant")
        await world.add_problem()
        await world.add_contest(languages=["python3", "cpp"])
        await world.add_contest("secret", is_public=False)
        for contest, username in (("finals", "ana"), ("finals", "bob"), ("secret", "carla")):
            await world.register(contest, username)
        yield world


async def _kept(world: World, *aliases: str) -> None:
    async with asyncio.timeout(30):
        for alias in aliases:
            while await world.backbone.state.fetch(f"contest:{alias}") is None:
                await asyncio.sleep(0.02)


def _at(world: World, person: Person) -> Person:
    """The same session, at another frontend."""
    return Person(world, person.token, person.username)


async def test_a_frontend_that_has_just_started_takes_what_is_handed_in_while_the_database_is_away(
    worlds: Worlds, before: World, shared: dict[str, str], postgresql: PostgreSql
) -> None:
    ana, bob, carla, olga = [await before.signed_in(name) for name in ("ana", "bob", "carla", "olga")]
    assert (await ana.get("/contests/finals")).status == 200
    assert (await carla.get("/contests/secret")).status == 200
    await _kept(before, "finals", "secret")
    await asyncio.to_thread(postgresql.kill)
    try:
        async with worlds(mesh_settings=shared, is_first=False) as after:
            after.clock.turn(1000)  # longer than any process remembers
            for person in (ana, bob):
                taken = await _at(after, person).submit()
                assert taken.status == 202, taken.body
                for world in (before, after):  # whichever frontend the gateway chooses
                    shown = await _at(world, person).get(f"/submissions/{taken.json['id']}")
                    assert (shown.status, shown.json["status"]) == (200, "accepted")
            assert (await _at(after, carla).submit("secret")).status == 202
            asked = await _at(after, bob).post("/contests/finals/clarifications", {"text": "Is n positive?"})
            assert asked.status == 202, asked.body

            # what the contest says still holds
            assert (await _at(after, ana).submit(language="rust")).code == "language-not-allowed"
            assert (await _at(after, ana).submit(problem="other")).code == "no-such-problem"
            assert (await _at(after, olga).submit()).status == 202, "its organiser"

            # who is not known to take part may have registered just before; and nobody learns what contests there are
            answers = [await _at(after, carla).submit("finals"), await _at(after, bob).submit("secret"), await _at(after, bob).submit("nowhere")]
            assert [(answer.status, answer.code) for answer in answers] == [(503, "record-unavailable")] * 3
            assert answers[1].message == answers[2].message
            looks = [await _at(after, bob).get(f"/contests/{alias}") for alias in ("secret", "nowhere")]
            assert (looks[0].status, looks[0].message) == (looks[1].status, looks[1].message)

            after.clock.turn(HOUR_S)
            assert (await _at(after, ana).submit()).code == "contest-ended"
    finally:
        await asyncio.to_thread(postgresql.start)


async def test_a_change_is_kept_when_it_is_made(worlds: Worlds, shared: dict[str, str]) -> None:
    async with worlds(mesh_settings=shared, beside=("recorder",)) as world:
        await world.add_problem()
        olga = await world.signed_in("olga", "organiser")
        await world.add_account("ana")
        start = world.clock.now().replace(microsecond=0).isoformat()
        contest = {"alias": "finals", "title": "Finals", "mode": "icpc", "start": start, "duration_s": 3600, "problems": [{"alias": "sum", "label": "A"}]}
        assert (await olga.post("/contests", contest)).status == 201
        await _kept(world, "finals")
        registered = await olga.post("/contests/finals/teams", {"teams": [{"username": "ana", "name": "Team Ana"}]})
        assert registered.status == 200, registered.body
        async with asyncio.timeout(30):  # sooner than the next turn, which is in half a minute
            while b"Team Ana" not in (await world.backbone.state.fetch("contest:finals") or b""):
                await asyncio.sleep(0.02)
