"""A migrated record with an applier, for tests that look at what is committed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Self

import sqlalchemy as sa

from mesh.clock import TurnedClock
from mesh.errors import MeshError
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.tls import Credentials
from services.recorder import rows
from services.recorder.group import Applier, Done
from services.recorder.metrics import METRICS
from services.recorder.record import Record
from services.recorder.schema import prepare
from services.recorder.seal import Seal
from services.recorder.view import Bounds
from tests.services.recorder.makers import NOW, settled_world
from wire.commands import Command, Outcome
from wire.languages import LANGUAGES


class Store:
    """One record, its applier and a clock to turn."""

    def __init__(self, url: str, credentials: Credentials | None = None, *, now: datetime = NOW, has_trials: bool = False, seal: Seal | None = None) -> None:
        self.record = Record(url, credentials)
        self.clock = TurnedClock(now)
        self.log = Log("recorder")
        self.metrics = Metrics("recorder", (*MESH_METRICS, *METRICS))
        self.seal = seal or Seal([bytes(32)])
        self.applier = Applier(self.record, self.clock, Bounds(frozenset(LANGUAGES), has_trials=has_trials, seal=self.seal), self.log)

    async def __aenter__(self) -> Self:
        await self.record.make_folder()
        await prepare(self.record)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.record.close()

    async def settle(self, usernames: Sequence[str] = ("ana", "ben")) -> None:
        await self.do(*settled_world(usernames))

    async def do(self, *commands: Command) -> Done:
        """All must be applied."""
        done = await self.applier.apply(commands)
        for answer in done.answers:
            assert isinstance(answer.result, Outcome), answer.result
            assert answer.result.is_applied, answer.result
        return done

    async def outcome(self, command: Command) -> Outcome:
        [answer] = (await self.applier.apply([command])).answers
        if isinstance(answer.result, MeshError):
            raise answer.result
        return answer.result

    async def all(self, kind: type[rows.Row], *order: str) -> list[dict[str, Any]]:
        table = self.record.table(kind)
        async with self.record.reading(timeout_s=30.0) as connection:
            found = await connection.execute(sa.select(table).order_by(*(table.c[name] for name in order)))
            return [dict(row._mapping) for row in found]

    async def count(self, kind: type[rows.Row]) -> int:
        return len(await self.all(kind))

    async def gapless(self, leaps: int = 0) -> None:
        """The promise of events: from 1, without gaps but ``leaps`` in a contest that went on after a restore; and contests know the last."""
        by_contest: dict[str, list[int]] = {}
        for event in await self.all(rows.Event, "contest", "seq"):
            by_contest.setdefault(event["contest"], []).append(event["seq"])
        for numbers in by_contest.values():
            assert numbers[0] == 1
            assert sum(after != before + 1 for before, after in pairwise(numbers)) <= leaps
        for contest in await self.all(rows.Contest):
            last = by_contest[contest["alias"]][-1]
            assert contest["seq"] == last or (leaps and contest["seq"] > last)
