"""What is told of what is committed: to whom, in which order, and again when it may have been missed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from contest.rules import Audience
from contest.verdicts import Verdict
from mesh.cache.memory import MemoryCache
from mesh.codec import as_builtins, decode
from mesh.errors import Unavailable
from mesh.tasks import alongside
from services.recorder import teller as teller_module
from services.recorder.boards import Boards
from services.recorder.dropped import Dropped
from services.recorder.headlines import headlines_of
from services.recorder.overlay import Overlay
from services.recorder.teller import Teller
from tests.services.recorder.makers import (
    NOW, START, ask, change, command, contest, first_run, problem, rejudge, settled_world, submit, teams, verdict,
)  # fmt: skip
from tests.services.recorder.store import Store
from wire.commands import AnswerClarification, Command, ThawContest
from wire.news import scoreboard_topic

END = START + timedelta(hours=4)


class Megaphone:
    """Topics that only remember; while ``is_down`` nothing is heard."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.is_down = False
        self.refused = 0

    async def publish(self, items: Sequence[tuple[str, bytes]]) -> None:
        if self.is_down:
            self.refused += 1
            raise Unavailable("away", code="topics-unavailable")
        self.told += [(topic, decode(dict[str, Any], body)) for topic, body in items]

    def kinds(self, topic: str) -> list[str]:
        return [headline["kind"] for one, headline in self.told if one == topic]


def _teller(store: Store, megaphone: Megaphone, boards: Boards | None = None) -> Teller:
    return Teller(
        store.record, megaphone, boards or Boards(store.record, store.metrics, 4), Overlay(MemoryCache(store.clock), has_replica=False), Dropped(MemoryCache(store.clock), store.log),  # type: ignore[arg-type]  # only publishes
        clock=store.clock, metrics=store.metrics, log=store.log,
    )  # fmt: skip


@asynccontextmanager
async def _telling(store: Store, megaphone: Megaphone) -> AsyncIterator[Teller]:
    teller = _teller(store, megaphone)
    async with alongside(teller.run()):
        await teller.flushed()
        yield teller
        async with asyncio.timeout(10):
            await teller.flushed()


@pytest.fixture
async def quiet(sqlite_store: Store) -> Store:
    """A record in which nothing happened lately."""
    sqlite_store.clock.turn(3600)
    return sqlite_store


async def test_events_are_told_in_order_and_once(quiet: Store) -> None:
    megaphone = Megaphone()
    async with _telling(quiet, megaphone) as teller:
        wish = submit()
        for one in (wish, verdict(wish, Verdict.WA), again := rejudge(wish), verdict(wish, Verdict.AC, run=first_run(again))):
            done = await quiet.do(one)
            teller.offer(done.events)
            teller.offer(done.events)
    assert megaphone.kinds("user:ana") == megaphone.kinds("jury:finals") == ["submission", "verdict", "submission", "verdict"]


async def test_events_that_nobody_offered_are_read_from_the_record(quiet: Store) -> None:
    megaphone = Megaphone()
    async with _telling(quiet, megaphone) as teller:
        teller.offer((await quiet.do(submit())).events)
        await teller.flushed()
        await quiet.do(submit(), submit())
        teller.offer((await quiet.do(submit())).events)
    assert megaphone.kinds("jury:finals") == ["submission"] * 4


async def test_more_events_than_memory_holds_are_read_from_the_record(quiet: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teller_module, "MOST_HELD", 30)
    megaphone = Megaphone()
    teller = _teller(quiet, megaphone)
    for _ in range(3):
        teller.offer((await quiet.do(*(submit() for _ in range(10)))).events)
    teller.offer((await quiet.do(submit())).events)
    monkeypatch.setattr(teller_module, "MOST_HELD", 10_000)
    async with alongside(teller.run()):
        async with asyncio.timeout(10):
            await teller.flushed()
    assert megaphone.kinds("jury:finals") == ["submission"] * 31


async def test_a_start_tells_what_was_committed_just_before(quiet: Store) -> None:
    wish = submit()
    await quiet.do(wish, verdict(wish, Verdict.AC))
    megaphone = Megaphone()
    async with _telling(quiet, megaphone):
        pass
    assert megaphone.kinds("user:ana") == ["submission", "verdict"]
    assert megaphone.kinds(scoreboard_topic("finals", Audience.PUBLIC)) == ["scoreboard"], "everybody fetches the board"


async def test_news_that_nobody_can_carry_wait_and_are_told_in_order(quiet: Store) -> None:
    megaphone = Megaphone()
    async with _telling(quiet, megaphone) as teller:
        megaphone.is_down = True
        teller.offer((await quiet.do(submit())).events)
        teller.offer((await quiet.do(submit("ben"))).events)
        async with asyncio.timeout(10):
            while not megaphone.refused:
                await asyncio.sleep(0.01)
        assert not megaphone.kinds("user:ana")
        megaphone.is_down = False
    told = [topic for topic, body in megaphone.told if body["kind"] == "submission"]
    assert told.index("user:ana") < told.index("user:ben")


async def test_a_verdict_that_was_overtaken_is_not_told(quiet: Store) -> None:
    wish = submit()
    await quiet.do(wish, verdict(wish, Verdict.WA))
    done = await quiet.do(first := rejudge(wish))
    assert done.events[0].body["run"] == first_run(first)
    late = {**done.events[0].body, "verdict": "AC", "score": "1", "time_ms": 0, "memory_bytes": 0, "is_in_force": False}
    assert headlines_of(type(done.events[0])("finals", 9, "judged", NOW, "service:grader", first.id, late)) == []


