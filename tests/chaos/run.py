"""Owns one chaos run from the first process to the last line. `chaos` returns what was found; nothing found means that every promise held."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos import proof
from tests.chaos.crowd import Crowd
from tests.chaos.faults import Fault, Faults, plan_faults
from tests.chaos.listeners import Listener, figures_of, until_quiet
from tests.chaos.script import Sending, draw
from tests.chaos.site import PROBLEMS, Site, open_contest, site_of
from tests.chaos.stage import Stage, stage

@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    count: int
    per_second: float
    teams: int
    listeners: int
    stop_s: float
    full_s: float
    every_s: float
    is_short: bool


LONG = Scale(count=500, per_second=10, teams=20, listeners=6, stop_s=15, full_s=12, every_s=3.5, is_short=False)
SHORT = Scale(count=150, per_second=10, teams=20, listeners=4, stop_s=15, full_s=6, every_s=1.6, is_short=True)


@dataclass
class Report:
    """What came of a run."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    summary: str = ""


async def chaos(seed: int, folder: Path, scale: Scale) -> Report:
    """One run: a house, a contest, a crowd, faults, and the promises."""
    report, began = Report(seed), time.monotonic()
    async with stage(folder) as house:
        report.lines.append(f"the house stood after {time.monotonic() - began:.1f} s in {house.plan.folder}")
        await chaos_in(house, scale, report)
    return report


async def chaos_in(house: Stage, scale: Scale, report: Report) -> None:
    """The same in a house that stands."""
    began = time.monotonic()
    async with site_of(house) as site:
        await _one_run(report, house, site, scale)
    report.summary = (
        f"chaos seed {report.seed}: {'HELD' if not report.wrong else f'BROKEN ({len(report.wrong)})'}: {report.summary}, {time.monotonic() - began:.0f} s in all"
    )


async def _one_run(report: Report, house: Stage, site: Site, scale: Scale) -> None:
    teams = [f"team{number:02}" for number in range(1, scale.teams + 1)]
    start = (datetime.now(UTC) - timedelta(seconds=90)).replace(microsecond=0)
    tokens = await open_contest(house, site, teams, start)
    sendings = draw(report.seed, scale.count, teams, list(PROBLEMS))
    crowd = Crowd(site.url, site.session, tokens, report.seed)
    listeners = [
        Listener(
            f"{number} ({'jury' if number % 2 else 'public'})", site.url, site.session, site.token if number % 2 else tokens[teams[number]],
            audience="jury" if number % 2 else "public", chance=random.Random(f"listener-{report.seed}-{number}"),
        )
        for number in range(scale.listeners)
    ]  # fmt: skip
    faults = Faults(house.hands, random.Random(f"hands-{report.seed}"), stop_s=scale.stop_s, full_s=scale.full_s)
    victims = house.victims()
    planned = plan_faults(report.seed, victims, is_short=scale.is_short)
    if not victims["fill"]:
        report.lines.append("NO DISK WAS FILLED: small disks are tmpfs, which only root may mount")
    judged: list[tuple[float, int]] = []
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(one.listen()) for one in listeners] + [tasks.create_task(_watch_verdicts(house, judged))]
        begin: asyncio.Queue[None] = asyncio.Queue()
        sending = tasks.create_task(crowd.send_in_waves(_waves(sendings, len(planned)), scale.per_second, begin))
        await _do_all(faults, planned, scale.every_s, report.seed, begin)
        faults_s = time.monotonic() - began
        await sending
        left = await proof.settled(house, "chaos", len(crowd.ledger.accepted))
        settled_s = time.monotonic() - began
        report.wrong += [f"STUCK: {one}" for one in left] + [f"PROMISE: {one}" for one in crowd.ledger.wrong]
        report.wrong += await asyncio.to_thread(proof.each_has_one_right_verdict, house, crowd.ledger, sendings)
        boards = {"public": await _board(site, ""), "jury": await _board(site, "?as=jury")}
        for board in boards.values():
            report.wrong += await asyncio.to_thread(proof.board_is_right, house, crowd.ledger, sendings, board, start)
        wanted = {audience: figures_of(board["rows"]) for audience, board in boards.items()}
        report.wrong += [f"DEAF: {one}" for one in await until_quiet(listeners, wanted, lambda one: one.audience)]
        report.wrong += [f"AWAY: {fault} was not ready again" for fault in faults.done if fault.ready_at is None]
        for task in watching:
            task.cancel()
    report.lines += _table(faults.done, judged, began)
    report.lines.append(f"asked to wait: {dict(sorted(crowd.ledger.waits.items()))}")
    report.lines += [
        f"listener {one.name}: {one.connected} connections, {one.applied} deltas, {one.fetched} fetches, {one.gaps} gaps" for one in listeners
    ]
    report.summary = (
        f"{len(crowd.ledger.accepted)} promised with {crowd.ledger.tries} tries, {len(faults.done)} faults in {faults_s:.0f} s, all judged after "
        f"{settled_s:.0f} s, slowest recovery {_slowest(faults.done)}"
    )


def _waves(sendings: list[Sending], faults: int) -> list[list[Sending]]:
    """Two fifths in one go, so that work piles up, the others with one fault each."""
    first = len(sendings) * 2 // 5
    rest = sendings[first:]
    return [sendings[:first], *(rest[len(rest) * place // faults : len(rest) * (place + 1) // faults] for place in range(faults))]


async def _do_all(faults: Faults, planned: list[Fault], every_s: float, seed: int, begin: asyncio.Queue[None]) -> None:
    """Each a random while after the one before; never two on one victim at once."""
    chance = random.Random(f"times-{seed}")
    busy: dict[str, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as tasks:
        for fault in planned:
            await asyncio.sleep(chance.uniform(0.4, 1.6) * every_s)
            before = busy.get(fault.victim)
            if before is not None:
                await before
            begin.put_nowait(None)
            busy[fault.victim] = tasks.create_task(faults.do(fault))


async def _watch_verdicts(house: Stage, judged: list[tuple[float, int]]) -> None:
    while True:
        try:
            found = await asyncio.to_thread(house.psql, "select count(*) from runs where judged_at is not null")
            judged.append((time.monotonic(), int(found[0][0])))
        except Exception:
            judged.append((time.monotonic(), -1))
        await asyncio.sleep(0.3)


async def _board(site: Site, query: str) -> dict[str, Any]:
    await asyncio.sleep(1.2)  # longer than a folded board counts as fresh
    board: dict[str, Any] = await site.ask("GET", f"/contests/chaos/scoreboard{query}")
    return board


def _table(done: list[Fault], judged: list[tuple[float, int]], began: float) -> list[str]:
    lines = ["   at  lasted  ready after  verdicts after  fault"]
    for fault in sorted(done, key=lambda one: one.began_at):
        ready = "never" if fault.ready_at is None else f"{fault.ready_at - fault.over_at:.1f}"
        before = max((number for at, number in judged if at <= fault.over_at), default=0)
        flows = next((at - fault.over_at for at, number in judged if at > fault.over_at and number > before), None)
        lines.append(
            f"{fault.began_at - began:5.0f} {fault.over_at - fault.began_at:7.1f} {ready:>12} {'-' if flows is None else f'{flows:.1f}':>15}  "
            f"{fault} {fault.detail}".rstrip()
        )
    return lines


def _slowest(done: list[Fault]) -> str:
    known = [(fault.ready_at - fault.over_at, str(fault)) for fault in done if fault.ready_at is not None]
    seconds, name = max(known, default=(0.0, "nobody"))
    return f"{seconds:.1f} s ({name})"
