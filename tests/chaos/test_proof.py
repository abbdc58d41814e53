"""The checks of a chaos run find what they are there for: a loss, a double, a wrong verdict, a board that is off by one."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mesh.tasks import alongside
from tests.chaos import listeners, proof
from tests.chaos.crowd import Ledger
from tests.chaos.faults import plan_faults
from tests.chaos.script import PROGRAMS, Sending, draw
from tests.chaos.tally import Fact, count

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
AC, WA = PROGRAMS[0], PROGRAMS[1]


class Record:
    """Answers the two questions of `each_has_one_right_verdict`."""

    def __init__(self, submissions: list[list[str]], judged: list[str]) -> None:
        self.submissions, self.judged = submissions, judged

    def psql(self, statement: str) -> list[list[str]]:
        return [[one] for one in self.judged] if "events" in statement else self.submissions


SENT = [Sending(0, "a", "p", AC), Sending(1, "b", "p", WA)]
ROWS = [["s0", "a", "p", "AC"], ["s1", "b", "p", "WA"]]


@pytest.mark.parametrize(
    ("rows", "judged", "word"),
    [
        (ROWS, ["s0", "s1"], ""),
        (ROWS[:1], ["s0", "s1"], "LOST"),
        ([*ROWS, ["s2", "a", "p", "AC"]], ["s0", "s1"], "DOUBLED"),
        ([ROWS[0], ["s1", "b", "p", "AC"]], ["s0", "s1"], "WRONG"),
        (ROWS, ["s0", "s1", "s1"], "JUDGED 2 times"),
        (ROWS, ["s0"], "JUDGED 0 times"),
    ],
)
def test_what_is_wrong_is_found(rows: list[list[str]], judged: list[str], word: str) -> None:
    ledger: Any = Ledger(accepted={"chaos-0": "s0", "chaos-1": "s1"})
    found = proof.each_has_one_right_verdict(Record(rows, judged), ledger, SENT)
    assert (len(found), word in "".join(found)) == (int(bool(word)), True)


def test_two_ids_for_one_key_are_a_broken_promise() -> None:
    ledger = Ledger()
    ledger.promise("k", "s0")
    ledger.promise("k", "s0")
    assert not ledger.wrong
    ledger.promise("k", "s1")
    assert ledger.wrong


def fact(minute: float, verdict: str, team: str = "a", problem: str = "p") -> Fact:
    return Fact(team, problem, START + timedelta(minutes=minute), f"{team}{problem}{minute}", verdict)


def test_the_board_is_counted_as_people_count_it() -> None:
    facts = [fact(9.9, "AC"), fact(3, "WA"), fact(4, "CE"), fact(5, "RTE"), fact(12, "WA"), fact(2, "WA", problem="q"), fact(1, "CE", team="b")]
    assert count(facts, START) == {"a": {"solved": 1, "penalty_s": 9 * 60 + 2 * 20 * 60, "cells": {"p": (3, 9), "q": (1, None)}}}


def test_a_seed_is_a_run() -> None:
    victims = {"kill": ["x", "y", "z"], "cut": ["x", "y"]}
    assert draw(1, 50, ["a", "b"], ["p"]) == draw(1, 50, ["a", "b"], ["p"]) != draw(2, 50, ["a", "b"], ["p"])
    assert [str(one) for one in plan_faults(1, victims, is_short=False)] == [str(one) for one in plan_faults(1, victims, is_short=False)]
    assert sorted(str(one) for one in plan_faults(1, victims, is_short=False)) == ["cut x", "cut y", "kill x", "kill y", "kill z"]
    short = plan_faults(1, victims, is_short=True)
    assert {one.victim for one in short} == {"x", "y", "z"}
    assert {one.kind for one in short} == {"kill", "cut"}


async def test_a_listener_that_got_a_board_older_than_what_it_was_told_of_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "FRESH_S", 0.01)
    versions, asked = iter([922, 922, 930]), asyncio.Event()

    class Board(listeners.Listener):
        async def _fetch(self) -> dict[str, Any]:
            found = {"version": next(versions), "rows": []}
            if found["version"] == 930:
                asked.set()
            return found

    listener = Board("0", "", None, "", audience="public", chance=random.Random(1))  # type: ignore[arg-type]  # it asks nobody
    async with asyncio.timeout(5), alongside(listener._fetch_when_told()):
        while listener.version < 0:
            await asyncio.sleep(0)
        listener._hear({"kind": "scoreboard", "body": {"audience": "public", "version": 930, "after": 930, "rows": []}})
        await asked.wait()
        while listener.version < 930:
            await asyncio.sleep(0)
