"""On a crowded core: who only waited for it is not late, and who sleeps, or is in his own way, gets nothing for that."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from services.runner.sandbox.execution import Execution, KilledBy
from services.runner.sandbox.waiting import waited_ns
from services.runner.sandbox.watch import MOST_HELD_UP
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = pytest.mark.sandbox

CORE = max(os.sched_getaffinity(0))
OTHERS = 3
TRIES = 5
"""Machines lose their cores for hundreds of milliseconds, and this process its turn: what a rule promises has to be seen once."""
NS = 1_000_000
LATE_MS = 1_250
LATE = f"""
#include <time.h>
int main(void) {{
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 < {LATE_MS});
}}
"""
"""Wants the core until so much has gone by on the clock, however little of the core it gets."""
SPIN = "int main(void){for(;;);}"
IN_ITS_OWN_WAY = "#include <unistd.h>\nint main(void){for(int i=0;i<3;i++)fork();for(;;);}"
HURRIED = dataclasses.replace(LIMITS, cpu_ms=5_000, wall_ms=400)


@pytest.fixture
def crowd() -> Iterator[None]:
    """Others who want the core all the time, and have begun to."""
    spinning = [subprocess.Popen(["bash", "-c", "while ((SECONDS < 60)); do :; done"]) for _ in range(OTHERS)]
    try:
        for one in spinning:
            os.sched_setaffinity(one.pid, {CORE})
        until = time.monotonic() + 20
        while any(_used_ns(one.pid) < 20 * NS for one in spinning):  # bash has started long before
            assert time.monotonic() < until, "they do not get the core themselves"
            time.sleep(0.005)
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def _used_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


def clock_ms(execution: Execution) -> float:
    return execution.wall_ns / NS


async def seen_once(run: Callable[[], Awaitable[tuple[Execution, bytes]]], holds: Callable[[Execution], bool]) -> Execution:
    """The first execution of some that is as it should be, else the last."""
    for _ in range(TRIES):
        execution, _ = await run()
        if holds(execution):
            break
    return execution


@pytest.mark.usefixtures("crowd")
async def test_who_waited_for_a_core_that_others_had_is_let_run_on(workshop: Workshop) -> None:
    limits = dataclasses.replace(HURRIED, wall_ms=LATE_MS - 250)

    def was_late_and_let_run_on(one: Execution) -> bool:
        return one.killed_by is None and one.held_up_ns > 0 and clock_ms(one) > limits.wall_ms

    execution = await seen_once(lambda: workshop.run_c(LATE, limits, core=CORE), was_late_and_let_run_on)
    assert was_late_and_let_run_on(execution), execution
    assert execution.verdict is None


@pytest.mark.usefixtures("crowd")
async def test_a_sleeper_is_ended_on_time_however_crowded_it_is(workshop: Workshop) -> None:
    most_ms = HURRIED.wall_ms * (1 + MOST_HELD_UP) / 2
    execution = await seen_once(lambda: workshop.run(("/bin/sleep", "60"), HURRIED, core=CORE), lambda one: clock_ms(one) < most_ms)
    assert (execution.verdict, execution.killed_by) == (Verdict.TLE, KilledBy.WALL)
    assert clock_ms(execution) < most_ms


async def test_who_is_in_his_own_way_gets_nothing_for_it(workshop: Workshop) -> None:
    def got_nothing_for_it(one: Execution) -> bool:
        had_by_others = one.wall_ns - one.cpu_ns  # the group wants the core all the time
        return one.held_up_ns <= had_by_others + one.wall_ns // 4

    execution = await seen_once(lambda: workshop.run_c(IN_ITS_OWN_WAY, HURRIED, core=CORE), got_nothing_for_it)
    assert (execution.verdict, execution.killed_by) == (Verdict.TLE, KilledBy.WALL)
    assert got_nothing_for_it(execution), execution


@pytest.mark.usefixtures("crowd")
async def test_the_wait_has_an_end(workshop: Workshop) -> None:
    limits = dataclasses.replace(HURRIED, wall_ms=100)
    execution = await seen_once(lambda: workshop.run_c(SPIN, limits, core=CORE), lambda one: "waiting for its core" in one.detail)
    assert (execution.verdict, execution.killed_by) == (Verdict.TLE, KilledBy.WALL)
    assert "waiting for its core" in execution.detail
    assert execution.held_up_ns <= MOST_HELD_UP * limits.wall_ms * NS


def test_a_thread_that_is_gone_has_not_waited() -> None:
    assert waited_ns(["999999999"], 0) == 0
