"""What contestants see of their own judging, at the API and on the page, as the contest says; the freeze changes nothing of it."""

from __future__ import annotations

from typing import Any

import pytest

from mesh.codec import encode
from tests.services.frontend.world import World

SECRET = "overflow 4711"
CASES = [
    {"index": 0, "verdict": "AC", "time_ms": 1, "memory_bytes": 2, "is_sample": True, "name": "sample/1"},
    {"index": 1, "verdict": "WA", "time_ms": 3, "memory_bytes": 4, "is_sample": True, "name": "sample/2", "message": "wanted 1",
     "output_head": "2 of the sample", "difference": "line 1\n- 1\n+ 2 of the sample"},
    {"index": 2, "verdict": "RTE", "time_ms": 5, "memory_bytes": 6, "message": f"exit code 1\n{SECRET}", "name": f"secret/{SECRET}",
     "output_head": SECRET, "difference": SECRET, "is_repeated": True,
     "given": f"arguments: {SECRET}", "hint": "read the statement", "description": f"{SECRET} is tried"},
]  # fmt: skip
SEEN: dict[str, list[tuple[int, str, int | None, str]]] = {
    "verdict": [],
    "samples": [(0, "AC", 1, ""), (1, "WA", 3, "wanted 1")],
    "cases": [(0, "AC", 1, ""), (1, "WA", 3, "wanted 1"), (2, "RTE", None, "")],
    "full": [(0, "AC", 1, ""), (1, "WA", 3, "wanted 1"), (2, "RTE", 5, "exit code 1")],
}


FIGURES = {"time_ms": 1234, "memory_bytes": 42 * 4096}


async def judged(world: World, feedback: str) -> str:
    await world.update("contests", {"alias": "finals"}, feedback=feedback)
    one = await world.add_submission("ana", verdict="RTE")
    await world.update("submissions", {"id": one}, **FIGURES)
    await world.update("runs", {"submission": one}, cases=CASES, decisive_case=2)
    return one


def seen(cases: list[dict[str, Any]]) -> list[tuple[int, str, int | None, str]]:
    return [(case["index"], case["verdict"], case["time_ms"], case["message"]) for case in cases]


@pytest.mark.parametrize("feedback", SEEN)
async def test_the_author_sees_what_the_contest_shows_and_the_jury_everything(finals: World, feedback: str) -> None:
    one = await judged(finals, feedback)
    ana, olga, bob = [await finals.signed_in(username) for username in ("ana", "olga", "bob")]
    mine = await ana.get(f"/submissions/{one}")
    assert seen(mine.json["cases"]) == SEEN[feedback]
    assert mine.json["decisive_case"] == (2 if feedback in {"cases", "full"} else None)
    assert SECRET.encode() not in mine.body
    jurys = await olga.get(f"/submissions/{one}")
    assert [case["name"] for case in jurys.json["cases"]] == [case["name"] for case in CASES]
    assert jurys.body.count(SECRET.encode()) == 6
    assert (jurys.json["cases"][2]["given"], jurys.json["cases"][2]["description"]) == (f"arguments: {SECRET}", f"{SECRET} is tried")
    assert [case["hint"] for case in mine.json["cases"]] == ["", "", "read the statement"][: len(mine.json["cases"])]
    assert (await bob.get(f"/submissions/{one}")).status == 404

    await finals.update("contests", {"alias": "finals"}, freeze_s=3600)
    finals.clock.turn(10)  # contests are kept for a second or so
    frozen = await (await finals.signed_in("ana")).get(f"/submissions/{one}")
    assert (await ana.get("/contests/finals")).json["is_frozen"]
    assert frozen.json == mine.json, "one's own submissions are not frozen"


