"""Actions that need the recorder, the gitserver and the grader: the real ones, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from mesh.clock import iso
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import PASSWORD, Person, World
from tests.support.contests import sum_package


@pytest.fixture
async def whole(worlds: Worlds) -> AsyncIterator[World]:
    """Everything but a runner."""
    async with worlds(beside=("recorder", "gitserver", "grader")) as made:
        yield made


async def _admin(world: World) -> Person:
    password = (world.backbone.folder.parent / "admin.password").read_text().strip()
    answer = await world.person().post("/session", {"username": "admin", "password": password})
    return Person(world, answer.json["token"], "admin")


async def _upload(person: Person, package: bytes, alias: str = "sum", *, alias_first: bool = True) -> Any:
    mark = "mark0123456789"
    field = f'--{mark}\r\nContent-Disposition: form-data; name="alias"\r\n\r\n{alias}\r\n'.encode()
    head = f'--{mark}\r\nContent-Disposition: form-data; name="package"; filename="p.zip"\r\nContent-Type: application/zip\r\n\r\n'
    file = head.encode() + package + b"\r\n"
    parts = [field, file] if alias_first else [file, field]
    return await person.ask(
        "POST", "/problems", data=b"".join([*parts, f"--{mark}--\r\n".encode()]),
        headers={"Content-Type": f"multipart/form-data; boundary={mark}"},
    )  # fmt: skip


async def test_from_nothing_to_a_submission_in_the_record(whole: World) -> None:
    admin = await _admin(whole)
    made = await admin.post("/accounts", {"username": "ana", "password": PASSWORD, "name": "Ana"})
    assert (made.status, made.json["username"]) == (201, "ana")
    brought = await _upload(admin, sum_package())
    assert (brought.status, brought.json["alias"], brought.json["is_recorded"]) == (201, "sum", True), brought.body
    contest = {
        "alias": "finals", "title": "Finals", "mode": "icpc", "start": iso(whole.clock.now() - timedelta(seconds=60)),
        "duration_s": 3600, "problems": [{"alias": "sum", "label": "A"}],
    }  # fmt: skip
    made = await admin.post("/contests", contest)
    assert (made.status, made.headers["Location"]) == (201, "/api/v1/contests/finals"), made.body
    assert (await admin.post("/contests", contest)).code == "contest-exists"
    registered = await admin.post("/contests/finals/teams", {"teams": [{"username": "ana", "name": "Team Ana"}]})
    assert registered.status == 200
    ana = await whole.signed_in("ana")
    shown = (await ana.get("/contests/finals")).json
    assert (shown["may_submit"], [one["label"] for one in shown["problems"]]) == (True, ["A"])
    one = (await ana.submit()).json["id"]
    async with asyncio.timeout(10):
        while (line := (await ana.get(f"/submissions/{one}")).json)["status"] == "accepted":
            await asyncio.sleep(0.02)
    assert (line["status"], line["source"], line["team"]) == ("queued", "print(1)", "Team Ana")
    queue = await admin.get("/queue/stats")
    assert queue.status == 200, queue.body


async def test_a_package_that_is_no_problem_is_refused_with_every_finding(whole: World) -> None:
    admin = await _admin(whole)
    refused = await _upload(admin, b"this is no zip")
    assert refused.status in {400, 422}
    assert len(refused.message) > 10


async def test_the_alias_may_stand_behind_the_file(whole: World) -> None:
    admin = await _admin(whole)
    brought = await _upload(admin, sum_package(), "behind", alias_first=False)
    assert (brought.status, brought.json["alias"]) == (201, "behind"), brought.body
    shown = (await admin.get("/problems/behind")).json
    assert (shown["version"], len(shown["samples"])) == (brought.json["version"], 1)
    assert "Add $a$ and $b$" in (await admin.get("/problems/behind/statement")).json["text"]
    assert [one["alias"] for one in (await admin.get("/problems")).json] == ["behind"]


async def test_a_new_password_ends_every_session(whole: World) -> None:
    admin = await _admin(whole)
    await admin.post("/accounts", {"username": "ana", "password": PASSWORD, "name": "Ana"})
    first, second = await whole.signed_in("ana"), await whole.signed_in("ana")
    wrong = await first.ask("PUT", "/accounts/ana/password", {"old": "not the one", "new": "another password"})
    assert (wrong.status, wrong.code) == (401, "wrong-password")
    assert (await first.ask("PUT", "/accounts/ana/password", {"old": PASSWORD, "new": "another password"})).status == 204
    assert [(await one.get("/session")).status for one in (first, second)] == [401, 401]
    again = await whole.person().post("/session", {"username": "ana", "password": "another password"})
    assert again.status == 201
