"""The runner in a small real house: a real grader over mutual TLS, real boxes, the durable queue."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from contest.groups import CaseGroup
from contest.verdicts import Verdict
from mesh.ids import new_id
from mesh.life import Life
from mesh.tls import Credentials
from services.runner.config import Config
from services.runner.main import run
from services.runner.metrics import METRICS
from tests.services.grader.room import Room, until
from tests.services.runner.groups import folders_of
from tests.services.runner.workshop import LIMITS
from wire import judging
from wire.judging import Checker, JudgeSubmission, JudgingManifest

pytestmark = pytest.mark.sandbox

SQUARE = "n = int(input())\nprint(n * n)"
SLOW = "import time\nn = int(input())\ntime.sleep(0.4)\nprint(n * n)"
LIMIT_S = 20.0


class House(Room):
    """The grader's room with real runners in it."""

    def __init__(self, folder: Path, pki_folder: Path, programs: Path) -> None:
        super().__init__(folder, pki_folder)
        self.folder = folder
        self.programs = programs

    def problem(self, count: int, *, alias: str = "squares", checker: Checker | None = None, **more: Any) -> JudgingManifest:
        cases = []
        for number in range(count):
            question, answer = f"{number}\n".encode(), f"{number * number}\n".encode()
            keep = self.gitserver.keep_file
            cases.append(judging.TestCase(f"secret/{number}", keep(question), keep(answer), len(question), len(answer)))
        made = JudgingManifest(alias, "v1", more.pop("limits", LIMITS), tuple(cases), checker or Checker(), CaseGroup(), **more)
        self.gitserver.manifests[alias, "v1"] = made
        return made

    def submission(self, source: str, *, language: str = "python3", problem: str = "squares", author: str = "ann") -> JudgeSubmission:
        return JudgeSubmission(new_id(), new_id(), "finals", problem, "v1", language, source, author, "contest", correlation=new_id())

    @asynccontextmanager
    async def runner(self, name: str = "runner", **settings: Any) -> AsyncIterator[tuple[Life, asyncio.Task[None]]]:
        """A runner that is ready; leaving the block asks it to leave and waits."""
        backbone = dataclasses.replace(await self._backbone("runner", METRICS), folder=self.folder / name)
        backbone.folder.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            (backbone.folder / "programs").symlink_to(self.programs)
        life = Life("runner")
        self.runner_metrics = backbone.metrics
        task = asyncio.create_task(run(Config(**{"port": 0, "slots": 1, "drain_s": 5.0, "name": name} | settings), backbone, life))
        ready = asyncio.create_task(life.until_ready())
        await asyncio.wait({task, ready}, timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        try:
            if task.done():
                await task
            yield life, task
        finally:
            await life.begin_stop()
            async with asyncio.timeout(LIMIT_S):
                await asyncio.wait({task})
            if not task.cancelled():
                task.result()


@pytest.fixture
async def house(tmp_path: Path, pki_folder: Path, programs_folder: Path) -> AsyncIterator[House]:
    folder = tmp_path / "var"
    folder.mkdir()
    async with House(folder, pki_folder, programs_folder) as made:
        yield made


async def test_submission_gets_its_verdict(house: House) -> None:
    house.problem(5)
    async with house.runner():
        order = house.submission(SQUARE)
        await house.submit(order)
        verdict = await house.verdict(order)
    assert (verdict.verdict, len(verdict.cases), verdict.runner.endswith(f"-{os.getpid()}-0")) == (Verdict.AC, 5, True)
    assert verdict.time_ms > 0
    assert verdict.memory_bytes > 0


async def test_compile_error_arrives_with_its_text(house: House) -> None:
    house.problem(1)
    async with house.runner():
        order = house.submission("int main( { }", language="c")
        await house.submit(order)
        verdict = await house.verdict(order)
    assert verdict.verdict is Verdict.CE
    assert "error" in verdict.compile_output


async def test_two_slots_judge_two_submissions_at_once(house: House) -> None:
    house.problem(1)
    async with house.runner(slots=2, pinned=False):
        orders = [house.submission(SLOW, author=f"team{number}") for number in range(2)]
        for order in orders:
            await house.submit(order)
        await until(lambda: house.runner_metrics.gauge("slots_busy")._value.get() == 2, "two at once")
        verdicts = [await house.verdict(order) for order in orders]
    assert [verdict.verdict for verdict in verdicts] == [Verdict.AC] * 2
    assert len({verdict.runner for verdict in verdicts}) == 2


async def test_inputs_are_fetched_once_and_kept_over_a_restart(house: House) -> None:
    manifest = house.problem(3)
    for _ in range(2):
        async with house.runner():
            for _ in range(2):
                order = house.submission(SQUARE)
                await house.submit(order)
                assert (await house.verdict(order)).verdict is Verdict.AC
            fetched = house.runner_metrics.gauge("cache_misses").collect()[0].samples[0].value
        house.gitserver.files.clear()
    assert fetched == 0  # all that the second life needed was there
    assert len(list((house.folder / "runner" / "blobs").glob("??/*"))) == len({case.input for case in manifest.cases} | {case.answer for case in manifest.cases})


async def test_runner_that_leaves_finishes_what_it_holds(house: House) -> None:
    house.problem(2)
    order = house.submission(SLOW)
    async with house.runner() as (life, _):
        await house.submit(order)
        await until(lambda: house.runner_metrics.gauge("slots_busy")._value.get() == 1, "work")
        await life.begin_stop()
    assert (await house.verdict(order)).verdict is Verdict.AC
    assert house.count("attempts_total", outcome="judged") == 1


async def test_runner_that_may_not_wait_hands_back_and_the_next_one_judges(house: House) -> None:
    house.problem(2, limits=dataclasses.replace(LIMITS, wall_ms=20_000))
    order = house.submission(SLOW.replace("0.4", "12"))
    async with house.runner(drain_s=0.0) as (life, _):
        await house.submit(order)
        await until(lambda: house.runner_metrics.counter("executions_total").labels("compiler", "ended")._value.get() == 1, "work")
        began = asyncio.get_running_loop().time()
        await life.begin_stop()
    assert asyncio.get_running_loop().time() - began < 6, "half of what the first case takes"
    assert house.count("attempts_total", outcome="handed-back") == 1
    assert not house.verdicts(order)


async def test_finished_attempt_waits_for_a_grader_that_is_away(house: House) -> None:
    house.problem(1)
    order = house.submission(SLOW)
    async with house.runner():
        await house.submit(order)
        await until(lambda: house.runner_metrics.counter("executions_total").labels("compiler", "ended")._value.get() == 1, "work")
        await house.kill_grader()
        await asyncio.sleep(0.5)  # the attempt ends meanwhile
        await house.start_grader()
        verdict = await house.verdict(order)
    assert verdict.verdict is Verdict.AC
    assert len(house.verdicts(order)) == 1


async def test_attempt_that_the_grader_gave_up_is_stopped_and_never_reported(house: House) -> None:
    house.problem(1, limits=dataclasses.replace(LIMITS, wall_ms=60_000))
    order = house.submission("import time\nn = int(input())\ntime.sleep(60)\nprint(n * n)")
    async with house.runner(drain_s=0.0):
        await house.submit(order)
        await until(lambda: house.runner_metrics.counter("executions_total").labels("compiler", "ended")._value.get() == 1, "work")
        forgotten = house.runner_metrics.counter("attempts_total").labels("forgotten", "python3")

        def lease_runs_out() -> bool:
            house.clock.turn(1000)  # again and again: a report may extend it just now
            return forgotten._value.get() > 0

        await until(lease_runs_out, "the attempt forgotten")
        await until(lambda: house.runner_metrics.gauge("slots_busy")._value.get() == 1, "the next attempt")
    assert not house.verdicts(order)


async def test_runner_asks_again_when_the_grader_comes_late(house: House) -> None:
    house.problem(1)
    await house.kill_grader()
    async with house.runner():
        await asyncio.sleep(0.3)
        await house.start_grader()
        order = house.submission(SQUARE)
        await house.submit(order)
        assert (await house.verdict(order)).verdict is Verdict.AC


async def test_health_tells_what_the_runner_can_do(house: House, pki_folder: Path, toolchains: Mapping[str, Any]) -> None:
    async with house.runner() as (life, _):
        await until(lambda: "runner" in house._addresses, "an address")
        host, port = house._addresses["runner"]
        context = (await asyncio.to_thread(Credentials.load, pki_folder, "grader")).client_context()
        async with aiohttp.ClientSession() as session, session.get(f"https://{host}:{port}/health", ssl=context, server_hostname="runner") as answer:
            detail = await answer.json()
        async with aiohttp.ClientSession() as session, session.get(f"https://{host}:{port}/metrics", ssl=context, server_hostname="runner") as answer:
            metrics = await answer.text()
        assert life.is_ready
    assert (detail["status"], detail["checks"]) == ("ready", {"boxes": "ok", "standing": "ok", "languages": "ok", "queue": "ok"})
    assert set(detail["capabilities"]["languages"]) == set(toolchains)
    assert detail["capabilities"]["mode"] == "root"
    assert "palestra_runner_boxes_total" in metrics


async def test_runner_ends_with_no_process_and_no_group_left(house: House) -> None:
    house.problem(1)
    before = boxes()
    async with house.runner():
        order = house.submission(SQUARE)
        await house.submit(order)
        await house.verdict(order)
        assert boxes() > before
    assert boxes() == before
    assert not folders_of(os.getpid())


def boxes() -> int:
    """Processes below this one that are bubblewrap."""
    count = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = status.read_text().partition(") ")
            count += name.endswith("(bwrap") and rest.split()[1] == str(os.getpid())
    return count
