"""A package's own grader runs in a box, is asked bottom up, and what it does wrong is the setter's fault."""

from __future__ import annotations

import dataclasses
import time
from fractions import Fraction

import pytest

from contest.grading import grade
from contest.groups import CaseGroup, OnReject
from contest.limits import GRADER_LIMITS
from contest.rulings import Ruling
from contest.verdicts import Verdict
from mesh.codec import decode, encode
from services.runner import haste
from tests.services.runner.test_giving_way import CAT, Hurried
from tests.services.runner.workshop import Log, Workshop
from wire.judging import AttemptEnd, RunOrder

HALF = """import sys
lines = [line.split() for line in sys.stdin]
right = [float(score) for verdict, score in lines if verdict == 'AC']
print('AC' if 2 * len(right) >= len(lines) else 'WA', sum(right) * float((sys.argv + ['1'])[1]))
"""
TREE = CaseGroup(
    groups=(
        CaseGroup("secret", groups=(
            CaseGroup("secret/1", (0, 1, 2), accept_score=Fraction(10), on_reject=OnReject.CONTINUE, has_grader=True, grader_arguments=("1.5",)),
            CaseGroup("secret/2", (3, 4), accept_score=Fraction(20)),
        ), on_reject=OnReject.BREAK, has_grader=True),
    ),
    is_strict=True,
)  # fmt: skip


def order(workshop: Workshop, grader: str, answers: str = "xxxxx", groups: CaseGroup = TREE) -> RunOrder:
    cases = [workshop.shelf.case(str(number), "x\n", f"{answer}\n") for number, answer in enumerate(answers)]
    made = workshop.order("python3", CAT, cases, is_scoring=True, groups=groups)
    program = workshop.shelf.program("python3", {"grade.py": grader})
    return dataclasses.replace(made, manifest=dataclasses.replace(made.manifest, grader=program))


def points(order: RunOrder, end: AttemptEnd) -> tuple[Verdict, Fraction]:
    final = grade(order.manifest.groups, len(order.manifest.cases), end.results, is_scoring=True, rulings=end.rulings)
    assert final is not None, (end.outcome, end.message)
    return final.verdict, final.score


async def test_each_group_is_graded_by_the_packages_own_program(workshop: Workshop) -> None:
    whole = order(workshop, HALF)
    end = await workshop.judge.judge(whole, Log())
    assert end.rulings == (Ruling("secret/1", Verdict.AC, Fraction(45)), Ruling("secret", Verdict.AC, Fraction(85)))
    assert points(whole, end) == (Verdict.AC, 85)

    some = order(workshop, HALF, "x-xx-")
    end = await workshop.judge.judge(some, Log())
    assert end.rulings == (Ruling("secret/1", Verdict.AC, Fraction(30)), Ruling("secret", Verdict.AC, Fraction(30)))
    assert points(some, end) == (Verdict.PA, 30)

    rejected = order(workshop, HALF, "x--xx")
    end = await workshop.judge.judge(rejected, Log())
    assert [one.index for one in end.results] == [0, 1, 2], "what is behind a group that the grader rejects is not run"
    assert points(rejected, end) == (Verdict.WA, 0)


async def test_an_attempt_that_goes_on_comes_to_the_same_whether_the_answers_came_along_or_not(workshop: Workshop) -> None:
    whole = order(workshop, HALF, "x-xx-")
    first = await workshop.judge.judge(whole, Hurried(4))
    assert (first.outcome, len(first.results)) == ("handed-back", 4)
    assert first.rulings == (Ruling("secret/1", Verdict.AC, Fraction(30)),)
    second = await workshop.judge.judge(dataclasses.replace(whole, done=first.results), Log())
    assert second.outcome == "judged"
    assert points(whole, second) == (Verdict.PA, 30)
    third = await workshop.judge.judge(resumed(whole, first), Log())
    assert (third.outcome, third.rulings) == ("judged", second.rulings)


async def test_a_question_is_broken_off_for_what_is_urgent_and_keeps_nobody_waiting(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haste, "SLICE_S", 0.2)
    inner = CaseGroup("secret/1", (0,), has_grader=True)
    hangs = "import sys, time\ntime.sleep(15 * (len(sys.stdin.read().split()) > 2))\nprint('AC', 7)"
    whole = order(workshop, hangs, "xx", CaseGroup("secret", (1,), (inner,), has_grader=True))
    ends: list[AttemptEnd] = []
    began = time.monotonic()
    while not ends or not ends[-1].rulings or ends[-1].broken_off < 2:
        ends.append(await workshop.judge.judge(whole, Log(gives_way=True)))
        assert (ends[-1].outcome, len(ends) < 15) == ("handed-back", True)
        whole = decode(RunOrder, encode(resumed(whole, ends[-1])))
    assert time.monotonic() - began < 14, "it hangs for fifteen seconds, twice"
    assert (len(ends[-1].results), ends[-1].rulings) == (2, (Ruling("secret/1", Verdict.AC, Fraction(7)),)), "what was judged and said is kept"
    far = [(len(one.results), len(one.rulings)) for one in ends]
    assert far == sorted(far)
    assert workshop.eyes.purposes.count("validator") <= 2, "what ended is not asked again"


def resumed(order: RunOrder, end: AttemptEnd) -> RunOrder:
    return dataclasses.replace(order, done=end.results, rulings=end.rulings, broken_off=end.broken_off)


async def test_a_grader_that_floods_is_stopped_at_once_and_has_no_more_time_than_it_needs(workshop: Workshop) -> None:
    floods = order(workshop, "while True: print('x' * 10**6)", "x", CaseGroup("secret", (0,), has_grader=True))
    began = time.monotonic()
    end = await workshop.judge.judge(floods, Log())
    assert time.monotonic() - began < 10
    assert (end.outcome, end.about) == ("checker-error", "data/secret")
    assert "asked about 1 result of the group data/secret, failed: more than 65536 bytes of output" in end.message
    assert (GRADER_LIMITS.cpu_ms, GRADER_LIMITS.wall_ms) == (10_000, 20_000)


FAILING = (
    ("print('AC')", "one line"), ("raise SystemExit(3)", "exit code 3"), ("import os\nos.kill(os.getpid(), 9)", "failed"), ("print('JE 0')", "says JE"),
    ("print('AC 1' * 3000)", "one line"), ("import sys\nsys.stderr.write('no idea')\nprint('AC -1')", "no idea"), ("print(", "does not compile"),
    ("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nprint('AC 1')", "exit code 1"),
)  # fmt: skip


async def test_a_grader_that_fails_is_the_setters_fault_and_the_jury_reads_why(workshop: Workshop) -> None:
    whole = CaseGroup("secret", (0,), has_grader=True)
    for grader, words in FAILING:
        end = await workshop.judge.judge(order(workshop, grader, "x", whole), Log())
        assert end.outcome == "checker-error", grader
        assert words in end.message
        assert "grader" in end.message


async def test_a_grader_that_never_ends_is_stopped_and_one_that_is_not_there_is_missed(workshop: Workshop) -> None:
    endless = order(workshop, "while True: pass")
    checker = dataclasses.replace(endless.manifest.checker, limits=dataclasses.replace(endless.manifest.limits, cpu_ms=300))
    end = await workshop.judge.judge(dataclasses.replace(endless, manifest=dataclasses.replace(endless.manifest, checker=checker)), Log())
    assert end.outcome == "checker-error"
    assert "data/secret/1" in end.message
    end = await workshop.judge.judge(dataclasses.replace(endless, manifest=dataclasses.replace(endless.manifest, grader=None)), Log())
    assert (end.outcome, "brings none" in end.message) == ("checker-error", True)
