"""A bubblewrap that stops starting boxes while a runner is at work: the runner says so at once, costs nobody a try, and goes on when it is mended."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from services.runner import slot
from services.runner.sandbox import box as boxes, starts as pauses
from services.runner.sandbox.errors import BoxLost, BoxSlow, NoBoxes
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.starts import Starts
from tests.services.grader.room import until
from tests.services.runner.test_in_service import inventory
from tests.services.runner.test_service import SQUARE, House
from tests.services.runner.workshop import Workshop
from wire.judging import Nothing
from wire.methods import GRADER_STATUS

WORDS = "a box did not start: bubblewrap ended with exit status 3 and said bwrap: Creating new namespace failed"


class Bubblewrap:
    """A bubblewrap that can be broken, and mended, or made slow once."""

    def __init__(self, folder: Path) -> None:
        self._broken, self._slow, program = folder / "broken", folder / "slow", folder / "bwrap"
        program.write_text(
            f"#!/bin/sh\nif [ -e {self._broken} ]; then echo 'bwrap: Creating new namespace failed' >&2; exit 3; fi\n"
            f'if rm {self._slow} 2>/dev/null; then sleep 2; fi\nexec /usr/bin/bwrap "$@"\n'
        )
        program.chmod(0o755)
        self.path = str(program)

    def breaks(self) -> None:
        self._broken.touch()

    def is_mended(self) -> None:
        self._broken.unlink()

    def is_slow_once(self) -> None:
        self._slow.touch()


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses, shorter."""
    for name, seconds in (("FIRST_PAUSE_S", 0.1), ("MOST_PAUSE_S", 0.3), ("PATIENCE_S", 0.5)):
        monkeypatch.setattr(pauses, name, seconds)
    monkeypatch.setattr(slot, "OUT_WAIT_S", 0.2)


@pytest.fixture
def bubblewrap(tmp_path: Path) -> Bubblewrap:
    return Bubblewrap(tmp_path)


@pytest.fixture
async def house(tmp_path: Path, pki_folder: Path, programs_folder: Path) -> AsyncIterator[House]:
    folder = tmp_path / "var"
    folder.mkdir()
    async with House(folder, pki_folder, programs_folder) as made:
        made.problem(4)
        yield made