async def test_what_is_answered_to_all_before_the_start_is_no_news_for_passers_by(quiet: Store) -> None:
    """Who may not read the answer on the page until then does not hear it at `/events` either."""
    question = ask()
    answer = command("olga", AnswerClarification(question.id, "Yes", is_public=True))
    later = command("olga", AnswerClarification(question.id, "Yes, always", is_public=True))
    await quiet.do(change(start=quiet.clock.now() + timedelta(hours=1)))
    before = (await quiet.do(question, answer)).events[-1]
    await quiet.do(change(start=quiet.clock.now() - timedelta(minutes=1)))
    after = (await quiet.do(later)).events[-1]
    assert [topic for topic, _ in headlines_of(before)] == ["user:ana", "jury:finals"]
    assert [topic for topic, _ in headlines_of(after)] == ["user:ana", "jury:finals", "contest:finals"]


# ── boards ──


async def _folded(store: Store, stream: Sequence[Command], boards: Boards) -> list[tuple[str, dict[str, Any]]]:
    told = []
    for one in stream:
        done = await store.applier.apply([one])
        told += [(topic, as_builtins(headline.body)) for topic, headline in await boards.fold(done.events)]
    return told


@pytest.mark.parametrize("seed", range(6))
async def test_what_listeners_hold_is_what_the_record_says(sqlite_url: str, seed: int) -> None:
    """A listener that fetches once and applies every delta by the rule of `ScoreboardDelta` holds the rebuilt board."""
    dice = random.Random(seed)
    names = [f"t{number}" for number in range(5)]
    async with Store(sqlite_url) as store:
        await store.do(*settled_world(names))
        await store.do(change(freeze_s=3600 * 3 if seed % 2 else 0))
        boards = Boards(store.record, store.metrics, 4)
        await boards.open_running(NOW)
        held = await _fresh(store)
        wishes, stream = [], list[Command]()
        for _ in range(40):
            wish = submit(dice.choice(names), dice.choice(["apples", "bridges"]), at=START + timedelta(seconds=dice.randrange(3600)))
            wishes.append(wish)
            stream += [wish, verdict(wish, dice.choice([Verdict.AC, Verdict.WA, Verdict.CE, Verdict.TLE]))]
        for wish in dice.sample(wishes, 5):
            again = rejudge(wish)
            stream += [again, verdict(wish, dice.choice([Verdict.AC, Verdict.WA]), run=first_run(again))]
        stream += [teams(*names), problem("cats"), change(title="New title", freeze_s=3600 * 3 if seed % 2 else 0)]
        for topic, delta in await _folded(store, stream, boards):
            audience = Audience(topic.rpartition(":")[2])
            held[audience] = await _listen(store, held[audience], delta)
        assert {audience: board["rows"] for audience, board in held.items()} == {
            audience: board["rows"] for audience, board in (await _fresh(store)).items()
        }


async def _fresh(store: Store) -> dict[Audience, dict[str, Any]]:
    boards = Boards(store.record, store.metrics, 1)
    await boards._renew("finals", NOW)
    pair = boards._pairs["finals"]
    return {board.audience: as_builtins(board.snapshot(pair.built_at, NOW)) for board in (pair.public, pair.jury)}


async def _listen(store: Store, board: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    if board["version"] >= delta["version"]:
        return board
    if board["version"] < delta["after"]:
        return (await _fresh(store))[Audience(delta["audience"])]
    rows = {row["username"]: row for row in board["rows"]}
    for told in delta["rows"]:
        fresh = {cell["label"]: cell for cell in told["cells"]}
        known = rows[told["username"]]
        rows[told["username"]] = {**known, **told, "cells": [fresh.get(cell["label"], cell) for cell in known["cells"]]}
    order = [row["username"] for row in board["rows"]]
    for username, before, after in delta["moves"]:
        assert order[before] == username
        order.insert(after, order.pop(before))
    ranked = []
    for place, username in enumerate(order):
        row = {**rows[username], "place": place}
        merit = (row["solved"], row["penalty_s"], row["last_s"])
        ties = ranked and (ranked[-1]["solved"], ranked[-1]["penalty_s"], ranked[-1]["last_s"]) == merit
        ranked.append({**row, "rank": ranked[-1]["rank"] if ties else place + 1})
    return {**board, "version": delta["version"], "rows": ranked}


async def test_a_thaw_shows_the_public_what_the_freeze_hid(sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:
        await store.do(*settled_world()[:-2], contest(freeze_s=3600 * 4), teams("ana"))
        boards = Boards(store.record, store.metrics, 4)
        await boards.open_running(NOW)
        wish = submit()
        told = await _folded(store, [wish, verdict(wish, Verdict.AC)], boards)
        public = [delta for topic, delta in told if topic.endswith("public")]
        assert all(row["solved"] == 0 for delta in public for row in delta["rows"])
        store.clock.turn((END - NOW).total_seconds())
        told = await _folded(store, [command("olga", ThawContest("finals"))], boards)
        assert [(delta["rows"], delta["after"] == delta["version"]) for _, delta in told] == [([], True)] * 2
        assert boards._pairs["finals"].public.rows()[0]["solved"] == 1


async def test_only_so_many_boards_are_kept(sqlite_store: Store) -> None:
    boards = Boards(sqlite_store.record, sqlite_store.metrics, 2)
    for alias in ("one", "two", "three"):
        done = await sqlite_store.do(contest(alias=alias))
        await boards.fold(done.events)
    assert list(boards._pairs) == ["two", "three"]
