"""Reading is the same on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import base64
from datetime import timedelta
from fractions import Fraction

import pytest

from mesh.ids import new_id
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, World


@pytest.mark.timeout(180)
async def test_everything_that_is_read_reads_alike(worlds: Worlds, record_url: str) -> None:
    async with worlds(mesh_settings={"record_url": record_url}, record_timeout_s=30.0) as world:
        submissions = await _fill(world)
        ana, olga, nobody = await world.signed_in("ana"), await world.signed_in("olga"), world.person()
        assert [one["alias"] for one in (await nobody.get("/contests")).json] == ["finals", "coming"]
        assert [one["alias"] for one in (await ana.get("/contests")).json] == ["closed", "finals", "coming"]
        assert [one["label"] for one in (await ana.get("/contests/finals")).json["problems"]] == ["A", "B"]
        assert (await nobody.get("/problems/sum")).json["max_score"] == "1"
        assert [one["alias"] for one in (await olga.get("/problems")).json] == ["product", "sum"]
        mine = (await ana.get("/contests/finals/submissions")).json
        assert [one["id"] for one in mine] == submissions[::-1]
        page = (await olga.get(f"/contests/finals/submissions?before={submissions[2]}&most=1&verdict=WA")).json
        assert [one["id"] for one in page] == [submissions[1]]
        one = (await olga.get(f"/submissions/{submissions[0]}")).json
        assert (one["verdict"], one["score"], one["team"], len(one["cases"])) == ("AC", "1/3", "Team ana ☂", 1)
        board = (await nobody.get("/contests/finals/scoreboard")).json
        assert [(row["username"], row["solved"]) for row in board["rows"]] == [("ana", 1), ("bob", 0)]
        assert [one["text"] for one in (await nobody.get("/contests/finals/clarifications")).json] == ["to all"]
        assert {one["text"] for one in (await ana.get("/contests/finals/clarifications")).json} == {"mine", "to all"}
        assert [one["seq"] for one in (await olga.get("/contests/finals/events?after=1")).json] == [2, 3]
        assert (await ana.get(f"/submissions/{new_id()}")).code == "no-such-submission"
        assert [team["username"] for team in (await nobody.get("/contests/finals/teams")).json] == ["ana", "bob"]


@pytest.mark.timeout(180)
async def test_a_zero_byte_in_a_name_is_the_askers_fault_on_every_database(worlds: Worlds, record_url: str) -> None:
    async with worlds(mesh_settings={"record_url": record_url}, record_timeout_s=30.0) as world:
        await _fill(world)
        olga, name = await world.signed_in("olga"), "a\x00b"
        contest = {"alias": "new", "title": "New", "mode": "icpc", "start": "2030-01-01T00:00:00Z", "duration_s": 3600, "problems": [{"alias": name, "label": "A"}]}
        for method, path, body in (
            ("POST", "/contests", contest), ("PATCH", "/contests/finals", {"problems": [{"alias": name, "label": "A"}]}),
            ("POST", "/contests/finals/teams", {"teams": [{"username": name, "name": "Team"}]}), ("POST", "/tickets", {"contests": [name]}),
        ):  # fmt: skip
            refused = await olga.ask(method, path, body)
            assert refused.status in {400, 404, 422}, (path, refused.body)
            assert (refused.code == "zero-byte") == record_url.startswith("postgresql"), (path, refused.body)
        assert (await world.person().post("/session", {"username": name, "password": name})).code == "wrong-password"
        words = {"Authorization": "Basic " + base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()}
        assert (await world.person().get("/git/sum.git/info/refs?service=git-upload-pack", headers=words)).status == 401
        assert (await olga.get("/contests/finals")).status == 200


async def _fill(world: World) -> list[str]:
    for username, role in (("olga", "organiser"), ("ana", "contestant"), ("bob", "contestant")):
        await world.add_account(username, role)
    for alias in ("sum", "product"):
        await world.add_problem(alias)
    await world.add_contest(problems=("sum", "product"))
    await world.add_contest("coming", starts_in_s=600)
    await world.add_contest("closed", starts_in_s=-30, is_public=False)
    await world.register("finals", "ana")
    await world.update("contestants", {"username": "ana"}, name="Team ana ☂")
    await world.register("closed", "ana")
    await world.register("finals", "bob")
    at, found = world.clock.now(), []
    for number, verdict in enumerate(("AC", "WA", "WA")):
        found.append(await world.add_submission("ana", at=at + timedelta(microseconds=number), verdict=verdict, score=Fraction(1, 3)))
    for username, text, is_announcement in (("ana", "mine", False), ("bob", "other", False), ("olga", "to all", True)):
        await world.insert(
            "clarifications", id=new_id(), contest="finals", problem="", username=username, text=text, asked_at=at, answer=None,
            answered_by=None, answered_at=None, is_public=is_announcement, is_announcement=is_announcement,
        )  # fmt: skip
    for seq in (1, 2, 3):
        await world.insert("events", contest="finals", seq=seq, kind="announced", at=at, actor="olga", command=new_id(), body={"seq": seq})
    return found
