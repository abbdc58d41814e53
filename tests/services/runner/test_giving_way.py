"""A run that nobody waits for stops between two cases, and is gone on with where it was."""

from __future__ import annotations

import dataclasses

from contest.groups import CaseGroup, OnReject
from contest.results import CaseResult
from contest.verdicts import Verdict
from tests.services.runner.workshop import Log, Workshop

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
