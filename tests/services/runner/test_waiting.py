"""On a crowded core: who only waited for it is not late, and who sleeps, or is in his own way, gets nothing for that."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Iterator

import pytest

from contest.verdicts import Verdict
from services.runner.sandbox.execution import Execution, KilledBy
from services.runner.sandbox.waiting import waited_ns
from services.runner.sandbox.watch import MOST_HELD_UP
from tests.services.runner.workshop import LIMITS, Workshop

pytestmark = pytest.mark.sandbox

CORE = max(os.sched_getaffinity(0))
OTHERS = 3
NEEDS_MS = 400
SPIN = f"#include <time.h>\nint main(void){{struct timespec t;do clock_gettime(CLOCK_PROCESS_CPUTIME_ID,&t);while(t.tv_sec*1000+t.tv_nsec/1000000<{NEEDS_MS});}}"
"""Needs so much of a core."""
IN_ITS_OWN_WAY = "#include <unistd.h>\nint main(void){for(int i=0;i<3;i++)fork();for(;;);}"
HURRIED = dataclasses.replace(LIMITS, cpu_ms=5_000, wall_ms=400)


@pytest.fixture
def crowd() -> Iterator[None]:
    """Others who want the core all the time."""
    spinning = [subprocess.Popen(["bash", "-c", "while ((SECONDS < 60)); do :; done"]) for _ in range(OTHERS)]
    try:
        for one in spinning:
            os.sched_setaffinity(one.pid, {CORE})
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def clock_ms(execution: Execution) -> float:
    return execution.wall_ns / 1e6


@pytest.mark.usefixtures("crowd")
async def test_who_waited_for_a_core_that_others_had_is_let_run_on(workshop: Workshop) -> None:
    limits = dataclasses.replace(HURRIED, wall_ms=NEEDS_MS + 50)
    for _ in range(5):  # how large a share it gets is the machine's affair: much too little, or nearly all, tells nothing
        execution, _ = await workshop.run_c(SPIN, limits, core=CORE)
        if execution.killed_by is None and clock_ms(execution) > limits.wall_ms:
            break
        assert execution.killed_by is None or execution.held_up_ns == MOST_HELD_UP * limits.wall_ms * 1_000_000, execution.detail
    else:
        pytest.fail(f"never late and yet let go on: {execution}")
    assert execution.verdict is None
    assert execution.held_up_ns > 0


@pytest.mark.usefixtures("crowd")
async def test_a_sleeper_is_ended_on_time_however_crowded_it_is(workshop: Workshop) -> None:
    execution, _ = await workshop.run(("/bin/sleep", "60"), HURRIED, core=CORE)
    assert (execution.verdict, execution.killed_by) == (Verdict.TLE, KilledBy.WALL)
    assert clock_ms(execution) < HURRIED.wall_ms * (1 + MOST_HELD_UP) / 2


async def test_who_is_in_his_own_way_gets_nothing_for_it(workshop: Workshop) -> None:
    execution, _ = await workshop.run_c(IN_ITS_OWN_WAY, HURRIED, core=CORE)
    assert (execution.verdict, execution.killed_by) == (Verdict.TLE, KilledBy.WALL)
    had_by_others = execution.wall_ns - execution.cpu_ns  # the group wants the core all the time
    assert execution.held_up_ns <= had_by_others + execution.wall_ns // 4


@pytest.mark.usefixtures("crowd")
async def test_the_wait_has_an_end(workshop: Workshop) -> None:
    endless = SPIN.replace(f"<{NEEDS_MS}", "<4000")
    execution, _ = await workshop.run_c(endless, dataclasses.replace(HURRIED, wall_ms=100), core=CORE)
    assert (execution.verdict, execution.killed_by) == (Verdict.TLE, KilledBy.WALL)
    assert "waiting for its core" in execution.detail
    assert execution.held_up_ns <= MOST_HELD_UP * 100_000_000


def test_a_thread_that_is_gone_has_not_waited() -> None:
    assert waited_ns(["999999999"], 0) == 0
