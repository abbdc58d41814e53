"""The database goes away under a running contest: what is handed in is taken, shown as waiting, recorded and judged when it is back.

What the recorder then refuses reaches its author, and is still there when the page is loaded again.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.frontend.cookies import COOKIE
from tests.support.api import Person
from tests.support.contests import RIGHT, open_contest, sum_package
from tests.support.databases import PostgreSql
from tests.support.house import HouseOfProcesses, running_house

pytestmark = [pytest.mark.faults, pytest.mark.sandbox, pytest.mark.databases, pytest.mark.timeout(180)]


@pytest.fixture
def house(tmp_path: Path, postgresql_url: str) -> Iterator[HouseOfProcesses]:
    yield from running_house(tmp_path, {"PALESTRA_MESH_RECORD_URL": postgresql_url, "PALESTRA_FRONTEND_RECORD_TIMEOUT_S": "1.5"})


def _page(person: Person, path: str) -> str:
    request = urllib.request.Request(f"{person.url}{path}", headers={"Cookie": f"{COOKIE}={person.token}", "Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())


def _looks_waiting(ada: Person, one: str) -> str:
    """At the API and on the pages, alone and in the list."""
    shown = ada.ask("GET", f"/submissions/{one}")
    assert (shown["status"], shown["verdict"]) == ("accepted", None)
    assert one in {line["id"] for line in ada.ask("GET", "/contests/delay/submissions") if line["status"] == "accepted"}
    assert "it waits to be recorded" in _page(ada, f"/submissions/{one}")
    assert "Received" in _page(ada, "/contests/delay/submissions")
    return one


def _timed(act: Callable[[], str]) -> tuple[str, float]:
    began = time.monotonic()
    return act(), round(time.monotonic() - began, 1)


def test_what_is_handed_in_while_the_database_is_away_is_taken_shown_recorded_and_judged(
    house: HouseOfProcesses, postgresql: PostgreSql, postgresql_url: str
) -> None:
    admin = house.admin()
    admin.upload(sum_package(), "sum")
    ada = open_contest(admin, "delay", ["sum"], ["ada"])["ada"]
    assert admin.verdict(ada.submit("delay", "sum", "python3", RIGHT))["verdict"] == "AC"
    took: dict[str, float] = {}

    time.sleep(1.1)  # what was read just now counts as fresh for a second: it must go without
    postgresql.freeze()  # it keeps its connections, and says nothing
    try:
        one, took["taken while it is frozen"] = _timed(lambda: ada.submit("delay", "sum", "python3", RIGHT))
        _, took["shown four times while it is frozen"] = _timed(lambda: _looks_waiting(ada, one))
    finally:
        postgresql.thaw()
    judged, took["judged after it went on"] = _timed(lambda: ada.verdict(one)["verdict"])
    assert judged == "AC"

    postgresql.kill()
    try:
        two, took["taken while it is dead"] = _timed(lambda: ada.submit("delay", "sum", "python3", RIGHT))
        _looks_waiting(ada, two)
    finally:
        postgresql.start()
    judged, took["judged after it came back"] = _timed(lambda: ada.verdict(two)["verdict"])
    assert judged == "AC"
    assert took["taken while it is frozen"] < 6, "one read is waited for, the others know by then"
    assert took["shown four times while it is frozen"] < 6
    assert took["taken while it is dead"] < 5
    print("seconds:", took)

    # ── taken in good faith, refused by who knows better ──
    ada.ask("GET", "/contests/delay")
    database = postgresql_url.rpartition("/")[2].partition("?")[0]
    postgresql.ask("update contests set languages = '[\"cpp\"]' where alias = 'delay'", database)  # another replica's organiser was faster
    postgresql.kill()
    try:
        three = ada.submit("delay", "sum", "python3", RIGHT)
        _looks_waiting(ada, three)
    finally:
        postgresql.start()
    refused = ada.verdict(three)
    assert (refused["status"], refused["code"]) == ("refused", "language-not-allowed")
    assert "cpp" in refused["message"]
    for _ in range(2):  # loaded again, it is still there
        assert refused["message"].replace("'", "&#39;") in _page(ada, f"/submissions/{three}")
        own = _page(ada, "/contests/delay/submissions")
        assert "Refused" in own
        assert refused["message"].replace("'", "&#39;") in own
