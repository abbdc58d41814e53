"""Owns the contestants of a chaos run: they send, and send again under the same key until the site has said 202. Never judges what they see."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.script import Sending

ATTEMPT_LIMIT_S = 12.0
GIVE_UP_S = 240.0
TRY_AGAIN = {429, 500, 502, 503, 504}


@dataclass
class Ledger:
    """What was promised: the id of each key that was answered with 202; and what went otherwise than it may."""

    accepted: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    tries: int = 0
    waits: dict[str, int] = field(default_factory=dict)

    def promise(self, key: str, submission: str) -> None:
        before = self.accepted.setdefault(key, submission)
        if before != submission:
            self.wrong.append(f"{key} was answered with two ids, {before} and {submission}")

    def wait(self, why: str) -> None:
        self.waits[why] = self.waits.get(why, 0) + 1


class Crowd:
    """Everybody who sends. ``tokens`` by team."""

    def __init__(self, url: str, session: aiohttp.ClientSession, tokens: dict[str, str], seed: int) -> None:
        self.ledger = Ledger()
        self._url = url
        self._session = session
        self._tokens = tokens
        self._chance = random.Random(f"crowd-{seed}")

    async def send_all(self, sendings: list[Sending], per_second: float) -> None:
        """Begins so many a second, whatever becomes of the earlier ones; returns when each was promised or given up."""
        await self.send_in_waves([sendings], per_second, None)

    async def send_in_waves(self, waves: list[list[Sending]], per_second: float, begin: asyncio.Queue[None] | None) -> None:
        """The same, each wave but the first when ``begin`` says so: there is work under way whenever something goes wrong."""
        async with asyncio.TaskGroup() as tasks:
            for number, wave in enumerate(waves):
                if number and begin is not None:
                    await begin.get()
                await self._begin_wave(tasks, wave, per_second)

    async def _begin_wave(self, tasks: asyncio.TaskGroup, sendings: list[Sending], per_second: float) -> None:
        began = time.monotonic()
        for place, sending in enumerate(sendings):
            await asyncio.sleep(max(0.0, began + place / per_second - time.monotonic()))
            tasks.create_task(self._send(sending))

    async def _send(self, sending: Sending) -> None:
        ends_at = time.monotonic() + GIVE_UP_S
        pause_s = 0.3
        while time.monotonic() < ends_at:
            self.ledger.tries += 1
            try:
                found = await self._try(sending)
            except (aiohttp.ClientError, OSError) as away:  # a timeout is one
                self.ledger.wait(type(away).__name__)
            else:
                if found is None:
                    return
                pause_s = max(pause_s, found)
            await asyncio.sleep(pause_s * self._chance.uniform(0.5, 1.0))
            pause_s = min(pause_s * 1.6, 4.0)
        self.ledger.wrong.append(f"{sending.key} was not taken within {GIVE_UP_S:g} s")

    async def _try(self, sending: Sending) -> float | None:
        """None when it is settled, else how long to wait at least. A second send of a key that was promised must give the same id."""
        body = {"problem": sending.problem, "language": sending.program.language, "source": sending.program.source}
        headers = {"Authorization": f"Bearer {self._tokens[sending.team]}", "Idempotency-Key": sending.key}
        limit = aiohttp.ClientTimeout(total=ATTEMPT_LIMIT_S)
        async with self._session.post(f"{self._url}/api/v1/contests/chaos/submissions", json=body, headers=headers, timeout=limit) as answer:
            found = await answer.json()
            if answer.status == 202:
                self.ledger.promise(sending.key, found["id"])
                return None
            code = found.get("error", {}).get("code", "")
            if answer.status not in TRY_AGAIN:
                self.ledger.wrong.append(f"{sending.key}: {answer.status} {code}: {found}")
                return None
            self.ledger.wait(f"{answer.status} {code}")
            return min(float(answer.headers.get("Retry-After", 0)), 3.0)
