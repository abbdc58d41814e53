"""Owns an organiser's work on the site before anything goes wrong: problems, accounts, the contest. Never breaks anything."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp

from tests.chaos.script import package
from tests.chaos.stage import Stage

PROBLEMS = ("apples", "bridges", "clocks")
PASSWORD = "chaos password 1"


class Site:
    """The site as an organiser's script sees it."""

    def __init__(self, house: Stage, session: aiohttp.ClientSession) -> None:
        self.url = house.url
        self.session = session
        self.token = ""

    async def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None, form: aiohttp.FormData | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"} if self.token or token else {}
        async with self.session.request(
            method, f"{self.url}/api/v1{path}", json=body, data=form, headers=headers, timeout=aiohttp.ClientTimeout(total=60)
        ) as answer:
            found = await answer.json() if answer.content_length != 0 and answer.status != 204 else None
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {found}")
            return found

    async def sign_in(self, username: str, password: str) -> str:
        found = await self.ask("POST", "/session", {"username": username, "password": password})
        return str(found["token"])


@asynccontextmanager
async def site_of(house: Stage) -> AsyncIterator[Site]:
    """The site of a house, over TLS through its gateway."""
    trusting = ssl.create_default_context(cafile=str(house.plan.trust))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting, limit=0)) as session:
        yield Site(house, session)


async def open_contest(house: Stage, site: Site, teams: list[str], start: datetime, contest: str = "chaos") -> dict[str, str]:
    """Signs in as admin, makes everything; the tokens of the teams."""
    site.token = await site.sign_in("admin", house.plan.admin_password.read_text().strip())
    there = {one["alias"] for one in await site.ask("GET", "/problems")}
    for problem in set(PROBLEMS) - there:
        form = aiohttp.FormData({"alias": problem})
        form.add_field("package", package(problem.title()), filename="p.zip", content_type="application/zip")
        await site.ask("POST", "/problems", form=form)
    for team in teams:
        await site.ask("POST", "/accounts", {"username": team, "password": PASSWORD, "name": f"Team {team}"})
    problems = [{"alias": alias, "label": chr(ord("A") + place)} for place, alias in enumerate(PROBLEMS)]
    body = {"alias": contest, "title": contest.title(), "mode": "icpc", "start": start.isoformat().replace("+00:00", "Z"), "duration_s": 4 * 3600, "problems": problems}
    await site.ask("POST", "/contests", body)
    await site.ask("POST", f"/contests/{contest}/teams", {"teams": [{"username": team, "name": f"Team {team}"} for team in teams]})
    return {team: await site.sign_in(team, PASSWORD) for team in teams}
