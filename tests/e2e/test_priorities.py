"""A submission that waits is moved up: it is judged before the others, once, and everybody who may sees why."""

from __future__ import annotations

import pytest

from tests.support.api import ApiError
from tests.support.contests import SLOW_RIGHT, judged_events, open_contest, sum_package
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(120)]


def test_what_the_jury_moves_up_is_judged_next_and_once(house: HouseOfProcesses) -> None:
    admin = house.admin()
    admin.upload(sum_package("Sum for levels"), "levels-sum")
    ada = open_contest(admin, "levels", ["levels-sum"], ["levels-ada"])["levels-ada"]
    waiting = [ada.submit("levels", "levels-sum", "python3", SLOW_RIGHT, priority="low") for _ in range(7)]
    last = waiting[-1]
    with pytest.raises(ApiError) as refused:
        ada.ask("POST", f"/submissions/{last}/priority", {"priority": "contest"})
    assert refused.value.code == "not-jury"
    end = _until_recorded(admin, last)
    admin.ask("POST", f"/submissions/{last}/priority", {"priority": "contest"})
    stats = admin.ask("GET", "/queue/stats")
    assert end in {"queued", "judging"}
    assert stats["queues"]["CommandQueue"]["ready"] is not None
    assert stats["runner_count"] >= 1
    verdicts = {one: admin.verdict(one, limit_s=90) for one in waiting}
    assert {found["verdict"] for found in verdicts.values()} == {"AC"}
    order = sorted(waiting, key=lambda one: verdicts[one]["judged_at"])
    assert order.index(last) < len(order) - 2, "it went before what had waited longer"
    assert (verdicts[last]["priority"], verdicts[waiting[-2]]["priority"]) == ("contest", "low")
    assert judged_events(house.folder / "var" / "record.sqlite3", "levels") == dict.fromkeys(waiting, 1)
    with pytest.raises(ApiError) as late:
        admin.ask("POST", f"/submissions/{last}/priority", {"priority": "low"})
    assert (late.value.status, late.value.code) == (409, "submission-judged")


def _until_recorded(admin, submission: str) -> str:
    """The record takes what is handed in in order: when it has the last, it has all."""
    for _ in range(200):
        status = str(admin.ask("GET", f"/submissions/{submission}")["status"])
        if status != "accepted":
            return status
    raise AssertionError("it was never recorded")
