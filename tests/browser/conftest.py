"""Owns the scene of the browser tests: one house with a runner, and a contest of its own for every test."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from tests.support.api import Person
from tests.support.browser import Browser, OpenBrowser
from tests.support.contests import TEAM_PASSWORD, open_contest, sum_package
from tests.support.house import HouseOfProcesses

_NUMBERS = itertools.count(1)


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
        if who == "admin":
            window.sign_in("admin", self.house.admin_password)
        elif who:
            window.sign_in(self.name_of(who), TEAM_PASSWORD)
        return window


@pytest.fixture
def stage(house: HouseOfProcesses, open_browser: OpenBrowser) -> Stage:
    return set_stage(house, open_browser)


def set_stage(house: HouseOfProcesses, open_browser: OpenBrowser, **rules: object) -> Stage:
    """A contest nobody else knows. ``rules`` as `POST /contests` takes them."""
    alias, admin = f"cup-{next(_NUMBERS)}", house.admin()
    problems = {one["alias"] for one in admin.ask("GET", "/problems")}
    for problem, name in (("sum", "A plus B"), ("sum-again", "A plus B, again")):
        if problem not in problems:
            admin.upload(sum_package(name, cases=4), problem)
    names = [f"{team}-{alias}" for team in ("ana", "bob")]
    teams = open_contest(admin, alias, ["sum", "sum-again"], names, **{"title": f"Cup of {alias}", **rules})
    return Stage(house, alias, admin, teams, open_browser)
