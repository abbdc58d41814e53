"""A runner that fails again and again takes itself out and says why; a broken problem takes none out; an operator's word lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mesh.errors import Broken
from mesh.log import Log
from mesh.tasks import alongside
from services.runner.standing import Standing
from wire.runners import DirectRunner, RunnerFacts

FACTS = RunnerFacts("green", 2, {"c": "gcc 12"}, speed=1.0)
HELD, FREE = (DirectRunner("green", is_held, "root", at_us) for is_held, at_us in ((True, 10), (False, 20)))


class Machine:
    """A self-test that says what the test says; it counts how often it was asked."""

    def __init__(self) -> None:
        self.wrong = ""
        self.asked = 0

    async def prove(self) -> None:
        self.asked += 1
        if self.wrong:
            raise Broken(self.wrong, code="self-test-failed")


@asynccontextmanager
async def standing(machine: Machine, folder: Path, *, errors: int = 3, pause_s: float = 60.0) -> AsyncIterator[Standing]:
    made = Standing(FACTS, folder, machine.prove, Log("runner"), judge_errors=errors, first_pause_s=pause_s)
    await made.open()
    async with alongside(made.watch()):
        yield made


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0.002)


def fails(of: Standing, *problems: str, author: str = "") -> None:
    for number, problem in enumerate(problems):
        of.ended(problem, f"submission-{problem}-{number}", "judge-error", "box-lost: no box could be started", author)


async def test_judge_errors_in_a_row_on_several_problems_take_it_out_and_it_says_why(tmp_path: Path) -> None:
    machine = Machine()
    async with standing(machine, tmp_path) as runner:
        fails(runner, "apples", "pears")
        assert (runner.is_out, machine.asked) == (False, 0)
        fails(runner, "apples", "pears", "plums")
        assert runner.is_out, "at once: no more work while it looks"
        await until(lambda: runner.quarantines == 1)
        assert "judge errors in a row on apples, pears, plums" in runner.trouble
        assert "box-lost: no box could be started" in runner.trouble
        assert "its self-test passes" in runner.trouble
        assert (runner.facts().trouble, runner.facts().is_out, runner.why_out) == (runner.trouble, True, runner.trouble)


async def test_a_broken_problem_takes_no_runner_out(tmp_path: Path) -> None:
    machine = Machine()
    async with standing(machine, tmp_path) as runner:
        for _ in range(3):
            fails(runner, "broken", "broken", "broken")
            await until(lambda: not runner.is_out)
        assert (machine.asked, runner.quarantines) == (3, 0)


async def test_one_author_takes_no_runner_out_and_two_never_for_longer_each_time(tmp_path: Path) -> None:
    machine = Machine()
    async with standing(machine, tmp_path, pause_s=0.02) as runner:
        for number in range(1, 4):
            fails(runner, "apples", "pears", "plums", author="eve")
            await until(lambda: not runner.is_out)
            assert (machine.asked, runner.quarantines) == (number, 0)
        for number in range(1, 4):
            fails(runner, "apples", "pears", author="eve")
            runner.ended("plums", "another", "judge-error", "", "mallory")
            await until(lambda number=number: not runner.is_out and runner.quarantines == number)
        assert runner._pause_s == 0.02, "its self-test passes: whatever they hand in, it is out no longer than the first time"


async def test_one_author_and_a_self_test_that_fails_is_the_machines_fault(tmp_path: Path) -> None:
    machine = Machine()
    machine.wrong = "no boxes"
    async with standing(machine, tmp_path) as runner:
        fails(runner, "apples", "pears", "plums", author="ada")
        await until(lambda: runner.quarantines == 1)
        assert "its self-test fails: no boxes" in runner.trouble


async def test_one_problem_and_a_self_test_that_fails_is_the_machines_fault(tmp_path: Path) -> None:
    machine = Machine()
    machine.wrong = "memory is limited: wanted MLE"
    async with standing(machine, tmp_path) as runner:
        fails(runner, "apples", "apples", "apples")
        await until(lambda: runner.quarantines == 1)
        assert "its self-test fails: memory is limited: wanted MLE" in runner.trouble


async def test_what_is_not_in_a_row_or_the_same_submission_again_does_not_count(tmp_path: Path) -> None:
    machine = Machine()
    async with standing(machine, tmp_path) as runner:
        for _ in range(5):
            fails(runner, "apples", "pears")
            runner.ended("plums", "x", "judged")
        for _ in range(5):
            runner.ended("apples", "one", "judge-error")
            runner.ended("apples", "one", "handed-back")
        assert not runner.is_out
    async with standing(machine, tmp_path, errors=0) as never:
        fails(never, *"abcdefgh")
        assert not never.is_out


async def test_it_comes_back_after_a_self_test_that_passes_and_later_for_each_that_fails(tmp_path: Path) -> None:
    machine = Machine()
    machine.wrong = "no boxes"
    async with standing(machine, tmp_path, pause_s=0.02) as runner:
        fails(runner, "apples", "pears", "plums")
        await until(lambda: machine.asked >= 3)
        assert runner.is_out
        machine.wrong = ""
        await until(lambda: not runner.is_out)
        assert runner._pause_s > 0.02
        runner.ended("apples", "y", "judged")
        assert runner._pause_s == 0.02, "who judges well is trusted anew"


async def test_an_operator_takes_a_quarantined_runner_into_service_at_once(tmp_path: Path) -> None:
    machine = Machine()
    async with standing(machine, tmp_path) as runner:
        fails(runner, "apples", "pears", "plums")
        await until(lambda: runner.quarantines == 1)
        await runner.direct(FREE)
        assert not runner.is_out
        fails(runner, "apples", "pears", "plums")
        await until(lambda: runner.quarantines == 2)


async def test_an_operators_word_outlives_the_runner_and_the_later_one_counts(tmp_path: Path) -> None:
    machine = Machine()
    async with standing(machine, tmp_path) as runner:
        await runner.direct(HELD)
        assert (runner.is_held, runner.why_out, runner.facts().directed_us) == (True, "held by root", 10)
    async with standing(machine, tmp_path) as again:
        assert again.is_held
        await again.direct(FREE)
        await again.direct(HELD)
        assert not again.is_out, "an older word that comes late changes nothing"
    async with standing(machine, tmp_path) as once_more:
        assert not once_more.is_out
        assert once_more.facts().directed_us == 20


@pytest.mark.parametrize("content", ["", "{", '{"host": 1}', "[]", '{"host": "x", "is_held": true, "by": "y", "at_us": "z"}'])
async def test_a_word_that_cannot_be_read_does_not_keep_the_runner_from_starting(tmp_path: Path, content: str) -> None:
    (tmp_path / "standing.json").write_text(content)
    async with standing(Machine(), tmp_path) as runner:
        assert not runner.is_out
