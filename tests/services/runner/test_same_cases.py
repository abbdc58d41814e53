"""A case that counts in two groups is judged once, wherever its result is known, and by itself where it is not."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from contest.grading import grade
from contest.groups import Aggregation, CaseGroup, OnReject
from contest.verdicts import Verdict
from tests.services.runner.workshop import Log, Workshop
from wire.judging import VALIDATE, AttemptEnd, InputValidator, RunOrder

pytestmark = pytest.mark.sandbox

# Right for numbers below 50.
SMALL = "n = int(input())\nprint(n if n < 50 else 0)"


def order(workshop: Workshop, source: str, *numbers: int) -> RunOrder:
    """The first group has the first two cases, the second has the second one once more, and the third."""
    cases = [workshop.shelf.case(f"cases/{place}", f"{number}\n", f"{number}\n", group="subtask-0") for place, number in enumerate(numbers)]
    again = dataclasses.replace(cases[1], name="cases/1-1", group="subtask-1", same_as="cases/1")
    tree = CaseGroup(groups=(
        CaseGroup("subtask-0", (0, 1), aggregation=Aggregation.MIN, accept_score=Fraction(30)),
        CaseGroup("subtask-1", (3, 2), aggregation=Aggregation.MIN, accept_score=Fraction(70)),
    ), on_reject=OnReject.CONTINUE)  # fmt: skip
    return workshop.order("python3", source, [*cases, again], is_scoring=True, groups=tree)


def points(order: RunOrder, end: AttemptEnd) -> Fraction:
    final = grade(order.manifest.groups, 4, end.results, is_scoring=True)
    assert final is not None, end
    return final.score


async def test_a_result_counts_in_each_group_and_the_program_runs_once(workshop: Workshop) -> None:
    whole, heard = order(workshop, SMALL, 5, 6, 7), Log()
    end = await workshop.judge.judge(whole, heard)
    assert [(one.index, one.verdict) for one in heard.results] == [(index, Verdict.AC) for index in range(4)]
    assert (end.results[3].time_ms, end.results[3].memory_bytes) == (end.results[1].time_ms, end.results[1].memory_bytes)
    assert workshop.eyes.purposes.count("solution") == 3
    assert points(whole, end) == 100

    wrong = order(workshop, SMALL, 5, 60, 7)
    assert points(wrong, await workshop.judge.judge(wrong, Log())) == 0, "it spoils both"


async def test_what_was_judged_by_another_threshold_or_not_at_all_is_judged_by_itself(workshop: Workshop) -> None:
    skipped = order(workshop, SMALL, 50, 6, 7)
    end = await workshop.judge.judge(skipped, Log())
    assert [(one.index, one.verdict) for one in end.results] == [(0, Verdict.WA), (2, Verdict.AC), (3, Verdict.AC)]
    assert (workshop.eyes.purposes.count("solution"), points(skipped, end)) == (3, 70)

    whole = order(workshop, SMALL, 5, 6, 7)
    *others, last = whole.manifest.cases
    stricter = dataclasses.replace(whole.manifest, cases=(*others, dataclasses.replace(last, threshold=Fraction(3))))
    await workshop.judge.judge(dataclasses.replace(whole, manifest=stricter), Log())
    assert workshop.eyes.purposes.count("solution") == 3 + 4


async def test_who_goes_on_takes_over_what_was_judged(workshop: Workshop) -> None:
    whole = order(workshop, SMALL, 5, 6, 7)
    end = await workshop.judge.judge(whole, Log())
    again = await workshop.judge.judge(dataclasses.replace(whole, done=end.results[:3]), Log())
    assert (again.results, workshop.eyes.purposes.count("solution")) == (end.results, 3)


async def test_its_input_is_examined_once_and_one_text_is_the_output_of_both(workshop: Workshop) -> None:
    whole = order(workshop, "", 5, 60, 7)
    refuses = InputValidator(workshop.shelf.program("python3", {"check.py": "import sys\nsys.exit(43)"}))
    end = await workshop.judge.judge(dataclasses.replace(whole, task=VALIDATE, input_validators=(refuses,)), Log())
    assert [one.path for one in end.findings] == [f"data/cases/{number}.in" for number in range(3)]
    text = "=== cases/0 ===\n5\n=== cases/1 ===\n60\n=== cases/2 ===\n7\n"
    given = dataclasses.replace(whole, language="text", source=text, manifest=dataclasses.replace(whole.manifest, is_output_only=True, groups=CaseGroup()))
    end = await workshop.judge.judge(given, Log())
    assert [one.verdict for one in end.results] == [Verdict.AC] * 4, end