@pytest.mark.parametrize(
    ("shown", "verdict", "is_seen"),
    [("always", "AC", True), ("always", "CE", True), ("errors", "AC", False), ("errors", "CE", True), ("never", "CE", False)],
)
async def test_what_the_compiler_said_is_shown_as_the_contest_allows(finals: World, shown: str, verdict: str, is_seen: bool) -> None:
    olga = await finals.signed_in("olga")
    await finals.update("contests", {"alias": "finals"}, compile_feedback=shown)
    one = await finals.add_submission("ana", verdict=verdict)
    await finals.update("runs", {"submission": one}, compile_output="line 1: surprise")
    mine = await (await finals.signed_in("ana")).get(f"/submissions/{one}")
    assert (mine.json["compile_output"] == "line 1: surprise", b"surprise" in mine.body) == (is_seen, is_seen)
    assert (await olga.get(f"/submissions/{one}")).json["compile_output"] == "line 1: surprise"
    assert (await olga.get("/contests/finals")).json["compile_feedback"] == shown


@pytest.mark.parametrize("feedback", SEEN)
async def test_what_subtasks_came_to_is_seen_by_their_numbers(finals: World, feedback: str) -> None:
    one = await judged(finals, feedback)
    paths = (("sample", 0, 0), ("secret", 30, 100), (f"secret/{SECRET}", 30, 30), ("secret/2", 0, 70))
    groups = [{"path": path, "verdict": "AC" if score else None, "score": str(score), "max_score": str(most), "case_count": 4, "judged_count": 2} for path, score, most in paths]
    await finals.update("runs", {"submission": one}, group_results=groups)
    ana, olga = await finals.signed_in("ana"), await finals.signed_in("olga")
    mine, jurys = await ana.get(f"/submissions/{one}"), await olga.get(f"/submissions/{one}")
    assert [(group["path"], group["score"]) for group in jurys.json["groups"]] == [(path, str(score)) for path, score, _ in paths]
    expected = [("Group 1", "30", "30", "AC"), ("Group 2", "0", "70", None)] if feedback in {"cases", "full"} else []
    assert [(group["path"], group["score"], group["max_score"], group["verdict"]) for group in mine.json["groups"]] == expected
    assert SECRET.encode() not in mine.body


@pytest.mark.parametrize(("feedback", "shown"), [("verdict", (0, 0)), ("samples", (0, 0)), ("cases", (7, 30)), ("full", (7, 30))])
async def test_how_far_judging_is_tells_nothing_where_cases_are_secret(finals: World, feedback: str, shown: tuple[int, int]) -> None:
    await finals.update("contests", {"alias": "finals"}, feedback=feedback)
    one = await finals.add_submission("ana", status="queued", verdict=None)
    await finals.backbone.cache.store(f"progress:{one}", encode({"id": one, "step": "running", "done": 7, "total": 30}), 60)
    ana, olga = await finals.signed_in("ana"), await finals.signed_in("olga")
    for answer in ((await ana.get(f"/submissions/{one}")).json, (await ana.get("/contests/finals/submissions")).json[0]):
        assert answer["status"] == "judging"
        assert (answer["progress"]["step"], answer["progress"]["done"], answer["progress"]["total"]) == ("running", *shown)
    jurys = (await olga.get(f"/submissions/{one}")).json["progress"]
    assert (jurys["done"], jurys["total"]) == (7, 30)


@pytest.mark.parametrize("feedback", SEEN)
async def test_no_way_out_tells_the_author_the_figures_of_secret_cases(finals: World, feedback: str) -> None:
    """A program that allocates `a` pages, `a` of a secret case, would be told `a`."""
    one = await judged(finals, feedback)
    ana, olga = await finals.signed_in("ana"), await finals.signed_in("olga")
    shown = FIGURES if feedback == "full" else {"time_ms": 1240, "memory_bytes": None}
    for answer in ((await ana.get(f"/submissions/{one}")).json, (await ana.get("/contests/finals/submissions")).json[0]):
        assert {name: answer[name] for name in FIGURES} == shown
    for answer in ((await olga.get(f"/submissions/{one}")).json, (await olga.get("/contests/finals/submissions")).json[0]):
        assert {name: answer[name] for name in FIGURES} == FIGURES


async def test_the_api_says_and_changes_what_teams_see(finals: World) -> None:
    olga = await finals.signed_in("olga")
    assert (await olga.get("/contests/finals")).json["feedback"] == "verdict"
    refused = await olga.ask("PATCH", "/contests/finals", {"feedback": "everything"})
    assert (refused.status, refused.code) == (400, "bad-shape")
