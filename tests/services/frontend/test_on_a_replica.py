"""Pages are read from a real PostgreSQL standby that lags by seconds: everybody sees what he himself has done, at once."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, Person, World
from tests.support.databases import PostgreSql
from tests.support.redises import Secured
from tests.support.standbys import Standby, standby_of

pytestmark = [pytest.mark.brokers, pytest.mark.databases, pytest.mark.timeout(120)]

LAG_S = 1.5


@pytest.fixture(scope="module")
def servers(postgresql: PostgreSql, pki_folder: Path) -> Iterator[tuple[PostgreSql, Standby]]:
    with standby_of(postgresql, pki_folder, delay_s=LAG_S) as standby:
        yield postgresql, standby


@pytest.fixture(scope="module")
def names(servers: tuple[PostgreSql, Standby]) -> Iterator[str]:
    """Empty databases that are on both, one for each test: they come late, so all at once."""
    primary, standby = servers
    made = [primary.fresh_database() for _ in range(6)]
    ends_at = time.monotonic() + 20
    while made[-1] not in standby.ask("SELECT string_agg(datname, ' ') FROM pg_database"):
        assert time.monotonic() < ends_at, "the standby does not follow"
        time.sleep(0.05)
    return iter(made)


@pytest.fixture
def urls(servers: tuple[PostgreSql, Standby], names: Iterator[str], secured_state: Secured) -> dict[str, str]:
    """Two sides of the record; sessions and what accounts have changed on Redis as compose/redis/ has it, a user for each service."""
    primary, standby = servers
    name = next(names)
    secured_state.databases += 1
    redis = secured_state.url(secured_state.databases)
    record = {"record_url": primary.url(name), "replica_url": standby.url(name), "fresh_url": primary.url(name)}
    return record | {"state_url": redis, "topics_url": redis, "cache_url": redis}


async def _people(world: World) -> tuple[Person, Person]:
    await world.add_problem()
    await world.add_account("ana")
    await world.add_account("olga", "organiser")  # last: the replica that has it has all
    olga, ana = await world.signed_in("olga"), await world.signed_in("ana")
    return olga, ana


def _contest(world: World, alias: str = "finals") -> dict[str, Any]:
    start = world.clock.now().replace(microsecond=0).isoformat()
    return {"alias": alias, "title": "Finals", "mode": "icpc", "start": start, "duration_s": 3600, "problems": [{"alias": "sum", "label": "A"}]}


async def _seen(person: Person, path: str, what: str, limit_s: float = 15.0) -> None:
    async with asyncio.timeout(limit_s):
        while (answer := await person.get(path)).status != 200 or what not in answer.body.decode():
            await asyncio.sleep(0.05)


async def test_everybody_sees_what_he_has_done_himself(worlds: Worlds, urls: dict[str, str], servers: tuple[PostgreSql, Standby]) -> None:
    async with worlds(mesh_settings=urls, beside=("recorder",), record_timeout_s=20.0) as world:
        olga, ana = await _people(world)
        await _followed(servers[1], urls)
        made = await olga.post("/contests", _contest(world))
        assert made.status == 201, made.body
        assert (await world.person().get("/contests/finals")).status == 404, "the replica lags, or this test shows nothing"
        assert (await olga.get("/contests/finals")).status == 200
        assert (await world.person().get("/contests/finals")).status == 404, "what one reads fresh is not handed to others as theirs"
        registered = await olga.post("/contests/finals/teams", {"teams": [{"username": "ana", "name": "Team ana"}]})
        assert registered.status in {200, 201}, registered.body
        assert "Team ana" in (await olga.get("/contests/finals/teams")).body.decode()
        assert [row["username"] for row in (await olga.get("/contests/finals/scoreboard")).json["rows"]] == ["ana"]

        await _seen(ana, "/contests/finals/teams", "Team ana")
        asked = await ana.post("/contests/finals/clarifications", {"text": "Is n positive?"})
        assert asked.status in {201, 202}, asked.body
        assert "Is n positive?" in (await ana.get("/contests/finals/clarifications")).body.decode()
        await _seen(olga, "/contests/finals/clarifications", "Is n positive?")
        question = (await olga.get("/contests/finals/clarifications")).json[0]["id"]
        answered = await olga.post(f"/clarifications/{question}/answer", {"text": "It is.", "is_public": True})
        assert answered.status == 204, answered.body
        assert "It is." in (await olga.get("/contests/finals/clarifications")).body.decode()

        handed_in = await ana.submit()
        assert handed_in.status == 202, handed_in.body
        mine = (await ana.get("/contests/finals/submissions")).json
        assert [one["id"] for one in mine] == [handed_in.json["id"]]


async def test_a_new_password_counts_at_once_and_the_old_one_no_more(worlds: Worlds, urls: dict[str, str]) -> None:
    async with worlds(mesh_settings=urls, beside=("recorder",), record_timeout_s=20.0) as world:
        _, ana = await _people(world)
        changed = await ana.ask("PUT", "/accounts/ana/password", {"old": PASSWORD, "new": "quite another password"})
        assert changed.status in {200, 204}, changed.body
        tries = [await world.person().post("/session", {"username": "ana", "password": word}) for word in (PASSWORD, "quite another password")]
        assert [answer.status for answer in tries] == [401, 201]


async def _followed(standby: Standby, urls: dict[str, str]) -> None:
    """Returns when the standby has the account olga."""
    question, name = "SELECT count(*) FROM accounts WHERE username = 'olga'", urls["record_url"].rpartition("/")[2]
    async with asyncio.timeout(15):
        while True:
            with contextlib.suppress(subprocess.CalledProcessError):  # the tables are not there yet either
                if "1" in await asyncio.to_thread(standby.ask, question, name):
                    return
            await asyncio.sleep(0.1)


async def test_without_a_fresh_side_who_changed_something_waits_for_the_replica(
    worlds: Worlds, urls: dict[str, str], servers: tuple[PostgreSql, Standby]
) -> None:
    async with worlds(mesh_settings=urls | {"fresh_url": ""}, beside=("recorder",), replica_wait_s=20.0, record_timeout_s=20.0) as world:
        await world.add_problem()
        await world.add_account("olga", "organiser")
        await _followed(servers[1], urls)
        olga = await world.signed_in("olga")
        assert (await olga.post("/contests", _contest(world))).status == 201
        assert (await olga.get("/contests/finals")).status == 200


async def test_a_replica_that_is_away_is_replaced_by_the_primary(
    worlds: Worlds, urls: dict[str, str], servers: tuple[PostgreSql, Standby]
) -> None:
    _, standby = servers
    async with worlds(mesh_settings=urls, beside=("recorder",), record_timeout_s=5.0) as world:
        await _people(world)
        await world.add_contest()
        await _seen(world.person(), "/contests/finals", "Title of finals")
        standby.kill()
        try:
            for _ in range(3):
                assert (await world.person().get("/contests/finals/scoreboard")).status == 200
            assert "the replica is away" in (await world.life.examine())["record"]
        finally:
            standby.start()
        await _seen(world.person(), "/contests/finals", "Title of finals")
        standby.freeze()
        try:
            took_s: list[float] = []
            for _ in range(6):
                began = time.monotonic()
                assert (await world.person().get("/contests/finals/scoreboard")).status == 200
                took_s.append(time.monotonic() - began)
            assert sorted(took_s)[-2] < 2.5, f"one waits, the others do not: {took_s}"
        finally:
            standby.thaw()


async def test_a_replica_that_is_away_is_said_when_there_is_nothing_else(
    worlds: Worlds, urls: dict[str, str], servers: tuple[PostgreSql, Standby]
) -> None:
    _, standby = servers
    async with worlds(mesh_settings=urls | {"fresh_url": ""}, beside=("recorder",)) as world:
        await world.add_contest()
        await _seen(world.person(), "/contests", "finals")
        standby.kill()
        try:
            told = await world.person().get("/contests")
            assert (told.status, told.code) == (503, "record-unavailable")
        finally:
            standby.start()
        await _seen(world.person(), "/contests", "finals")
