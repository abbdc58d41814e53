"""Owns the people who use the site while it is restarted, one process after the other. Nobody of them asks twice."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.chaos.script import RIGHT_C, WRONG_C
from tests.chaos.site import Site

PAUSE_S = 0.3
"""The gateway lets nobody ask more than ten times a second."""


@dataclass
class Visits:
    """What people asked and what came of it; nobody asks twice."""

    done: int = 0
    failed: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""
    submissions: list[str] = field(default_factory=list)

    def note(self, what: str, seconds: float) -> None:
        self.done += 1
        if seconds > self.slowest_s:
            self.slowest_s, self.slowest = seconds, what


class Visitors:
    """People who read, hand in, wait, ask and change, each in a loop of his own."""

    def __init__(self, site: Site, tokens: dict[str, str], contest: str) -> None:
        self.visits = Visits()
        self._site = site
        self._tokens = tokens
        self._contest = contest
        self._began = time.monotonic()
        self._numbers = itertools.count(1)

    async def visit_for_ever(self) -> None:
        contest = self._contest
        readers = [
            "/", f"/contests/{contest}", f"/contests/{contest}/scoreboard", "/api/v1/contests", f"/api/v1/contests/{contest}/scoreboard",
            f"/contests/{contest}/problems/A", f"/api/v1/contests/{contest}/submissions", "/health/live",
        ]  # fmt: skip
        names = list(self._tokens)
        async with asyncio.TaskGroup() as tasks:
            for path, name in zip(readers, itertools.cycle(names)):
                tasks.create_task(self._read(path, self._tokens[name]))
            tasks.create_task(self._submit(names[1], wait=False))
            tasks.create_task(self._submit(names[2], wait=True))
            tasks.create_task(self._ask(names[3]))
            tasks.create_task(self._change())

    async def _read(self, path: str, token: str) -> None:
        while True:
            await self._once("GET", path, None, token)

    async def _submit(self, team: str, *, wait: bool) -> None:
        while True:
            number = next(self._numbers)
            source = f"// {number}\n" + (RIGHT_C if number % 2 else WRONG_C)
            body = {"problem": "apples", "language": "c", "source": source}
            found = await self._once("POST", f"/api/v1/contests/{self._contest}/submissions" + ("?wait=true" if wait else ""), body, self._tokens[team])
            if found is not None:
                self.visits.submissions.append(found["id"])
            await asyncio.sleep(0.5)

    async def _ask(self, team: str) -> None:
        while True:
            body = {"text": f"question {next(self._numbers)}", "problem": "apples"}
            await self._once("POST", f"/api/v1/contests/{self._contest}/clarifications", body, self._tokens[team])
            await asyncio.sleep(1.0)

    async def _change(self) -> None:
        while True:
            body = {"username": f"{self._contest}-new{next(self._numbers)}", "password": "a fresh password 1", "name": "Somebody new"}
            await self._once("POST", "/api/v1/accounts", body, self._site.token)
            await asyncio.sleep(0.3)

    async def _once(self, method: str, path: str, body: Any, token: str) -> Any:
        began = time.monotonic()
        try:
            async with self._site.session.request(
                method, f"{self._site.url}{path}", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=aiohttp.ClientTimeout(total=60)
            ) as answer:
                text = await answer.read()
                if answer.status >= 400:
                    self.visits.failed.append(f"{began - self._began:.1f} s: {method} {path}: {answer.status} {text[:300].decode(errors='replace')}")
                    return None
                self.visits.note(f"{method} {path}", time.monotonic() - began)
                return await answer.json() if method == "POST" else None
        except (aiohttp.ClientError, OSError) as away:
            self.visits.failed.append(f"{began - self._began:.1f} s: {method} {path}: {type(away).__name__} {away}")
            return None
        finally:
            await asyncio.sleep(PAUSE_S)
