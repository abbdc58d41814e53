"""Measures the recorder's group commit, each commit forced to the disk: real commands, rules and rows, no queue and no network.

Submissions, and verdicts for them, 100 in one transaction against one transaction each, in alternating rounds; on SQLite with
synchronous=FULL, and on PostgreSQL with fsync, started here.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.rounds import at_least
from contest.limits import Limits
from contest.results import CaseResult
from contest.rules import Mode
from contest.verdicts import Verdict
from mesh.clock import SystemClock
from mesh.ids import derived_id, new_id
from mesh.log import Log
from mesh.startup import freeze_memory
from services.recorder.group import Applier
from services.recorder.record import Record
from services.recorder.schema import prepare
from services.recorder.view import Bounds
from tests.support.databases import postgresql_running
from wire.commands import (
    Command, CommandBody, ContestProblem, CreateAccount, CreateContest, RecordProblem, RecordVerdict, RegisterTeams, Submit, Team,
)  # fmt: skip
from wire.languages import LANGUAGES

GROUP = 100
ALONE = 15
ROUNDS = 7
TEAMS = 50
GOAL = 15.0
SOURCE = "#include <cstdio>\nint main(){int a,b;scanf(\"%d %d\",&a,&b);printf(\"%d\\n\",a+b);}\n" * 10


def measure() -> dict[str, Any]:
    """Ratios and rates; bounded, about twenty seconds."""
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as folder:
        figures = asyncio.run(_measure("SQLite FULL", f"sqlite:///{Path(folder) / 'record.sqlite3'}"))
    if shutil.which("psql") is None:
        return figures | {"PostgreSQL": {"value": "not installed here", "note": "apt-get install postgresql"}}
    with postgresql_running(is_synced=True) as server:
        figures |= asyncio.run(_measure("PostgreSQL", server.url(server.fresh_database())))
    gc.unfreeze()
    return figures


async def _measure(store: str, url: str) -> dict[str, Any]:
    async with Record(url) as record:
        await prepare(record)
        applier = applier_of(record)
        await applier.apply(list(world(TEAMS)))
        freeze_memory()  # as a service does that has come up
        alone, together = list[float](), list[float]()
        for _ in range(ROUNDS):
            for size, into in ((1, alone), (GROUP, together)):
                wishes = [submission(number % TEAMS) for number in range(GROUP if size == GROUP else ALONE)]
                stream = [*wishes, *(_verdict(wish) for wish in wishes)]
                into.append(len(stream) / await _timed(applier, stream, size))
        ratio = statistics.median(many / one for one, many in zip(alone, together, strict=True))
        one_ms = 1000 / statistics.median(alone)
    return {
        f"{store}: group of 100 / one transaction each": at_least(ratio, GOAL, "submissions and verdicts, rules and events included"),
        f"{store}: commands a second, groups of 100": {"value": statistics.median(together), "unit": "/s"},
        f"{store}: commands a second, one transaction each": {"value": statistics.median(alone), "unit": "/s"},
        f"{store}: one command alone, first read to commit": {"value": one_ms, "unit": "ms"},
    }


def applier_of(record: Record) -> Applier:
    """The recorder's own, over that record."""
    return Applier(record, SystemClock(), Bounds(frozenset(LANGUAGES)), Log("recorder"))


async def _timed(applier: Applier, stream: Sequence[Command], size: int) -> float:
    began = time.perf_counter()
    for start in range(0, len(stream), size):
        done = await applier.apply(stream[start : start + size])
        assert all(getattr(answer.result, "is_applied", False) for answer in done.answers), "every command is applied"
    return time.perf_counter() - began


def _command(actor: str, body: CommandBody, name: str = "") -> Command:
    return Command(name or new_id(), type(body).__name__, actor, datetime.now(UTC), body)


def world(teams: int) -> Sequence[Command]:
    """Commands that make a contest ``bench`` with a problem ``sum`` and teams ``t0``, ``t1`` …"""
    start = datetime.now(UTC) - timedelta(hours=1)
    accounts = [CreateAccount("root", "Root", "$argon2id$x", "admin")]
    accounts += [CreateAccount(f"t{number}", f"Team {number}", "$argon2id$x") for number in range(teams)]
    return [
        *(_command("service:recorder", account) for account in accounts),
        _command("service:gitserver", RecordProblem("sum", "Sum", "a" * 40, "b" * 40, Limits(), "root", 20)),
        _command("root", CreateContest("bench", "Bench", Mode.ICPC, start, 7200, (ContestProblem("sum", "A"),))),
        _command("root", RegisterTeams("bench", tuple(Team(f"t{number}", f"Team {number}") for number in range(teams)))),
    ]


def submission(team: int) -> Command:
    """A team hands something in."""
    return _command(f"t{team}", Submit("bench", "sum", "cpp", SOURCE))


def _verdict(wish: Command) -> Command:
    run = derived_id("run", wish.id)
    cases = tuple(CaseResult(index, Verdict.AC, 3, 1 << 20) for index in range(20))
    body = RecordVerdict(wish.id, run, new_id(), "b" * 40, Verdict.AC, Fraction(1), 3, 1 << 20, cases, runner="r1")
    return _command("service:grader", body, derived_id("verdict", run))
