"""Runners that wait meet runs that wait; who goes away at the last moment takes nothing along."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime

import pytest

from mesh.clock import TurnedClock
from services.grader.handout import Handout
from services.grader.roster import REMEMBERED_S, Roster
from services.grader.runs import Run, Seeker, Stage
from tests.services.grader.cases import manifest, order, slip
from tests.services.grader.test_docket import fresh_docket
from wire.runners import DirectRunner, RunnerFacts

CPP = frozenset({"cpp"})


class Counter:
    """A docket, a roster and standing claims, without lines in between."""

    def __init__(self) -> None:
        self.docket, self.roster = fresh_docket(), Roster()
        self.clock = TurnedClock(datetime(2026, 3, 14, tzinfo=UTC))
        self.handout = Handout(self.docket, self.roster, self.clock)

    async def stand(self, name: str) -> asyncio.Task:
        claim = asyncio.create_task(self.handout.claim(Seeker(name, CPP), 10))
        await asyncio.sleep(0)
        return claim

    def bring(self, name: str) -> Run:
        run = self.docket.admit(order(name), slip(name), 0)
        assert run is not None
        self.docket.pin(run, manifest(), 0)
        self.handout.offer(run)
        return run


async def test_claim_that_is_cancelled_in_the_moment_of_success_gives_the_run_to_the_next() -> None:
    counter = Counter()
    first, second = await counter.stand("r1"), await counter.stand("r2")
    run = counter.bring("a")
    assert run.attempt is not None
    assert run.attempt.runner == "r1"
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    attempt = await second
    assert attempt is not None
    assert (attempt.run, attempt.runner, run.losses) == (run, "r2", 0)


async def test_cancelled_claim_with_nobody_behind_it_leaves_the_run_waiting() -> None:
    counter = Counter()
    only = await counter.stand("r1")
    run = counter.bring("a")
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    assert (run.stage, counter.docket.running()) == (Stage.WAITING, [])


async def test_one_claim_gets_one_run() -> None:
    counter = Counter()
    claim = await counter.stand("r1")
    first, second = counter.bring("a"), counter.bring("b")
    assert (first.stage, second.stage) == (Stage.RUNNING, Stage.WAITING)
    attempt = await claim
    assert attempt is not None
    assert attempt.run is first


async def test_closed_counter_hands_out_nothing_and_sends_home_who_stands_there() -> None:
    counter = Counter()
    claim = await counter.stand("r1")
    counter.handout.close()
    run = counter.bring("a")
    assert run.stage is Stage.WAITING
    counter.handout.send_home()
    assert await claim is None


def test_runner_that_is_not_heard_of_is_forgotten() -> None:
    roster = Roster()
    roster.saw(Seeker("r1", CPP), 0)
    roster.saw(Seeker("r2", frozenset({"java"})), 30)
    assert roster.has_language("cpp")
    assert not roster.has_language("cpp", besides="r1")
    roster.heard("r2", 50)
    roster.forget_silent(REMEMBERED_S + 1)
    assert (len(roster), roster.has_language("cpp"), roster.has_language("java")) == (1, False, True)


def test_an_operators_word_is_told_until_the_runner_knows_it_and_the_later_one_counts() -> None:
    roster = Roster()
    facts = RunnerFacts("green", directed_us=50)
    slots = [Seeker(f"green-{number}", CPP, facts=facts) for number in range(2)]
    assert not roster.direct(DirectRunner("green", is_held=True, by="root", at_us=100)), "nobody of that name: nothing is kept"
    for slot in slots:
        roster.saw(slot, 0)
    assert roster.direction_for(slots[0]) is None
    assert roster.direct(DirectRunner("green", is_held=True, by="root", at_us=40)), "a clock that is behind does not make a word older"
    word = roster.direction_for(slots[0])
    assert word is not None
    assert word.at_us == 51
    assert roster.is_out(slots[1])
    assert not roster.has_language("cpp")
    assert (len(roster), roster.in_service) == (2, 0)
    assert [one.is_held for one in roster.statuses((), 1)] == [True, True]
    knows = dataclasses.replace(facts, is_held=True, directed_us=51)
    roster.saw(Seeker("green-0", CPP, facts=knows), 1)
    assert roster.direction_for(slots[1]) is None
    assert roster.direct(DirectRunner("green", is_held=False, by="root", at_us=200))
    assert not roster.is_out(Seeker("green-0", CPP, facts=knows)), "the word counts before the runner has heard it"


async def test_a_runner_that_is_out_gets_nothing_and_who_says_nothing_of_itself_does_not_spin() -> None:
    counter = Counter()
    counter.bring("a")
    out = Seeker("r1", CPP, facts=RunnerFacts("green", trouble="3 judge errors in a row"))
    assert await counter.handout.claim(out, 0.01) is None
    silent = Seeker("old", CPP)
    counter.roster.saw(silent, 0)
    assert counter.roster.direct(DirectRunner("old", is_held=True, by="root", at_us=1))
    began = asyncio.get_running_loop().time()
    assert await counter.handout.claim(silent, 0.05) is None
    assert asyncio.get_running_loop().time() - began >= 0.04
