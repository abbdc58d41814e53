"""Several graders share the queues: what one of them has that is urgent reaches a slot that works on what yields for another."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from contest.verdicts import Verdict
from mesh.life import Life
from mesh.queue import Consumer, Delivery
from mesh.addresses import AddressBook
from services.grader.main import run
from services.grader.metrics import METRICS
from tests.services.grader.room import LIMIT_S, until
from tests.services.runner.test_service import SQUARE, House
from tests.services.runner.workshop import LIMITS
from wire.judging import JudgeSubmission
from wire.queues import SUBMISSIONS

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(60)]

CASE_S = 0.1
SLOW = f"import time\nn = int(input())\ntime.sleep({CASE_S})\nprint(n * n)"


class Deaf:
    """The real queue, for a grader that hears nothing of one level."""

    def __init__(self, queue: Any, level: str) -> None:
        self._queue = queue
        self._unheard = SUBMISSIONS[level].name

    def consumer(self, name: str) -> Any:
        return _silence() if name == self._unheard else self._queue.consumer(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


class _Silence:
    async def take(self, _most: int = 1) -> list[Delivery]:
        await asyncio.Event().wait()
        return []


@asynccontextmanager
async def _silence() -> AsyncIterator[Consumer]:
    yield _Silence()


class PairHouse(House):
    """A house with two graders: the first hears of rejudges, and of submissions to contests only the second."""

    second: Any

    async def start_grader(self) -> None:
        whole = self.queue
        self.backbone = dataclasses.replace(self.backbone, queue=Deaf(whole, "contest"))
        await super().start_grader()
        places = dict(self._addresses)
        addresses = AddressBook({"gitserver": [places["gitserver"]]})
        self.second = dataclasses.replace(await self._backbone("grader", METRICS), queue=Deaf(whole, "low"), addresses=addresses)
        life = Life("grader", self.clock)
        self._second = asyncio.create_task(run(self.config, self.second, life))
        async with asyncio.timeout(LIMIT_S):
            await life.until_ready()
        self._addresses = AddressBook({"gitserver": [places["gitserver"]], "grader": [places["grader"], addresses["grader"]]})

    async def kill_grader(self) -> None:
        self._second.cancel()
        with suppress(asyncio.CancelledError):
            await self._second
        await super().kill_grader()

    def at_second(self, name: str, **labels: str) -> float:
        return self.second.metrics._registry.get_sample_value(f"palestra_grader_{name}", labels) or 0.0

    def rejudge(self, number: int) -> JudgeSubmission:
        return dataclasses.replace(self.submission(f"{SLOW}  # {number}"), priority="low")


@pytest.fixture
async def pair(tmp_path: Path, pki_folder: Path, programs_folder: Path) -> AsyncIterator[PairHouse]:
    folder = tmp_path / "var"
    folder.mkdir()
    async with PairHouse(folder, pki_folder, programs_folder) as made:
        yield made


async def test_what_is_urgent_at_one_grader_goes_before_the_rejudges_of_another_and_nothing_is_lost_or_done_twice(pair: PairHouse) -> None:
    pair.problem(8, limits=dataclasses.replace(LIMITS, wall_ms=20_000))
    pair.problem(1, alias="short", limits=dataclasses.replace(LIMITS, wall_ms=20_000))
    rejudge = pair.rejudge(1)
    urgent = [pair.submission(f"{SQUARE}  # {number}", problem="short", author=f"team{number}") for number in range(3)]
    for order in (rejudge, *urgent):
        await pair.submit(order)
    await until(lambda: pair.count("runs_waiting", priority="low") == 1 and pair.at_second("runs_waiting", priority="contest") == 3, "all wait")
    async with pair.runner():
        ended = pair.runner_metrics.counter("executions_total").labels("solution", "ended")._value
        start = ended.get()
        await until(lambda: all(pair.verdicts(order) for order in urgent), "every submission is judged")
        assert ended.get() - start <= 3 + 2, "what waited at the second grader was taken before the rejudge of the first"
        await until(lambda: ended.get() >= start + 3 + 2, "two cases of the rejudge")
        late = pair.submission(f"{SQUARE}  # late", problem="short")
        before = ended.get()
        await pair.submit(late)
        assert (await pair.verdict(late)).verdict is Verdict.AC
        assert ended.get() - before - 1 <= 2, "the case that ran, and perhaps the first of the next attempt"
        assert not pair.verdicts(rejudge)
        assert (await pair.verdict(rejudge)).verdict is Verdict.AC
        assert ended.get() - start == 8 + 4, "no case was run twice"
    assert len(pair.verdicts(rejudge)) == 1
    assert pair.count("attempts_total", outcome="handed-back") >= 1
    assert pair.at_second("slots_called_total", whose="another") >= 1
