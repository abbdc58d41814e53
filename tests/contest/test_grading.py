"""What a run is worth: pass-fail by the first rejected case, scoring over a tree of groups, exactly; and what is run next."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contest.grading import Grading, grade
from contest.groups import Aggregation, CaseGroup, OnReject, attainable_score
from contest.results import CaseResult, Grade
from contest.verdicts import Verdict
from mesh import codec

AC, WA, TLE, PA, VE, JE, RTE = Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.PA, Verdict.VE, Verdict.JE, Verdict.RTE
ROOT = CaseGroup()


def results(*verdicts: Verdict | tuple[Verdict, Fraction]) -> list[CaseResult]:
    parts = [(one, None) if isinstance(one, Verdict) else one for one in verdicts]
    return [CaseResult(index, verdict, 10 + index, 1000 - index, score=score) for index, (verdict, score) in enumerate(parts)]


@pytest.mark.parametrize(
    ("verdicts", "verdict", "decisive"),
    [
        ((AC, AC, AC), AC, None),
        ((AC, WA), WA, 1),
        ((AC, TLE, WA), TLE, 1),
        ((WA, VE, AC), WA, 0),
        ((VE,), VE, 0),
        ((AC, JE), JE, 1),
    ],
)
def test_pass_fail_has_the_verdict_of_the_first_rejected_case(verdicts: tuple[Verdict, ...], verdict: Verdict, decisive: int | None) -> None:
    final = grade(ROOT, 3, results(*verdicts), is_scoring=False)
    assert final is not None
    assert (final.verdict, final.score, final.decisive_case) == (verdict, Fraction(verdict is AC), decisive)


def test_time_and_memory_are_the_largest_of_the_cases_that_count() -> None:
    assert grade(ROOT, 3, results(AC, WA, AC), is_scoring=False) == Grade(WA, Fraction(0), 11, 1000, 1)


def test_attempt_with_a_missing_case_has_no_grade() -> None:
    assert grade(ROOT, 3, results(AC, AC), is_scoring=False) is None
    assert grade(ROOT, 3, results(AC, WA), is_scoring=False) is not None


def test_problem_without_cases_accepts_everything() -> None:
    assert grade(ROOT, 0, [], is_scoring=False) == Grade(AC, Fraction(1), 0, 0)


def subtasks(on_reject: OnReject, aggregation: Aggregation = Aggregation.MIN) -> CaseGroup:
    first = CaseGroup("secret/1", (1, 2), aggregation=aggregation, accept_score=Fraction(30), on_reject=on_reject)
    second = CaseGroup("secret/2", (3, 4), aggregation=aggregation, accept_score=Fraction(70), on_reject=on_reject)
    sample = CaseGroup("sample", (0,), accept_score=Fraction(0))
    return CaseGroup(groups=(sample, first, second), on_reject=OnReject.CONTINUE)


@pytest.mark.parametrize(
    ("verdicts", "verdict", "score", "decisive"),
    [
        ((AC, AC, AC, AC, AC), AC, 100, None),
        ((WA, AC, AC, AC, AC), AC, 100, None),  # samples are worth nothing here
        ((AC, WA, AC, AC, AC), PA, 70, 1),
        ((AC, AC, AC, AC, TLE), PA, 30, 4),
        ((AC, WA, AC, TLE, AC), WA, 0, 1),
        ((AC, AC, AC, VE, AC), VE, 0, 3),  # who trusts 30 points of a broken checker?
        ((AC, WA, AC, JE, AC), JE, 0, 3),
    ],
)
def test_subtasks_by_minimum(verdicts: tuple[Verdict, ...], verdict: Verdict, score: int, decisive: int | None) -> None:
    final = grade(subtasks(OnReject.BREAK), 5, results(*verdicts), is_scoring=True)
    assert final is not None
    assert (final.verdict, final.score, final.decisive_case) == (verdict, score, decisive)


def test_what_each_subtask_came_to_is_told() -> None:
    final = grade(subtasks(OnReject.BREAK), 5, results(AC, AC, AC, TLE, AC), is_scoring=True)
    assert final is not None
    told = [(one.path, one.verdict, one.score, one.max_score, one.judged_count, one.case_count) for one in final.groups]
    assert told == [("sample", AC, 0, 0, 1, 1), ("secret/1", AC, 30, 30, 2, 2), ("secret/2", TLE, 0, 70, 1, 2)]
    inner = CaseGroup("secret", groups=subtasks(OnReject.BREAK).groups[1:], on_reject=OnReject.BREAK)
    nested = grade(CaseGroup(groups=(CaseGroup("sample", (0,), accept_score=Fraction(0)), inner)), 5, results(AC, WA, AC, AC, AC), is_scoring=True)
    assert nested is not None
    assert [(one.path, one.verdict) for one in nested.groups] == [("sample", AC), ("secret", WA), ("secret/1", WA), ("secret/2", None)]
    passed = grade(subtasks(OnReject.BREAK), 5, results(AC, AC, AC, AC, AC), is_scoring=False)
    assert passed is not None
    assert passed.groups == (), "a problem that knows no points"


@pytest.mark.parametrize(
    ("aggregation", "score"),
    [(Aggregation.SUM, Fraction(25, 2)), (Aggregation.MIN, Fraction(0)), (Aggregation.MAX, Fraction(10)), (Aggregation.AVG, Fraction(25, 6))],
)
def test_every_aggregation_is_exact(aggregation: Aggregation, score: Fraction) -> None:
    group = CaseGroup(aggregation=aggregation, accept_score=Fraction(10), on_reject=OnReject.CONTINUE)
    final = grade(group, 3, results(AC, WA, (PA, Fraction(1, 4))), is_scoring=True)
    assert final is not None
    assert final.score == score


def test_scores_of_a_scoring_validator_weigh_the_case() -> None:
    thirds = CaseGroup(accept_score=Fraction(1, 3), on_reject=OnReject.CONTINUE)
    final = grade(thirds, 3, results((AC, Fraction(1)), (AC, Fraction(1, 2)), PA), is_scoring=True)
    assert final == Grade(PA, Fraction(1, 2), 12, 1000, 2)


def test_problem_worth_nothing_is_accepted_only_by_programs_that_are_right() -> None:
    worthless = CaseGroup(accept_score=Fraction(0))
    right, wrong = (grade(worthless, 2, results(AC, verdict), is_scoring=True) for verdict in (AC, WA))
    assert right is not None
    assert wrong is not None
    assert (right.verdict, wrong.verdict) == (AC, WA)


def test_group_is_capped_at_its_largest_score() -> None:
    group = CaseGroup(max_score=Fraction(5), accept_score=Fraction(3))
    assert attainable_score(group, 2) == 5
    final = grade(group, 2, results(AC, AC), is_scoring=True)
    assert final == Grade(AC, Fraction(5), 11, 1000)


def test_results_beyond_a_break_never_count() -> None:
    group = CaseGroup(aggregation=Aggregation.SUM)
    eager = grade(group, 4, results(AC, WA, AC, JE), is_scoring=True)
    assert eager == grade(group, 4, results(AC, WA), is_scoring=True) == Grade(PA, Fraction(1), 11, 1000, 1)


def run_order(group: CaseGroup, verdicts: list[Verdict], *, is_scoring: bool) -> list[int]:
    grading, order = Grading(group, len(verdicts), is_scoring=is_scoring), []
    while (index := grading.next_case) is not None:
        order.append(index)
        grading.record(CaseResult(index, verdicts[index], 1, 1))
    return order


@pytest.mark.parametrize(
    ("group", "verdicts", "order"),
    [
        (ROOT, [AC, WA, AC], [0, 1]),
        (CaseGroup(on_reject=OnReject.CONTINUE), [WA, WA, AC], [0, 1, 2]),
        (subtasks(OnReject.BREAK), [AC, WA, AC, WA, AC], [0, 1, 3]),
        (subtasks(OnReject.CONTINUE), [AC, WA, AC, WA, AC], [0, 1, 2, 3, 4]),
        # a group that goes on is rejected when it ends, and only then does its parent break
        (CaseGroup(groups=(CaseGroup("a", (0, 1), on_reject=OnReject.CONTINUE), CaseGroup("b", (2,)))), [WA, AC, AC], [0, 1]),
        (CaseGroup(groups=(CaseGroup("a", (0, 2)), CaseGroup("b", (1, 3))), on_reject=OnReject.CONTINUE), [WA, AC, AC, AC], [0, 1, 3]),
        (CaseGroup(groups=(CaseGroup("a", groups=(CaseGroup("a/x", (0, 1)),)), CaseGroup("b", (2,)))), [WA, AC, AC], [0]),
        (CaseGroup(groups=(CaseGroup("a", (0,)),), on_reject=OnReject.CONTINUE), [WA, AC], [0, 1]),
    ],
)
def test_rejection_skips_the_rest_of_a_group_that_breaks(group: CaseGroup, verdicts: list[Verdict], order: list[int]) -> None:
    assert run_order(group, verdicts, is_scoring=True) == order


def test_pass_fail_is_decided_before_the_last_case_that_the_setter_wants_run() -> None:
    grading = Grading(CaseGroup(on_reject=OnReject.CONTINUE), 3, is_scoring=False)
    assert not grading.is_decided
    grading.record(CaseResult(0, WA, 1, 1))
    assert grading.is_decided
    assert grading.next_case == 1


@pytest.mark.parametrize("group", [CaseGroup(cases=(0, 0)), CaseGroup(cases=(2,)), CaseGroup(cases=(-1,))])
def test_tree_that_does_not_fit_the_cases_is_refused(group: CaseGroup) -> None:
    with pytest.raises(ValueError, match="at most once"):
        Grading(group, 2, is_scoring=True)


@pytest.mark.parametrize("result", [CaseResult(2, AC, 1, 1), CaseResult(-1, AC, 1, 1), CaseResult(0, AC, 1, 1, score=Fraction(9, 8))])
def test_result_that_cannot_be_is_refused(result: CaseResult) -> None:
    with pytest.raises(ValueError, match=r"case"):
        Grading(ROOT, 2, is_scoring=True).record(result)


def test_group_tree_survives_the_wire() -> None:
    tree = subtasks(OnReject.CONTINUE, Aggregation.AVG)
    assert codec.decode(CaseGroup, codec.encode(tree)) == tree


@st.composite
def trees(draw: st.DrawFn) -> tuple[CaseGroup, int]:
    count = draw(st.integers(1, 8))
    indices = draw(st.permutations(range(count)))

    def group(path: str, own: list[int], depth: int) -> CaseGroup:
        cut = draw(st.integers(0, len(own)))
        inner = () if depth == 0 or cut == len(own) else (group(path + "/x", own[cut:], depth - 1),)
        return CaseGroup(path, tuple(own[:cut] if inner else own), inner, draw(st.sampled_from(Aggregation)), Fraction(draw(st.integers(0, 9))),
                         on_reject=draw(st.sampled_from(OnReject)))  # fmt: skip

    return group("", list(indices), 2), count


@given(trees(), st.data(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_grade_depends_neither_on_order_of_reports_nor_on_eagerness(tree: tuple[CaseGroup, int], data: st.DataObject, is_scoring: bool) -> None:
    group, count = tree
    verdicts = data.draw(st.lists(st.sampled_from((AC, AC, WA, PA, VE)), min_size=count, max_size=count))
    lazy = [CaseResult(index, verdicts[index], index, index) for index in run_order(group, verdicts, is_scoring=is_scoring)]
    eager = data.draw(st.permutations([CaseResult(index, verdict, index, index) for index, verdict in enumerate(verdicts)]))
    final = grade(group, count, lazy, is_scoring=is_scoring)
    assert final is not None
    assert final == grade(group, count, eager, is_scoring=is_scoring)
    assert 0 <= final.score <= (attainable_score(group, count) if is_scoring else 1)
    assert grade(group, count, lazy[:-1], is_scoring=is_scoring) is None


@given(trees(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_program_that_every_case_accepts_is_accepted_with_full_score(tree: tuple[CaseGroup, int], is_scoring: bool) -> None:
    group, count = tree
    final = grade(group, count, [CaseResult(index, AC, 1, 1) for index in range(count)], is_scoring=is_scoring)
    assert final is not None
    assert replace(final, groups=()) == Grade(AC, attainable_score(group, count) if is_scoring else Fraction(1), 1, 1)
