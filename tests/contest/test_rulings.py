"""A package's own grader is asked about each of its groups when that is over, and its word counts as the group's."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.grading import Grading, grade
from contest.groups import Aggregation, CaseGroup, OnReject, VerdictRule, attainable_score
from contest.results import CaseResult, Grade
from contest.rulings import Question, Ruling, read_ruling, written
from contest.verdicts import Verdict
from mesh import codec
from wire.judging import AttemptEnd

AC, WA, TLE, RTE, VE = Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.RTE, Verdict.VE
FIRST = CaseGroup("secret/1", (1, 2), accept_score=Fraction(30), rule=VerdictRule.WORST, has_grader=True, grader_arguments=("half",))
SECOND = CaseGroup("secret/2", (3, 4), accept_score=Fraction(5), aggregation=Aggregation.MAX, on_reject=OnReject.CONTINUE)
SECRET = CaseGroup("secret", groups=(FIRST, SECOND), has_grader=True, on_reject=OnReject.CONTINUE, max_score=Fraction(100))
TREE = CaseGroup(groups=(CaseGroup("sample", (0,), is_ignored=True), SECRET), on_reject=OnReject.CONTINUE, is_strict=True)
CASES = 5


def result(index: int, verdict: Verdict = AC) -> CaseResult:
    return CaseResult(index, verdict, 10, 1000)


def asked(verdicts: dict[int, Verdict], rulings: Iterable[Ruling], tree: CaseGroup = TREE, *, is_scoring: bool = True) -> tuple[list[int], list[Question], Grade]:
    """Which cases were run, what was asked, what came of it."""
    grading, ran, questions, answers = Grading(tree, CASES, is_scoring=is_scoring), [], [], {one.path: one for one in rulings}
    while not grading.is_over:
        if (question := grading.question) is not None:
            assert grading.next_case is None, "nothing is run before the question is answered"
            assert not grading.is_decided
            questions.append(question)
            grading.rule(answers[question.path])
        elif (index := grading.next_case) is not None:
            ran.append(index)
            grading.record(result(index, verdicts.get(index, AC)))
    return ran, questions, grading.grade()


def test_groups_are_asked_about_from_the_bottom_up_with_a_line_for_each_part_in_judging_order() -> None:
    ran, questions, final = asked({4: WA}, [Ruling("secret/1", AC, Fraction(25, 2)), Ruling("secret", AC, Fraction(40))])
    assert ran == [0, 1, 2, 3, 4]
    assert questions == [
        Question("secret/1", ("half",), ("AC 30", "AC 30")),
        Question("secret", (), ("AC 12.5", "WA 5"), Fraction(100)),
    ]
    assert (final.verdict, final.score) == (Verdict.PA, 40)


def test_what_a_grader_rejects_skips_the_rest_of_the_group_above() -> None:
    strict = CaseGroup("secret", groups=(FIRST, SECOND), has_grader=True)
    tree = CaseGroup(groups=(CaseGroup("sample", (0,)), strict), is_strict=True)
    ran, questions, final = asked({}, [Ruling("secret/1", TLE, Fraction(7)), Ruling("secret", TLE, Fraction(0))], tree)
    assert ran == [0, 1, 2], "the second group is not run"
    assert questions[1].lines == ("TLE 7",), "the score of a group that was rejected is handed on as it was given"
    assert (final.verdict, final.decisive_case) == (TLE, None), "no case of that verdict stands for it"


def test_a_rejected_case_ends_its_group_before_the_grader_is_asked() -> None:
    ran, questions, final = asked({1: RTE}, [Ruling("secret/1", AC, Fraction(1)), Ruling("secret", AC, Fraction(6))])
    assert ran == [0, 1, 3, 4]
    assert questions[0].lines == ("RTE 0",)
    assert (final.verdict, final.score) == (Verdict.PA, 6)


def test_a_grader_decides_pass_fail_problems_too() -> None:
    tree = CaseGroup(groups=(CaseGroup("secret", (0, 1, 2, 3, 4), has_grader=True, on_reject=OnReject.CONTINUE),))
    _, questions, final = asked({2: WA}, [Ruling("secret", AC, Fraction(0))], tree, is_scoring=False)
    assert questions[0].lines == ("AC 1", "AC 1", "WA 0", "AC 1", "AC 1")
    assert (final.verdict, final.score) == (AC, 1)
    _, _, final = asked({2: WA, 3: TLE}, [Ruling("secret", TLE, Fraction(0))], tree, is_scoring=False)
    assert (final.verdict, final.decisive_case) == (TLE, 3)


def test_a_report_without_a_ruling_has_no_grade() -> None:
    results = [result(index) for index in range(CASES)]
    both = (Ruling("secret/1", AC, Fraction(30)), Ruling("secret", AC, Fraction(35)))
    assert grade(TREE, CASES, results, is_scoring=True, rulings=both[:1]) is None
    final = grade(TREE, CASES, results, is_scoring=True, rulings=both)
    assert final is not None
    assert (final.verdict, final.score) == (Verdict.PA, 35)


@pytest.mark.parametrize("ruling", [
    Ruling("secret", AC, Fraction(1)), Ruling("secret/1", VE, Fraction(0)), Ruling("secret/1", AC, Fraction(-1)), Ruling("secret/1", AC, Fraction(10**13)),
])  # fmt: skip
def test_a_ruling_that_was_not_asked_for_or_cannot_stand_is_refused(ruling: Ruling) -> None:
    grading = Grading(TREE, CASES, is_scoring=True)
    for index in range(3):
        grading.record(result(index))
    with pytest.raises(ValueError, match=r"asked|grader|score"):
        grading.rule(ruling)


def test_what_may_be_had_of_a_graded_group_is_what_its_range_says() -> None:
    assert attainable_score(TREE, CASES) == 100
    assert attainable_score(FIRST, 3) is None


@pytest.mark.parametrize(("text", "verdict", "score"), [
    ("AC 12.5\n", AC, Fraction(25, 2)), ("WA 0", WA, Fraction(0)), ("RTE   3.000000 \n", RTE, Fraction(3)), ("AC 1e1\n", AC, Fraction(10)),
])  # fmt: skip
def test_an_answer_is_a_verdict_and_a_score(text: str, verdict: Verdict, score: Fraction) -> None:
    assert read_ruling(Question("secret", (), (), Fraction(100)), text) == Ruling("secret", verdict, score)


@pytest.mark.parametrize(("text", "words"), [
    ("", "wrote ''"), ("AC", "one line"), ("AC 1\nAC 1\n", "one line"), ("OK 1", "one line"), ("AC nan", "one line"), ("JE 0\n", "says JE"),
    ("AC -1\n", "negative"), ("AC 101", "ends at 100"), ("AC " + "9" * 30, "ends at|bounds"), ("AC 1 extra", "one line"),
])  # fmt: skip
def test_anything_else_is_told_to_the_setter(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_ruling(Question("secret", (), (), Fraction(100)), text)


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_scores_with_an_end_are_written_exactly(value: int, places: int) -> None:
    score = Fraction(value, 10**places)
    assert Fraction(written(score)) == score


def test_scores_without_an_end_are_written_near_enough() -> None:
    assert written(Fraction(1, 3)) == "0.333333333333"


def test_rulings_travel() -> None:
    end = AttemptEnd("a", "judged", rulings=(Ruling("secret", AC, Fraction(1, 3)),))
    assert codec.decode(AttemptEnd, codec.encode(end)) == end
