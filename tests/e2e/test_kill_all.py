"""Kill -9 the whole house in the middle of 50 submissions: every 202 gets exactly one verdict."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.api import ApiError, Person
from tests.support.contests import RIGHT, WRONG, judged_events, open_contest, sum_package
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.faults, pytest.mark.sandbox, pytest.mark.timeout(240)]
COUNT = 50


def send(person: Person, number: int) -> str | None:
    """One submission; None when the house was down before it said 202."""
    try:
        return person.submit("kill", "sum", "python3", f"# {number}\n" + (RIGHT if number % 3 else WRONG))
    except (ApiError, OSError):
        return None


def test_kill_9_of_the_house_in_mid_contest_loses_and_doubles_nothing(tmp_path: Path) -> None:
    house = HouseOfProcesses(tmp_path)
    house.start()
    try:
        house.until_ready()
        admin = house.admin()
        admin.upload(sum_package(), "sum")
        teams = list(open_contest(admin, "kill", ["sum"], ["ada", "bob", "cyd"]).values())
        accepted: list[str] = []
        for kill_after in (20, 15, 15):
            first = len(accepted)
            with ThreadPoolExecutor(4) as pool:
                jobs = [pool.submit(send, teams[n % 3], n) for n in range(first, first + kill_after)]
                answers = [job.result() for job in jobs]
            accepted += [answer for answer in answers if answer]
            house.kill()
            house.start()
            house.until_ready()
        assert len(accepted) == COUNT
        verdicts = {one: admin.verdict(one, limit_s=120)["verdict"] for one in accepted}
        assert set(verdicts.values()) == {"AC", "WA"}
        assert judged_events(house.folder / "var" / "record.sqlite3", "kill") == dict.fromkeys(accepted, 1)
    finally:
        statuses = house.stop()
    assert statuses == {"all": 0}, house.tail("all")
