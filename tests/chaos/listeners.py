"""Owns the sockets of a chaos run: each holds a board by the rules of its news, and must end with the right one. Never asks without being told."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

import aiohttp

QUIET_S = 60.0
FRESH_S = 1.5
"""A frontend folds a board once a second or so: who was told to fetch it asks again after this time, as a browser does."""


class Listener:
    """Somebody at a board: fetched once, moved by deltas, fetched again only when the news say so (a gap, or a version that it lacks)."""

    def __init__(self, name: str, url: str, session: aiohttp.ClientSession, token: str, *, audience: str, chance: random.Random, contest: str = "chaos") -> None:
        self.name = name
        self.version = -1
        self.newest = -1
        self.rows: dict[str, dict[str, Any]] = {}
        self.applied = 0
        self.fetched = 0
        self.connected = 0
        self.gaps = 0
        self._url = url
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}
        self.audience = audience
        self._contest = contest
        self._chance = chance
        self._last: dict[str, str] = {}
        self._must_fetch = asyncio.Event()
        self._must_fetch.set()

    async def listen(self) -> None:
        """Listens and comes again, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fetch_when_told())
            tasks.create_task(self._read_for_ever())

    async def _read_for_ever(self) -> None:
        while True:
            query = {"contest": self._contest} | ({"since": json.dumps(self._last)} if self._last else {})
            try:
                limit = aiohttp.ClientWSTimeout(ws_close=2)
                async with self._session.ws_connect(
                    f"{self._url}/events", params=query, headers=self._headers, timeout=limit, heartbeat=10,
                ) as socket:
                    self.connected += 1
                    if not self._last:
                        self._must_fetch.set()  # it hears from now on: what was before stands on the board
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            self._hear(json.loads(message.data))
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))

    def _hear(self, news: dict[str, Any]) -> None:
        if news.get("kind") == "gap":
            self.gaps += 1
            self._fetch_now_and_soon()
            return
        if "id" in news and "topic" in news:
            self._last[news["topic"]] = news["id"]
        if news.get("kind") == "scoreboard" and news["body"]["audience"] == self.audience:
            self._apply(news["body"])

    def _fetch_now_and_soon(self) -> None:
        self._must_fetch.set()
        asyncio.get_running_loop().call_later(FRESH_S, self._must_fetch.set)

    def _apply(self, delta: dict[str, Any]) -> None:
        self.newest = max(self.newest, delta["version"])
        if self.version >= delta["version"] or self.version < 0:
            return
        if self.version < delta["after"] or not delta["rows"]:
            self._must_fetch.set()
            return
        for changed in delta["rows"]:
            row = self.rows.get(changed["username"])
            if row is None:
                self._must_fetch.set()
                return
            cells = {cell["label"]: cell for cell in row["cells"]} | {cell["label"]: cell for cell in changed["cells"]}
            row |= {**changed, "cells": list(cells.values())}
        self.version = delta["version"]
        self.applied += 1

    async def _fetch_when_told(self) -> None:
        while True:
            await self._must_fetch.wait()
            self._must_fetch.clear()
            try:
                board = await self._fetch()
            except (aiohttp.ClientError, OSError):
                self._must_fetch.set()
                await asyncio.sleep(0.5)
                continue
            if board["version"] < self.version:  # older than what was heard: from a replica that lags, or a moment ago
                self._must_fetch.set()
                await asyncio.sleep(0.5)
                continue
            self.fetched += 1
            self.version = board["version"]
            self.rows = {row["username"]: row for row in board["rows"]}
            if self.version < self.newest:
                self._must_fetch.set()
                await asyncio.sleep(FRESH_S)

    async def _fetch(self) -> dict[str, Any]:
        query = {"as": "jury"} if self.audience == "jury" else {}
        limit = aiohttp.ClientTimeout(total=10)
        async with self._session.get(
            f"{self._url}/api/v1/contests/{self._contest}/scoreboard", params=query, headers=self._headers, timeout=limit
        ) as answer:
            answer.raise_for_status()
            board: dict[str, Any] = await answer.json()
            return board

    def figures(self) -> dict[str, Any]:
        """What it holds, to be compared: order and places aside, they follow."""
        return figures_of(self.rows.values())


def figures_of(rows: Any) -> dict[str, Any]:
    """Rows by team without their places."""
    return {
        row["username"]: (row["solved"], row["penalty_s"], {cell["label"]: (cell["state"], cell["tries"], cell["pending"]) for cell in row["cells"]})
        for row in rows
    }


async def until_quiet(listeners: list[Listener], wanted: Any, audience_of: Any, limit_s: float = QUIET_S) -> list[str]:
    """Waits until each holds the right board; who does not is named."""
    ends_at = time.monotonic() + limit_s
    while True:
        behind = [one for one in listeners if one.figures() != wanted[audience_of(one)]]
        if not behind or time.monotonic() > ends_at:
            return [f"listener {one.name} holds a board of version {one.version} that is not the right one" for one in behind]
        await asyncio.sleep(0.2)
