"""A run that nobody waits for stops between two cases, and is gone on with where it was."""

from __future__ import annotations

import dataclasses

import time

import pytest

from contest.groups import CaseGroup, OnReject
from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.codec import decode, encode
from services.runner import haste, judging
from tests.services.runner.workshop import LIMITS, Log, Workshop
from wire.judging import RunOrder

CAT = "print(input())"


class Hurried(Log):
    """Hears that something more urgent waits when so many cases have ended."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def result(self, result: CaseResult) -> None:
        super().result(result)
        self.gives_way = len(self.results) >= self.after


async def test_it_stops_after_the_case_that_runs_and_the_next_attempt_runs_the_rest(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(str(number), f"{number}\n", f"{number % 3}\n") for number in range(6)]
    order = workshop.order("python3", CAT, cases, is_scoring=True, groups=CaseGroup(on_reject=OnReject.CONTINUE))
    first = await workshop.judge.judge(order, Hurried(2))
    assert (first.outcome, [one.index for one in first.results]) == ("handed-back", [0, 1])

    heard = Log()
    second = await workshop.judge.judge(dataclasses.replace(order, done=first.results), heard)
    assert (second.outcome, [one.index for one in second.results]) == ("judged", [0, 1, 2, 3, 4, 5])
    assert second.results[:2] == first.results
    assert [one.index for one in heard.results] == [2, 3, 4, 5], "what is done is not run again"
    assert [one.verdict for one in second.results] == [Verdict.AC] * 3 + [Verdict.WA] * 3


async def test_what_was_called_before_it_began_does_one_step_all_the_same(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(str(number), f"{number}\n", f"{number}\n") for number in range(3)]
    order = workshop.order("python3", CAT, cases)
    called = Log(gives_way=True)
    compiled = await workshop.judge.judge(order, called)
    assert (compiled.outcome, compiled.results) == ("handed-back", ()), "it was compiled now: that is kept, so it was not for nothing"
    one_case = await workshop.judge.judge(order, called)
    assert (one_case.outcome, len(one_case.results)) == ("handed-back", 1)
    attempts = 1
    end = one_case
    while end.outcome != "judged":
        end = await workshop.judge.judge(dataclasses.replace(order, done=end.results), called)
        attempts += 1
    assert (attempts, [one.index for one in end.results]) == (3, [0, 1, 2])


async def test_results_that_do_not_fit_the_order_of_judging_are_run_anew(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(str(number), f"{number}\n", f"{number}\n") for number in range(3)]
    lies = (CaseResult(0, Verdict.AC, 7, 7), CaseResult(2, Verdict.AC, 7, 7))
    end = await workshop.judge.judge(dataclasses.replace(workshop.order("python3", CAT, cases), done=lies), Log())
    assert [one.index for one in end.results] == [0, 1, 2]
    assert [one.memory_bytes == 7 for one in end.results] == [True, False, False]


HANGS = "import sys, time\ntime.sleep(50 * ('7' in open({file}).read()))\nsys.exit(42)"


@pytest.mark.parametrize("hangs", ["checker", "static validator", "interactor"])
async def test_a_setters_program_that_hangs_never_keeps_the_slot_and_what_was_judged_is_kept(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    for name, value in {"SLICE_S": 0.1, "MOST_SLICE_S": 0.1}.items():
        monkeypatch.setattr(haste, name, value)
    monkeypatch.setattr(judging, "MOST_CASE_S", 0.3 if hangs == "interactor" else 45)
    shelf = workshop.shelf
    cases = [shelf.case("1", "1\n", "1\n"), shelf.case("2", "7\n", "7\n", is_static=hangs == "static validator"), shelf.case("3", "3\n", "3\n")]
    checker = shelf.custom("python3", HANGS.format(file="sys.argv[1]"), "check.py")
    static = shelf.custom("python3", "import time\ntime.sleep(50)", "look.py")
    kind = {"static validator": {"static_validator": static}, "interactor": {"is_interactive": True}, "checker": {}}[hangs]
    order = workshop.order("python3", CAT if hangs != "interactor" else "", cases, None if hangs == "static validator" else checker, **kind)
    known = dataclasses.replace(order, done=(first := await workshop.judge.judge(order, Hurried(1))).results)
    assert [one.index for one in first.results] == [0]
    began = time.monotonic()
    for broken_off in (1, 2):
        end = await workshop.judge.judge(known, Log(gives_way=True))
        assert (end.outcome, [one.index for one in end.results], end.broken_off) == ("handed-back", [0], broken_off)
        known = decode(RunOrder, encode(dataclasses.replace(known, done=end.results, broken_off=end.broken_off)))
    assert time.monotonic() - began < 40, "one that hangs takes fifty seconds"


async def test_a_submission_has_the_time_that_its_limit_gives_it_though_somebody_waits(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLICE_S", "MOST_SLICE_S"):
        monkeypatch.setattr(haste, name, 0.05)
    order = workshop.order("python3", "import time\ntime.sleep(0.6)\nprint(input())", [workshop.shelf.case(str(number), "1\n", "1\n") for number in range(2)])
    await workshop.judge.judge(order, Log(gives_way=True))
    end = await workshop.judge.judge(order, Log(gives_way=True))
    assert (end.outcome, [one.verdict for one in end.results], end.broken_off) == ("handed-back", [Verdict.AC], 0)
    assert LIMITS.wall_ms >= 5000, "it sleeps for less than it may"


async def test_compiling_is_broken_off_and_no_result_is_lost_by_it(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haste, "SLICE_S", 0.02)
    monkeypatch.setattr(judging, "BUILD_S", 0.0)
    order = workshop.order("cpp", "#include <bits/stdc++.h>\nint main() { std::cout << 1; }", [workshop.shelf.case(str(number), "", "1") for number in range(2)])
    done = (CaseResult(0, Verdict.AC, 7, 7),)
    end = await workshop.judge.judge(dataclasses.replace(order, done=done), Log(gives_way=True))
    assert (end.outcome, end.results, end.broken_off) == ("handed-back", done, 1)
