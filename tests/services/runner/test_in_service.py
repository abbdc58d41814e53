"""Runners under an operator's hand, in a small real house: held and taken back, whoever restarts meanwhile; rejudges that give way."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from tests.services.grader.room import until
from tests.services.runner.test_service import SLOW, SQUARE, House
from tests.services.runner.workshop import LIMITS
from wire.judging import Nothing
from wire.methods import GRADER_DIRECT, GRADER_STATUS
from wire.runners import DirectRunner, RunnerStatus

pytestmark = pytest.mark.sandbox


@pytest.fixture
async def house(tmp_path: Path, pki_folder: Path, programs_folder: Path) -> AsyncIterator[House]:
    folder = tmp_path / "var"
    folder.mkdir()
    async with House(folder, pki_folder, programs_folder) as made:
        yield made


async def inventory(house: House) -> RunnerStatus:
    async with asyncio.timeout(10):
        while not (found := (await house.frontend.call(GRADER_STATUS, Nothing())).runners):
            await asyncio.sleep(0.01)
    return found[0]


async def held(house: House, *, wanted: bool) -> None:
    async with asyncio.timeout(10):
        while (status := await inventory(house)).facts is None or status.facts.is_held is not wanted:
            await asyncio.sleep(0.01)


async def test_the_inventory_says_what_each_slot_is_and_how_it_did(house: House) -> None:
    house.problem(1)
    async with house.runner(name="green"):
        order = house.submission(SQUARE)
        await house.submit(order)
        await house.verdict(order)
        status = await inventory(house)
    facts = status.facts
    assert facts is not None
    assert (facts.host, facts.slots, facts.mode, facts.trouble, facts.is_out) == ("green", 1, "root", "", False)
    assert "python3" in facts.versions
    assert all(facts.versions.values())
    assert 0.05 < facts.speed < 20
    assert status.name.startswith("green-")
    assert (status.judged, status.judge_errors, status.is_held) == (1, 0, False)


async def test_a_held_runner_ends_what_it_has_takes_nothing_and_stays_held_whoever_restarts(house: House) -> None:
    house.problem(1)
    first, second = house.submission(SLOW), house.submission(SQUARE)
    async with house.runner(name="green"):
        await house.submit(first)
        await until(lambda: house.runner_metrics.gauge("slots_busy")._value.get() == 1, "work")
        answer = await house.frontend.call(GRADER_DIRECT, DirectRunner("green", is_held=True, by="root", at_us=time.time_ns() // 1000))
        assert answer.is_known
        assert not (await house.frontend.call(GRADER_DIRECT, DirectRunner("blue", is_held=True, by="root", at_us=1))).is_known
        assert (await inventory(house)).is_held
        assert (await house.verdict(first)).verdict is Verdict.AC
        await held(house, wanted=True)
        await house.kill_grader()
        await house.start_grader()
        await held(house, wanted=True)
    async with house.runner(name="green"):
        await held(house, wanted=True)
        await house.submit(second)
        await until(lambda: house.count("runs_waiting", priority="contest") == 1, "it waits")
        assert not house.verdicts(second)
        assert house.runner_metrics.gauge("in_service").collect()[0].samples[0].value == 0
        await house.frontend.call(GRADER_DIRECT, DirectRunner("green", is_held=False, by="root", at_us=time.time_ns() // 1000))
        assert (await house.verdict(second)).verdict is Verdict.AC
        await held(house, wanted=False)


async def test_a_rejudge_gives_way_to_a_contest_within_one_case(house: House) -> None:
    house.problem(12, limits=dataclasses.replace(LIMITS, wall_ms=20_000))
    rejudge = dataclasses.replace(house.submission(SLOW.replace("0.4", "0.2")), priority="low")
    urgent = house.submission(SQUARE)
    async with house.runner():
        ended = house.runner_metrics.counter("executions_total").labels("solution", "ended")._value
        before = ended.get()
        await house.submit(rejudge)
        await until(lambda: ended.get() >= before + 2, "two cases")
        await house.submit(urgent)
        verdict = await house.verdict(urgent)
        assert not house.verdicts(rejudge), "the rest of its 12 cases of 0.2 s was not waited for"
        assert (await house.verdict(rejudge)).verdict is Verdict.AC
        ran = ended.get() - before
    assert (verdict.verdict, ran) == (Verdict.AC, 24), "no case was run twice"
    assert house.count("attempts_total", outcome="handed-back") == 1
