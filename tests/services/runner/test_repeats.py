"""Who is a little over the time limit is judged once more; who is far over it is late, and not run twice."""

from __future__ import annotations

import dataclasses

import pytest

from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from services.runner.flows.repeats import Repeats
from services.runner.judging import Judge
from tests.services.runner.workshop import LIMITS, Workshop

HUNDRED = Limits(cpu_ms=100)
SPIN = """
import time
while time.process_time() < {seconds}:
    pass
print("done")
"""


def result(verdict: Verdict, time_ms: int) -> CaseResult:
    return CaseResult(0, verdict, time_ms, 0)


@pytest.mark.parametrize(
    ("band", "verdict", "time_ms", "is_due"),
    [
        (20, Verdict.TLE, 101, True), (20, Verdict.TLE, 119, True), (20, Verdict.TLE, 120, False), (20, Verdict.TLE, 40, False),
        (20, Verdict.AC, 100, False), (20, Verdict.RTE, 110, False), (0, Verdict.TLE, 100, False), (50, Verdict.TLE, 149, True),
    ],
)  # fmt: skip
def test_only_a_late_end_within_the_band_is_tried_again(band: int, verdict: Verdict, time_ms: int, is_due: bool) -> None:
    assert Repeats(band).is_due(result(verdict, time_ms), HUNDRED) is is_due


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [(110, (Verdict.AC, 98), 98), (110, (Verdict.WA, 98), 98), (110, (Verdict.TLE, 105), 105), (110, (Verdict.TLE, 115), 110)],
)
def test_the_better_of_two_counts_and_says_so(first: int, second: tuple[Verdict, int], counts: int) -> None:
    best = Repeats.better(result(Verdict.TLE, first), result(*second))
    assert (best.time_ms, best.verdict, best.is_repeated) == (counts, second[0], True)


async def spun(workshop: Workshop, seconds: float, band: int) -> tuple[CaseResult, int]:
    """What came of a program that works so long under a limit of half a second, and how often it was run."""
    judge = Judge(workshop.pool, workshop.builds, workshop.blobs, workshop.toolchains, None, Repeats(band))
    limits = dataclasses.replace(LIMITS, cpu_ms=500)
    before = workshop.eyes.purposes.count("solution")
    end = await judge.judge(workshop.order("python3", SPIN.format(seconds=seconds), [workshop.shelf.case("1", "", "done")], limits=limits), workshop.log)
    return end.results[0], workshop.eyes.purposes.count("solution") - before


async def test_a_program_that_is_over_the_limit_and_within_the_band_gets_a_second_run(workshop: Workshop) -> None:
    late, runs = await spun(workshop, 0.55, 60)
    assert (late.verdict, late.is_repeated, runs) == (Verdict.TLE, True, 2)
    assert 500 < late.time_ms < 800

    never, runs = await spun(workshop, 0.55, 0)
    assert (never.verdict, never.is_repeated, runs) == (Verdict.TLE, False, 1)
    endless, runs = await spun(workshop, 60, 20)
    assert (endless.verdict, endless.is_repeated, runs) == (Verdict.TLE, False, 1)
    assert 600 <= endless.time_ms < 900
    quick, runs = await spun(workshop, 0.01, 20)
    assert (quick.verdict, quick.is_repeated, runs) == (Verdict.AC, False, 1)
