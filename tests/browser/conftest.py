"""Owns the scene of the browser tests: one house with a runner, and a contest of its own for every test."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Person
from tests.support.browser import Browser, OpenBrowser
from tests.support.contests import open_contest, sum_package
from tests.support.house import HouseOfProcesses, running_house
from tests.support.proxy import Proxy

_NUMBERS = itertools.count(1)
_ADMINS: dict[str, Person] = {}


@dataclass
class Stage:
    """A running contest with two teams, ana and bob, and who runs it."""

    house: HouseOfProcesses
    alias: str
    admin: Person
    teams: dict[str, Person]
    open_browser: OpenBrowser

    @property
    def home(self) -> str:
        return f"/contests/{self.alias}"

    def name_of(self, team: str) -> str:
        return f"{team}-{self.alias}"

    def person(self, team: str) -> Person:
        return self.teams[self.name_of(team)]

    def browser(self, who: str = "", **more: int) -> Browser:
        """A window, signed in as ana, bob, admin or (empty) nobody."""
        window = self.open_browser(self.house.url, **more)
        if who:
            window.enter(self.admin.token if who == "admin" else self.person(who).token)
        return window


@pytest.fixture
def stage(house: HouseOfProcesses, open_browser: OpenBrowser) -> Stage:
    return set_stage(house, open_browser)


def set_stage(house: HouseOfProcesses, open_browser: OpenBrowser, **rules: object) -> Stage:
    """A contest nobody else knows. ``rules`` as `POST /contests` takes them."""
    alias, admin = f"cup-{next(_NUMBERS)}", _ADMINS.get(house.url) or house.admin()
    _ADMINS[house.url] = admin  # signing in is rate limited, as it should be
    problems = {one["alias"] for one in admin.ask("GET", "/problems")}
    for problem, name in (("sum", "A plus B"), ("sum-again", "A plus B, again")):
        if problem not in problems:
            admin.upload(sum_package(name, cases=4), problem)
    names = [f"{team}-{alias}" for team in ("ana", "bob")]
    teams = open_contest(admin, alias, ["sum", "sum-again"], names, **{"title": f"Cup of {alias}", "feedback": "cases", **rules})
    return Stage(house, alias, admin, teams, open_browser)


class Wire:
    """A line to the house that can be cut: `tests.support.proxy` in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire")
        self._thread.start()
        self._standing = AsyncExitStack()
        host, _, port = url.removeprefix("http://").partition(":")
        self._proxy: Proxy = self._call(self._standing.enter_async_context(Proxy.to(host, int(port))))
        self.url = f"http://127.0.0.1:{self._proxy.port}"

    def cut(self) -> None:
        """Breaks every connection and takes no new one."""
        self._loop.call_soon_threadsafe(self._proxy.refuse)
        self._loop.call_soon_threadsafe(self._proxy.cut)

    def mend(self) -> None:
        self._loop.call_soon_threadsafe(self._proxy.admit)

    def close(self) -> None:
        self._call(self._standing.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _call(self, wanted: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(wanted, self._loop).result(10)


@pytest.fixture
def wire(house: HouseOfProcesses) -> Iterator[Wire]:
    line = Wire(house.url)
    try:
        yield line
    finally:
        line.close()


@pytest.fixture
def stage_of_its_own(tmp_path: Path, open_browser: OpenBrowser) -> Iterator[Stage]:
    """A house that the test may break."""
    for house in running_house(tmp_path / "house", {}):
        yield set_stage(house, open_browser)
