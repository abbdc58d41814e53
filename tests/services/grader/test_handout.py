"""Runners that wait meet runs that wait; who goes away at the last moment takes nothing along."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from mesh.clock import TurnedClock
from services.grader.handout import Handout
from services.grader.roster import REMEMBERED_S, Roster
from services.grader.runs import Run, Seeker, Stage
from tests.services.grader.cases import manifest, order, slip
from tests.services.grader.test_docket import fresh_docket

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
