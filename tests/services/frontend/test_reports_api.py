"""Reports on packages as a program meets them: read, waited for, asked for again, by those who may change the problem."""

from __future__ import annotations

import asyncio
import aiohttp
import pytest

from contest.limits import Limits
from mesh.clock import iso
from mesh.codec import encode
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.reports import COMMIT, FINDINGS, GOOD, OLD, WRONG, row
from tests.services.frontend.test_webhooks_api import say
from tests.services.frontend.world import Person, World
from tests.support.contests import sum_package
from wire.commands import RecordProblem
from wire.news import Headline, user_topic


async def test_report_says_what_was_found_and_what_was_tried(finals: World) -> None:
    await finals.insert("reports", **row(finals.clock.now()))
    olga = await finals.signed_in("olga")
    report = (await olga.get("/problems/sum/report")).json
    assert {name: report[name] for name in ("alias", "commit", "state", "is_newest", "errors", "warnings", "course")} == {
        "alias": "sum", "commit": COMMIT, "state": "failed", "is_newest": True, "errors": 1, "warnings": 1, "course": None,
    }  # fmt: skip
    assert [finding["code"] for finding in report["findings"]] == [finding.code for finding in FINDINGS]
    assert [(one["path"], one["expected"], one["verdict"], one["is_allowed"], one["time_ms"], one["slowest_case"]) for one in report["submissions"]] == [
        (GOOD, ["AC"], "AC", True, 900, "secret/02-big"), (WRONG, ["WA"], "AC", False, 20, "secret/01"),
    ]  # fmt: skip
    limit = report["limit"]
    assert (limit["limit_ms"], limit["is_stated"], limit["measured_ms"], limit["slowest_accepted"]) == (2000, False, 2000, GOOD)


async def test_problem_without_a_report_says_so(finals: World) -> None:
    olga = await finals.signed_in("olga")
    report = (await olga.get("/problems/sum/report")).json
    assert (report["state"], report["findings"], report["history"], report["asked_at"]) == ("none", [], [], None)
    assert (await olga.get("/problems/sum/report?commit=" + "d" * 40)).code == "no-such-report"


async def test_earlier_commits_keep_their_reports(finals: World) -> None:
    await finals.insert("reports", **row(finals.clock.now(), "overtaken", commit_hash=OLD, findings=[], submissions=[], evidence=None))
    await finals.insert("reports", **row(finals.clock.now(), "passed", findings=[]))
    olga = await finals.signed_in("olga")
    report = (await olga.get(f"/problems/sum/report?commit={OLD}")).json
    assert (report["commit"], report["state"], report["is_newest"]) == (OLD, "overtaken", False)
    assert {(one["commit"], one["state"]) for one in report["history"]} == {(OLD, "overtaken"), (COMMIT, "passed")}


async def test_how_far_a_trial_is(finals: World) -> None:
    await finals.insert("reports", **row(finals.clock.now(), "waiting"))
    olga = await finals.signed_in("olga")
    assert (await olga.get("/problems/sum/report")).json["course"] is None
    body = {"alias": "sum", "commit": COMMIT, "done": 3, "total": 7}
    await finals.backbone.cache.store("trial:sum", encode(body), 60)
    assert (await olga.get("/problems/sum/report")).json["course"] == {"done": 3, "total": 7}
    await finals.backbone.cache.store("trial:sum", encode({**body, "commit": OLD}), 60)
    assert (await olga.get("/problems/sum/report")).json["course"] is None, "that is another commit's"


@pytest.mark.parametrize(("username", "status", "code"), [
    ("bob", 403, "not-owner"), ("ana", 403, "not-owner"), ("olga", 200, ""), ("root", 200, ""), ("", 401, "unauthenticated"),
])  # fmt: skip
async def test_only_who_may_change_the_problem_sees_its_report(finals: World, username: str, status: int, code: str) -> None:
    await finals.insert("reports", **row(finals.clock.now()))
    somebody = await finals.signed_in(username) if username else finals.person()
    for answer in (await somebody.get("/problems/sum/report"), *([] if status == 200 else [await somebody.post("/problems/sum/report")])):
        assert answer.status == status, answer.body
        assert status == 200 or answer.code == code


async def test_asking_again_through_the_real_recorder(worlds: Worlds) -> None:
    async with worlds(beside=("recorder",)) as world:
        await say(world, "service:gitserver", RecordProblem("sum", "Sum", COMMIT, "v" * 40, Limits(), "admin", 3))
        admin = await _admin(world)
        first = (await admin.get("/problems/sum/report")).json
        assert (first["state"], [one["commit"] for one in first["history"]]) == ("waiting", [COMMIT])
        await world.update("reports", {"alias": "sum"}, **{name: value for name, value in row(world.clock.now()).items() if name not in {"alias", "commit_hash"}})
        assert (await admin.get("/problems/sum/report")).json["state"] == "failed"
        asked = await admin.post("/problems/sum/report")
        assert (asked.status, asked.json["state"]) == (202, "waiting")
        assert asked.json["findings"], "what came of it the last time"


async def test_upload_says_where_its_report_will_be_and_can_wait_for_it(worlds: Worlds) -> None:
    async with worlds(beside=("recorder", "gitserver")) as world:
        admin = await _admin(world)
        form = aiohttp.FormData()
        form.add_field("package", sum_package(), filename="sum.zip")
        form.add_field("alias", "sum")
        began = asyncio.get_running_loop().time()
        upload = asyncio.create_task(admin.ask("POST", "/problems?wait=report&wait_s=30", data=form))
        async with asyncio.timeout(20):
            while (waiting := await admin.get("/problems/sum/report")).status != 200:
                await asyncio.sleep(0.05)
        assert waiting.json["state"] == "waiting"
        assert not upload.done()
        values = {name: value for name, value in row(world.clock.now(), "passed", findings=[]).items() if name not in {"alias", "commit_hash"}}
        await world.update("reports", {"alias": "sum"}, **values)
        told = Headline("report", iso(world.clock.now()), {"alias": "sum", "commit": COMMIT, "state": "passed", "errors": 0, "warnings": 0})
        await world.backbone.topics.publish([(user_topic("admin"), encode(told))])
        answer = await upload
        assert asyncio.get_running_loop().time() - began < 30
        assert (answer.status, answer.json["trial"], answer.json["trial_url"]) == (201, "passed", "/api/v1/problems/sum/report")
        again = aiohttp.FormData()
        again.add_field("package", sum_package(), filename="sum.zip")
        again.add_field("alias", "sum")
        assert (await admin.ask("POST", "/problems?wait=report", data=again)).json["trial"] == "passed", "the same package waits for nothing"


async def _admin(world: World) -> Person:
    password = (world.backbone.folder.parent / "admin.password").read_text().strip()
    answer = await world.person().post("/session", {"username": "admin", "password": password})
    assert answer.status == 201, answer.body
    return Person(world, answer.json["token"], "admin")