def kill_boxes(*, but: int = 0) -> None:
    """Ends the boxes of this process, except so many."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = status.read_text().partition(") ")
            if name.endswith("(bwrap") and rest.split()[1] == str(os.getpid()) and rest.split()[0] != "Z":
                found.append(int(status.parent.name))
    for pid in sorted(found)[but:]:
        os.kill(pid, signal.SIGKILL)


def figure(house: House, name: str) -> float:
    return house.runner_metrics.gauge(name).collect()[0].samples[0].value


def events(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    return [str(record.__dict__) for record in caplog.records if record.getMessage() == name]


@pytest.mark.sandbox
async def test_without_boxes_a_submission_waits_and_costs_no_try_and_is_judged_when_it_is_mended(
    house: House, bubblewrap: Bubblewrap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="palestra")
    async with house.runner(name="green", bwrap=bubblewrap.path, quarantine_no_boxes_s=1) as (life, _):
        bubblewrap.breaks()
        kill_boxes()
        orders = [house.submission(SQUARE, author=author) for author in ("ann", "bob", "cem")]
        for order in orders:
            await house.submit(order)
        await until(lambda: house.count("attempts_total", outcome="handed-back") >= 1, "handed back")
        [told] = events(caplog, "boxes-do-not-start")
        assert WORDS in told
        await until(lambda: figure(house, "quarantines") == 1, "a quarantine")
        async with asyncio.timeout(10):
            while not (status := await inventory(house)).facts or "no box has started for 1 s" not in status.facts.trouble:
                await asyncio.sleep(0.05)
        assert WORDS in status.facts.trouble
        assert (status.facts.is_out, status.judge_errors, figure(house, "in_service")) == (True, 0, 0)
        assert figure(house, "boxes_failing") > 1
        checks = await life.examine()
        assert WORDS in checks["boxes"]
        assert WORDS in checks["standing"]
        [said] = events(caplog, "runner-quarantined")
        assert WORDS in said
        house.clock.turn(house.config.language_wait_s + 1)  # its languages are not given up for gone
        await asyncio.sleep(0.6)
        assert not any(house.verdicts(order) for order in orders)
        bubblewrap.is_mended()
        assert [(await house.verdict(order)).verdict for order in orders] == [Verdict.AC] * 3
        assert (figure(house, "in_service"), figure(house, "boxes_failing")) == (1, 0)
    assert house.count("attempts_total", outcome="judge-error") == 0
    assert len(events(caplog, "boxes-start-again")) == 1
    assert len(events(caplog, "runner-in-service")) == 1


@pytest.mark.sandbox
async def test_another_runner_judges_what_one_without_boxes_hands_back(house: House, bubblewrap: Bubblewrap) -> None:
    async with house.runner(name="broken", bwrap=bubblewrap.path):
        bubblewrap.breaks()
        kill_boxes()
        orders = [house.submission(SQUARE, author=author) for author in ("ann", "bob")]
        async with house.runner(name="sound"):
            for order in orders:
                await house.submit(order)
            verdicts = [await house.verdict(order) for order in orders]
    assert [(one.verdict, one.runner.split("-")[0]) for one in verdicts] == [(Verdict.AC, "sound")] * 2
    assert house.count("attempts_total", outcome="judge-error") == 0


@pytest.mark.sandbox
async def test_with_one_box_left_the_cases_go_on_in_it_and_no_more_is_claimed(house: House, bubblewrap: Bubblewrap) -> None:
    async with house.runner(bwrap=bubblewrap.path):
        bubblewrap.breaks()
        kill_boxes(but=1)
        first, second = house.submission(SQUARE), house.submission(SQUARE, author="bob")
        began = time.monotonic()
        await house.submit(first)
        await until(lambda: bool(house.verdicts(first)) or house.count("attempts_total", outcome="handed-back") > 0, "an end of the first attempt")
        assert time.monotonic() - began < 20, "not a minute for every second case"
        await house.submit(second)
        bubblewrap.is_mended()
        assert [(await house.verdict(order)).verdict for order in (first, second)] == [Verdict.AC] * 2
    assert house.count("attempts_total", outcome="judge-error") == 0
    assert not (await house.frontend.call(GRADER_STATUS, Nothing())).runners[0].judge_errors


@pytest.mark.sandbox
async def test_a_box_that_is_slow_to_start_is_waited_for_and_is_no_trouble(
    workshop: Workshop, bubblewrap: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.sandbox.bwrap = bubblewrap.path
    pool = BoxPool(workshop.sandbox, 1)
    troubles = []
    failed = pool.starts.failed
    monkeypatch.setattr(pool.starts, "failed", lambda why: (failed(why), troubles.append((type(why), pool.trouble))))
    async with asyncio.timeout(30), pool.running():
        async with pool.box():
            monkeypatch.setattr(boxes, "START_LIMIT_S", 1.0)
            bubblewrap.is_slow_once()
            async with pool.box():
                monkeypatch.setattr(boxes, "START_LIMIT_S", 20.0)
                async with pool.box() as third:
                    assert third.is_alive
        assert pool.trouble == ""
    assert troubles in ([], [(BoxSlow, "")])


def test_one_slow_start_is_no_trouble_and_two_in_a_row_are_and_one_that_starts_ends_it() -> None:
    starts = Starts()
    starts.failed(BoxSlow("slow"))
    assert (starts.trouble, starts.failures) == ("", 1)
    starts.went_well()
    starts.failed(BoxSlow("slow"))
    starts.failed(BoxSlow("slow again"))
    assert (starts.trouble, starts.failures) == ("slow again", 2)
    starts.went_well()
    assert (starts.trouble, starts.failures, starts.lasts_s) == ("", 0, 0)
    starts.failed(BoxLost("broken"))
    assert (starts.trouble, starts.is_hopeless) == ("broken", False)
    starts._since -= pauses.PATIENCE_S
    assert starts.is_hopeless


@pytest.mark.sandbox
async def test_who_wants_a_box_hears_soon_why_there_is_none_and_who_mends_it_need_not_wait(workshop: Workshop, bubblewrap: Bubblewrap) -> None:
    workshop.sandbox.bwrap = bubblewrap.path
    pool = BoxPool(workshop.sandbox, 1)
    async with asyncio.timeout(30), pool.running(), pool.box():
        bubblewrap.breaks()
        began = time.monotonic()
        with pytest.raises(NoBoxes, match="bubblewrap ended with exit status 3"):
            while True:
                await pool.take()
        assert time.monotonic() - began < 20
        bubblewrap.is_mended()
        pool.starts.hurry()
        await pool.starts.until_good()
        async with pool.box() as box:
            assert box.is_alive
