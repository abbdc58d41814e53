"""A new version of a problem changes verdicts: a set shows which, survives kill -9 of everything, and changes all of them at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import ApiError, Person
from tests.support.contests import SLOW_RIGHT, WRONG, judged_events, open_contest, sum_package
from tests.support.house import HouseOfProcesses, running_house

pytestmark = [pytest.mark.faults, pytest.mark.sandbox, pytest.mark.timeout(180)]

COUNT = 5


@pytest.fixture
def house(tmp_path: Path) -> Iterator[HouseOfProcesses]:
    yield from running_house(tmp_path, {})


def _until_state(admin: Person, rejudging: str, state: str, *, judged: int = 0, limit_s: float = 60) -> dict[str, Any]:
    end, found = time.monotonic() + limit_s, dict[str, Any]()
    while time.monotonic() < end:
        found = admin.ask("GET", f"/rejudgings/{rejudging}")
        if found["state"] == state and found["judged"] >= judged:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never {state}: {found}")


def _until_board(admin: Person, audience: str, wanted: dict[str, tuple[int, int]]) -> None:
    """A folded board counts as fresh for a second or so."""
    end = time.monotonic() + 10
    while (found := _board(admin, audience)) != wanted:
        assert time.monotonic() < end, f"{audience}: {found}"
        time.sleep(0.1)


def _board(admin: Person, audience: str) -> dict[str, tuple[int, int]]:
    board = admin.ask("GET", f"/contests/fixed/scoreboard?as={audience}")
    return {row["username"]: (row["rank"], row["solved"]) for row in board["rows"]}


def test_a_set_survives_being_killed_and_changes_everything_at_once(house: HouseOfProcesses) -> None:
    admin = house.admin()
    admin.upload(sum_package(**{"data/secret/02.ans": "0\n"}), "sum")
    teams = open_contest(admin, "fixed", ["sum"], ["ada", "ben"])
    right = [teams["ada"].submit("fixed", "sum", "python3", SLOW_RIGHT + f"# {number}\n") for number in range(COUNT)]
    wrong = teams["ben"].submit("fixed", "sum", "python3", WRONG)
    before = {one: admin.verdict(one) for one in (*right, wrong)}
    assert {found["verdict"] for found in before.values()} == {"WA"}
    admin.upload(sum_package(), "sum")
    standing = _board(admin, "jury")
    assert admin.ask("POST", "/contests/fixed/rejudgings/count", {"problems": ["A"], "verdicts": ["WA"]}) == {"count": COUNT + 1}
    opened = admin.ask("POST", "/contests/fixed/rejudgings", {"problems": ["A"], "reason": "the second case had a wrong answer"})
    assert (opened["state"], opened["count"]) == ("running", COUNT + 1)

    _until_state(admin, opened["id"], "running", judged=1)
    with pytest.raises(ApiError) as early:
        admin.ask("POST", f"/rejudgings/{opened['id']}/apply")
    assert early.value.code == "rejudging-not-ready"
    house.kill()
    house.start()
    house.until_ready()
    admin = house.admin()
    ready = _until_state(admin, opened["id"], "ready")
    assert ready["changes"] == [{"before": "WA", "after": "AC", "count": COUNT}]
    assert [(move["username"], move["before"]["solved"], move["after"]["solved"]) for move in ready["board"]] == [("ada", 0, 1), ("ben", 0, 0)]
    assert (ready["unchanged"], ready["left_alone"]) == (1, 0)
    assert _board(admin, "jury") == standing, "the board stands still"
    lines = admin.ask("GET", f"/rejudgings/{opened['id']}/submissions?show=changed")
    assert [line["id"] for line in lines] == right
    assert {one: admin.ask("GET", f"/submissions/{one}")["verdict"] for one in before} == dict.fromkeys(before, "WA")

    assert admin.ask("GET", f"/rejudgings/{opened['id']}")["left_alone"] == 0
    admin.ask("POST", f"/submissions/{right[0]}/override", {"verdict": "RTE", "reason": "handed in by the coach"})
    assert admin.ask("GET", f"/rejudgings/{opened['id']}")["left_alone"] == 1, "what is looked at is what applying does"
    applied = admin.ask("POST", f"/rejudgings/{opened['id']}/apply")
    assert (applied["state"], applied["changed"], applied["kept"]) == ("applied", COUNT - 1, 1)
    looked_back = admin.ask("GET", f"/rejudgings/{opened['id']}")
    assert looked_back["changes"] == [{"before": "WA", "after": "AC", "count": COUNT - 1}], "what it did can still be read"
    assert looked_back["left_alone"] == 1
    after = {one: admin.ask("GET", f"/submissions/{one}")["verdict"] for one in before}
    assert after == {**dict.fromkeys(right, "AC"), right[0]: "RTE", wrong: "WA"}
    for audience in ("jury", "public"):
        _until_board(admin, audience, {"ada": (1, 1), "ben": (2, 0)})
    record = house.folder / "var" / "record.sqlite3"
    assert judged_events(record, "fixed") == {**dict.fromkeys(before, 1), **dict.fromkeys(right[1:], 2)}
    with sqlite3.connect(f"file:{record}?mode=ro", uri=True) as database:
        runs = database.execute("select count(*), count(distinct submission), count(verdict) from runs where rejudging is not null").fetchone()
    assert runs == (COUNT + 1, COUNT + 1, COUNT + 1)

    dropped = admin.ask("POST", "/contests/fixed/rejudgings", {"reason": "a try"})["id"]
    assert admin.ask("POST", f"/rejudgings/{dropped}/drop")["state"] == "dropped"
    assert {one: admin.ask("GET", f"/submissions/{one}")["verdict"] for one in before} == after
    fresh = teams["ben"].__class__(house.url, teams["ben"].token).submit("fixed", "sum", "python3", WRONG)
    assert admin.verdict(fresh)["verdict"] == "WA", "judging goes on"
    with pytest.raises(ApiError) as hidden:
        teams["ada"].ask("GET", f"/rejudgings/{opened['id']}")
    assert hidden.value.code == "no-such-rejudging"
