"""What groups can ask for besides sums: verdict rules, worths case by case, requirements, points outright, omegaUp's policies."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contest.grading import Grading, grade
from contest.groups import Aggregation, CaseGroup, OnReject, VerdictRule, attainable_score
from contest.results import CaseResult, Grade
from contest.verdicts import Verdict
from mesh import codec

AC, WA, TLE, PA, VE, JE, RTE = Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.PA, Verdict.VE, Verdict.JE, Verdict.RTE
GO_ON = OnReject.CONTINUE


def case(index: int, verdict: Verdict, score: Fraction | None = None, points: Fraction | None = None) -> CaseResult:
    return CaseResult(index, verdict, 1, 1, score=score, points=points)


def judged(group: CaseGroup, *verdicts: Verdict, is_scoring: bool = True) -> Grade:
    final = grade(group, len(verdicts), [case(index, verdict) for index, verdict in enumerate(verdicts)], is_scoring=is_scoring)
    assert final is not None
    return replace(final, groups=())


@pytest.mark.parametrize(
    ("rule", "verdict", "decisive"), [(VerdictRule.FIRST, WA, 1), (VerdictRule.WORST, RTE, 3), (VerdictRule.ACCEPT, AC, None)]
)
def test_a_pass_fail_run_has_the_verdict_that_the_rule_of_its_root_says(rule: VerdictRule, verdict: Verdict, decisive: int | None) -> None:
    final = judged(CaseGroup(on_reject=GO_ON, rule=rule), AC, WA, TLE, RTE, is_scoring=False)
    assert (final.verdict, final.decisive_case, final.score) == (verdict, decisive, Fraction(verdict is AC))


@pytest.mark.parametrize("spoiling", [VE, JE])
def test_no_rule_hides_an_error_of_the_setters_or_ours(spoiling: Verdict) -> None:
    for group in (CaseGroup(on_reject=GO_ON, rule=VerdictRule.ACCEPT), CaseGroup(on_reject=GO_ON, accepts_any=True)):
        assert judged(group, AC, spoiling, is_scoring=False).verdict is spoiling


def kattis(secret: CaseGroup) -> CaseGroup:
    """A legacy scoring problem: samples ignored, two groups by minimum."""
    groups = tuple(
        CaseGroup(f"secret/{name}", cases, aggregation=Aggregation.MIN, accept_score=Fraction(worth))
        for name, cases, worth in (("1", (1, 2), 30), ("2", (3, 4), 70))
    )
    return CaseGroup(
        groups=(CaseGroup("sample", (0,), is_ignored=True, on_reject=GO_ON), replace(secret, path="secret", groups=groups, on_reject=GO_ON)),
        on_reject=GO_ON, is_strict=True,
    )  # fmt: skip


def test_a_strict_root_gives_points_only_for_what_its_groups_accept() -> None:
    strict, lenient = kattis(CaseGroup()), kattis(CaseGroup(accepts_any=True))
    assert judged(strict, AC, AC, AC, WA, AC) == Grade(WA, Fraction(0), 1, 1, 3)
    assert judged(lenient, AC, AC, AC, WA, AC) == Grade(PA, Fraction(30), 1, 1, 3)
    assert judged(lenient, WA, AC, AC, AC, AC) == Grade(AC, Fraction(100), 1, 1)
    assert judged(lenient, AC, WA, AC, TLE, AC) == Grade(WA, Fraction(0), 1, 1, 1)
    assert judged(kattis(CaseGroup(rule=VerdictRule.ACCEPT)), AC, WA, AC, AC, AC).score == 70


def test_a_group_that_accepts_does_not_break_its_parent() -> None:
    inner = CaseGroup("a", (0, 1), accepts_any=True, on_reject=GO_ON)
    grading = Grading(CaseGroup(groups=(inner, CaseGroup("b", (2,)))), 3, is_scoring=True)
    for index, verdict in enumerate((WA, AC)):
        grading.record(case(index, verdict))
    assert grading.next_case == 2


def test_a_group_is_run_only_after_those_that_it_requires() -> None:
    first = CaseGroup("secret/1", (0, 1), aggregation=Aggregation.PASS, max_score=Fraction(30))
    second = CaseGroup("secret/2", (2, 3), on_reject=GO_ON, accept_score=Fraction(35), requires=("secret/1",))
    tree = CaseGroup(groups=(first, second), on_reject=GO_ON)
    assert attainable_score(tree, 4) == 100
    grading = Grading(tree, 4, is_scoring=True)
    grading.record(case(0, WA))
    assert grading.next_case is None
    assert replace(grading.grade(), groups=()) == Grade(WA, Fraction(0), 1, 1, 0)
    assert judged(tree, AC, AC, WA, AC) == Grade(PA, Fraction(65), 1, 1, 2)
    third = CaseGroup("secret/3", (4,), requires=("secret/2",))
    chained = replace(tree, groups=(first, second, third))
    assert judged(chained, AC, WA, AC, AC, AC).score == 0, "what was not run has not been passed"


@pytest.mark.parametrize(
    ("policy", "score"), [(Aggregation.SUM, 40), (Aggregation.SUM_IF_NOT_ZERO, 0), (Aggregation.LEAST_SHARE, 0), (Aggregation.PASS, 0)]
)
def test_a_group_counts_only_when_every_case_of_it_passes(policy: Aggregation, score: int) -> None:
    group = CaseGroup(cases=(0, 1, 2), aggregation=policy, case_scores=(Fraction(10), Fraction(30), Fraction(60)), on_reject=GO_ON)
    group = replace(group, max_score=Fraction(100))
    assert attainable_score(group, 3) == 100
    assert judged(group, AC, AC, WA).score == score
    assert judged(group, AC, AC, AC) == Grade(AC, Fraction(100), 1, 1)


def test_the_least_share_weighs_the_whole_group() -> None:
    group = CaseGroup(cases=(0, 1), aggregation=Aggregation.LEAST_SHARE, case_scores=(Fraction(10), Fraction(30)))
    final = grade(group, 2, [case(0, PA, Fraction(1, 2)), case(1, PA, Fraction(3, 4))], is_scoring=True)
    assert final is not None
    assert (final.verdict, final.score) == (PA, Fraction(20))
    summed = grade(replace(group, aggregation=Aggregation.SUM_IF_NOT_ZERO), 2, [case(0, PA, Fraction(1, 2)), case(1, AC)], is_scoring=True)
    assert summed is not None
    assert summed.score == 35


def test_points_outright_take_the_place_of_a_cases_worth() -> None:
    group = CaseGroup(gives_points=True)
    assert attainable_score(group, 2) is None
    final = grade(group, 2, [case(0, AC, points=Fraction(7)), case(1, AC, points=Fraction(250))], is_scoring=True)
    assert final == Grade(AC, Fraction(257), 1, 1)
    bounded = CaseGroup(gives_points=True, max_score=Fraction(100))
    assert attainable_score(bounded, 2) == 100
    part = grade(bounded, 2, [case(0, AC, points=Fraction(7)), case(1, AC, points=Fraction(50))], is_scoring=True)
    assert part == Grade(PA, Fraction(57), 1, 1)


@pytest.mark.parametrize(
    ("group", "result", "why"),
    [
        (CaseGroup(gives_points=True, is_exact=True), case(0, AC), "gives none"),
        (CaseGroup(gives_points=True, is_exact=True), case(0, AC, Fraction(1, 2)), "gives none"),
        (CaseGroup(accept_score=Fraction(5), is_exact=True), case(0, AC, points=Fraction(6)), "a score of 6, and at most 5"),
        (CaseGroup(aggregation=Aggregation.PASS, max_score=Fraction(5), is_exact=True), case(0, AC, Fraction(1, 2)), "pass or fail"),
        (CaseGroup("g1", accept_score=Fraction(6), max_score=Fraction(5), is_exact=True), case(0, AC), "g1 comes to a score of 6, and may have at most 5"),
    ],
)
def test_points_that_an_exact_group_cannot_have_are_the_setters_error(group: CaseGroup, result: CaseResult, why: str) -> None:
    final = grade(group, 1, [result], is_scoring=True)
    assert final is not None
    assert replace(final, why="") == Grade(VE, Fraction(0), 1, 1, 0)
    assert why in final.why
    lenient = grade(replace(group, is_exact=False), 1, [result], is_scoring=True)
    assert lenient is not None
    assert lenient.verdict is not VE


def test_points_below_zero_and_worths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="below 0"):
        Grading(CaseGroup(), 1, is_scoring=True).record(case(0, AC, points=Fraction(-1)))
    with pytest.raises(ValueError, match="2 scores for 1 cases"):
        Grading(CaseGroup("a", (0,), case_scores=(Fraction(1), Fraction(2))), 1, is_scoring=True)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[CaseGroup, int]:
    """Groups in a row, as formats make them, each with rules of its own; later ones may require earlier ones."""
    groups: list[CaseGroup] = []
    count = 0
    for number in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 3))
        groups.append(
            CaseGroup(
                f"g{number}", tuple(range(count, count + size)), aggregation=draw(st.sampled_from(Aggregation)),
                on_reject=draw(st.sampled_from(OnReject)), max_score=draw(st.sampled_from((None, Fraction(2), Fraction(5)))),
                case_scores=draw(st.sampled_from(((), tuple(Fraction(place + 1) for place in range(size))))),
                rule=draw(st.sampled_from(VerdictRule)), accepts_any=draw(st.booleans()), is_ignored=draw(st.booleans()),
                requires=tuple(one.path for one in groups if draw(st.integers(0, 3)) == 0),
            )
        )  # fmt: skip
        count += size
    root = CaseGroup(
        groups=tuple(groups), on_reject=draw(st.sampled_from(OnReject)), rule=draw(st.sampled_from(VerdictRule)),
        accepts_any=draw(st.booleans()), is_strict=draw(st.booleans()), aggregation=draw(st.sampled_from((Aggregation.SUM, Aggregation.MIN))),
    )  # fmt: skip
    return root, count


@given(worlds(), st.data(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_early_stops_never_change_a_grade(world: tuple[CaseGroup, int], data: st.DataObject, is_scoring: bool) -> None:
    group, count = world
    verdicts = data.draw(st.lists(st.sampled_from((AC, AC, WA, TLE, PA, VE)), min_size=count, max_size=count))
    lazy = Grading(group, count, is_scoring=is_scoring)
    ran = []
    while (index := lazy.next_case) is not None:
        ran.append(index)
        lazy.record(case(index, verdicts[index]))
    assert ran == sorted(ran)
    eager = grade(group, count, data.draw(st.permutations([case(index, one) for index, one in enumerate(verdicts)])), is_scoring=is_scoring)
    assert eager == lazy.grade()
    best = attainable_score(group, count)
    assert eager is not None
    assert best is not None
    assert 0 <= eager.score <= max(best, 1)
    if ran:
        assert grade(group, count, [case(index, verdicts[index]) for index in ran[:-1]], is_scoring=is_scoring) is None


@given(worlds(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_program_that_every_case_accepts_gets_all_there_is(world: tuple[CaseGroup, int], is_scoring: bool) -> None:
    group, count = world
    final = judged(group, *[AC] * count, is_scoring=is_scoring)
    assert (final.verdict, final.score) == (AC, attainable_score(group, count) if is_scoring else 1)


def test_a_tree_of_policies_survives_the_wire() -> None:
    tree = kattis(CaseGroup(accepts_any=True, requires=("sample",), case_scores=(), gives_points=True))
    assert codec.decode(CaseGroup, codec.encode(tree)) == tree


@pytest.mark.parametrize(("shares", "score"), [((1, 1, 1), 40), ((1, Fraction(1, 2), Fraction(1, 2)), 10), ((1, 1, 0), 0)])
def test_shares_of_cms_group_mul_are_multiplied(shares: tuple[int | Fraction, ...], score: int) -> None:
    group = CaseGroup(cases=(0, 1, 2), aggregation=Aggregation.PRODUCT, accept_score=Fraction(40))
    verdicts = [AC if share == 1 else PA if share else WA for share in shares]
    final = grade(group, 3, [case(index, verdicts[index], Fraction(share)) for index, share in enumerate(shares)], is_scoring=True)
    assert attainable_score(group, 3) == 40
    assert final is not None
    assert final.score == score
