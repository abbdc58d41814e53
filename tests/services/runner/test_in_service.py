"""Runners under an operator's hand, in a small real house: held and taken back, whoever restarts meanwhile; rejudges that give way."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contest.verdicts import Verdict
from services.grader import runs
from services.runner import haste
from tests.services.grader.room import until
from tests.services.runner.test_service import SLOW, SQUARE, House
from tests.services.runner.workshop import LIMITS
from wire.judging import Checker, CheckerKind, Nothing, Program, ProgramFile
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


async def test_the_inventory_says_what_each_slot_is_and_how_it_did(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.problem(1)
    slots = len(os.sched_getaffinity(0)) + 1
    async with house.runner(name="green", slots=slots):
        order = house.submission(SQUARE)
        await house.submit(order)
        await house.verdict(order)
        async with asyncio.timeout(20):
            while not (judged := [one for one in (await house.frontend.call(GRADER_STATUS, Nothing())).runners if one.judged]):
                await asyncio.sleep(0.01)
    [status] = judged
    facts = status.facts
    assert facts is not None
    assert (facts.host, facts.slots, facts.mode, facts.trouble, facts.is_out) == ("green", slots, "root", "", False)
    assert len(facts.cores) + facts.unpinned == slots
    assert facts.unpinned >= 1, "there are fewer cores than slots"
    [told] = [record.__dict__ for record in caplog.records if record.getMessage() == "slots-without-core"]
    assert f"'unpinned': {facts.unpinned}" in str(told)
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


async def test_a_checker_that_hangs_in_a_rejudge_keeps_no_contest_waiting_and_is_left_until_it_is_quiet(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest it ever waits is told by the figures of `docs/decisions/0220`; here the slices are short, so that the test is."""
    for name, value in {"SLICE_S": 0.1, "MOST_SLICE_S": 0.2, "MOST_BREAKS": 2}.items():
        monkeypatch.setattr(haste, name, value)
    monkeypatch.setattr(runs, "MOST_BREAKS", 2)
    check = b"import sys, time\nsaid = sys.stdin.read()\ntime.sleep(50 * ('hang' in said))\nsys.exit(42)"
    program = Program("python3", (ProgramFile("check.py", house.gitserver.keep_file(check), len(check)),))
    house.problem(1, checker=Checker(CheckerKind.CUSTOM, program=program))
    rejudge = dataclasses.replace(house.submission("print('hang')"), priority="low")
    async with house.runner():
        executed = house.runner_metrics.counter("executions_total").labels("solution", "ended")._value
        before = executed.get()  # those of the self-test
        await house.submit(rejudge)
        for number in range(3):
            if number < 2:
                await until(partial(_is_above, executed, before + 2 * number), "the rejudge's checker hangs")
            urgent = house.submission(SQUARE)
            began = time.monotonic()
            await house.submit(urgent)
            assert (await house.verdict(urgent)).verdict is Verdict.AC
            assert time.monotonic() - began < 20, "a hang takes fifty seconds"
        assert house.count("attempts_total", outcome="handed-back") == 2, "after that it waits for its time"
        assert not house.verdicts(rejudge)


def _is_above(value: Any, least: int) -> bool:
    return bool(value.get() > least)
