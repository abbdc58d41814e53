"""What the runs of a trial amount to: what the setter is told of his submissions and of the time limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from contest.results import CaseResult
from contest.verdicts import Verdict
from services.grader.appraisal import (
    Appraised, Tried, appraise, evidence_of, exceeding_ms, findings_of, in_order, may_exceed, measured_ms, rule_of, state_of,
)  # fmt: skip
from tests.services.grader.cases import manifest
from wire.commands import RecordVerdict
from wire.judging import Program
from wire.problems import ExpectedSubmission, Finding
from wire.verification import FAILED, PASSED, POSTPONED, WARNED, LimitRule, PackageTrial

RULE = LimitRule()
LIMIT_MS = 1000
GOOD = "submissions/accepted/good.cpp"
SLOW = "submissions/time_limit_exceeded/slow.cpp"
BAD = "submissions/wrong_answer/bad.cpp"


def one(path: str, *expected: str, **bounds: Any) -> ExpectedSubmission:
    return ExpectedSubmission(path, "cpp", "int main(){}", expected, **bounds)


def judged(submission: ExpectedSubmission, *cases: tuple[Verdict, int], verdict: Verdict | None = None, score: int = 0) -> Tried:
    """The run of a submission: each case's verdict and time."""
    results = tuple(CaseResult(index, of, time_ms, 1 << 20, message=f"case {index}") for index, (of, time_ms) in enumerate(cases))
    bad = next((result for result in results if result.verdict is not Verdict.AC), None)
    of = verdict or (bad.verdict if bad is not None else Verdict.AC)
    body = RecordVerdict(
        "s", "r", "a", "v1", of, Fraction(score or of is Verdict.AC), max((time for _, time in cases), default=0), 1 << 20, results,
        decisive_case=bad.index if bad is not None else None,
    )  # fmt: skip
    return Tried(submission, body)


def look(*tried: Tried) -> tuple[list[Appraised], list[Finding]]:
    appraised = [appraise(manifest(), RULE, each) for each in tried]
    return appraised, findings_of(appraised, evidence_of(manifest(), RULE, appraised), is_provisional=False)


def codes(findings: Sequence[Finding], severity: str = "") -> list[str]:
    return [finding.code for finding in findings if severity in {"", finding.severity}]


AC = Verdict.AC
FINE = (
    judged(one(GOOD, "AC"), (AC, 100), (AC, 300), (AC, 200)),
    judged(one(BAD, "WA"), (AC, 100), (Verdict.WA, 100)),
    judged(one(SLOW, "TLE"), (AC, 100), (Verdict.TLE, 1500)),
)


def test_package_that_keeps_its_promises_passes() -> None:
    appraised, findings = look(*FINE)
    assert findings == []
    assert state_of(findings) == PASSED
    assert [each.report.slowest_case for each in appraised] == ["secret/1", "secret/0", "secret/1"]
    assert all(each.report.is_allowed for each in appraised)


@pytest.mark.parametrize(("submission", "cases"), [
    (one(GOOD, "AC"), [(AC, 10), (Verdict.WA, 20)]),
    (one(GOOD, "AC"), [(Verdict.TLE, 1000)]),
    (one(BAD, "WA"), [(AC, 10), (AC, 20), (AC, 30)]),
    (one(BAD, "WA"), [(Verdict.RTE, 20)]),
    (one(SLOW, "TLE"), [(AC, 900), (AC, 20), (AC, 30)]),
    (one(SLOW, "TLE"), [(Verdict.WA, 900)]),
])  # fmt: skip
def test_verdict_that_the_setter_does_not_allow_is_an_error_with_path_and_case(
    submission: ExpectedSubmission, cases: list[tuple[Verdict, int]]
) -> None:
    appraised, findings = look(judged(submission, *cases))
    (found,) = [finding for finding in findings if finding.code == "submission-unexpected"]
    assert (found.severity, found.path, appraised[0].report.is_allowed) == ("error", submission.path, False)
    assert f"got {appraised[0].report.verdict.value}, expected {submission.expected[0]}" in found.message
    assert "secret/" in found.message
    assert state_of(findings) == FAILED


def test_any_of_several_verdicts_is_allowed() -> None:
    _, findings = look(*FINE, judged(one("submissions/rejected/x.cpp", "WA", "RTE"), (Verdict.RTE, 5)))
    assert findings == []


def test_slow_submission_is_seen_at_the_limit_though_it_was_given_more_time() -> None:
    """It ends right within the time that it is given: TLE by the limit, which is too near to it."""
    appraised, findings = look(*FINE[:2], judged(one(SLOW, "TLE"), (AC, 100), (AC, 1200), (AC, 100)))
    report = appraised[-1].report
    assert (report.verdict, report.is_allowed, report.time_ms, report.slowest_case) == (Verdict.TLE, True, 1200, "secret/1")
    assert codes(findings, "warning") == ["limit-too-loose"]
    assert "1.2 s" in findings[0].message


def test_who_is_stopped_with_more_time_is_not_too_near() -> None:
    _, findings = look(*FINE[:2], judged(one(SLOW, "TLE"), (Verdict.TLE, 1500)))
    assert findings == []


def test_who_is_stopped_by_the_clock_needs_at_least_what_he_was_given() -> None:
    """On a machine that is busy with others he gets little CPU time before the clock runs out."""
    appraised, findings = look(*FINE[:2], judged(one(SLOW, "TLE"), (Verdict.TLE, 700)))
    assert findings == []
    assert evidence_of(manifest(), RULE, appraised).fastest_exceeding_ms == 1500


def test_a_wrong_answer_after_the_limit_is_too_late() -> None:
    appraised, _ = look(judged(one("submissions/mixed/x.cpp", "WA", "TLE"), (AC, 10), (Verdict.WA, 1100)))
    assert appraised[0].report.verdict is Verdict.TLE


def test_accepted_submission_near_the_limit_is_a_warning() -> None:
    _, findings = look(judged(one(GOOD, "AC"), (AC, 501), (AC, 10), (AC, 10)), *FINE[1:])
    assert codes(findings) == ["limit-too-tight"]
    assert (findings[0].path, state_of(findings)) == (GOOD, WARNED)
    _, findings = look(judged(one(GOOD, "AC"), (AC, 500), (AC, 10), (AC, 10)), *FINE[1:])
    assert findings == []


@pytest.mark.parametrize("use", ["lower", ""])
def test_a_scoring_problem_has_a_measured_limit_and_one_that_can_be_too_tight(use: str) -> None:
    """What shall be accepted may get some of the points there: AC is not all that it may get."""
    good, slow = one(GOOD, "AC", "PA", limit_use=use), one(SLOW, "TLE", "PA", limit_use="upper")
    appraised, findings = look(judged(good, (AC, 700), (AC, 10)), judged(slow, (AC, 100), (AC, 1200), verdict=Verdict.PA))
    evidence = evidence_of(manifest(), RULE, appraised)
    assert (evidence.slowest_accepted, evidence.slowest_accepted_ms, evidence.measured_ms) == (GOOD, 700, 2000)
    assert (evidence.fastest_exceeding, evidence.fastest_exceeding_ms) == (SLOW, 1200)
    assert codes(findings, "warning") == ["limit-too-tight", "limit-too-loose"]
    assert "no-accepted-submission" not in codes(findings)


def test_what_the_package_states_of_a_submission_and_the_limit_holds() -> None:
    unused, wrong = one(GOOD, "AC", limit_use="none"), one(BAD, "WA", limit_use="lower")
    appraised, findings = look(judged(unused, (AC, 900)), judged(wrong, (Verdict.WA, 600)))
    assert evidence_of(manifest(), RULE, appraised).slowest_accepted == BAD
    assert [(each.code, each.path) for each in findings if each.severity == "warning"] == [("limit-too-tight", BAD)]


def test_limit_that_is_stated_below_a_generous_rule_is_only_a_hint() -> None:
    rule = LimitRule(accepted_multiplier=Fraction(5))
    appraised = [appraise(manifest(), rule, each) for each in (judged(one(GOOD, "AC"), (AC, 300), (AC, 10), (AC, 10)), *FINE[1:])]
    findings = findings_of(appraised, evidence_of(manifest(), rule, appraised), is_provisional=False)
    assert [(each.code, each.severity) for each in findings] == [("limit-below-rule", "hint")]


def test_points_outside_their_bounds_are_an_error() -> None:
    inside = one("submissions/partially_accepted/x.cpp", "PA", least_score=Fraction(30), most_score=Fraction(50))
    assert appraise(manifest(), RULE, judged(inside, (AC, 1), verdict=Verdict.PA, score=40)).report.is_allowed
    outside = appraise(manifest(), RULE, judged(inside, (AC, 1), verdict=Verdict.PA, score=60))
    (found,) = [each for each in look(judged(inside, (AC, 1), verdict=Verdict.PA, score=60))[1] if each.severity == "error"]
    assert not outside.report.is_allowed
    assert "60 points" in found.message


def test_error_of_ours_is_not_the_packages_fault() -> None:
    _, findings = look(*FINE, judged(one("submissions/accepted/x.cpp", "AC"), (Verdict.JE, 0)))
    assert (codes(findings), state_of(findings)) == (["trial-broken"], WARNED)
    _, findings = look(*FINE, replace(judged(one("submissions/accepted/x.kt", "AC"), (Verdict.JE, 0)), is_lacking=True))
    assert (codes(findings), state_of(findings)) == (["language-missing"], WARNED)


def test_a_report_with_something_left_out_is_postponed_unless_it_failed() -> None:
    _, findings = look(*FINE, replace(judged(one("submissions/accepted/x.cpp", "AC"), (Verdict.JE, 0)), is_put_off=True))
    assert (codes(findings), state_of(findings)) == (["put-off"], POSTPONED)
    assert state_of([*findings, Finding("error", "input-invalid", "data/secret/1.in", "no")]) == FAILED


def test_package_without_submissions_shows_nothing() -> None:
    _, findings = look()
    assert codes(findings) == ["no-accepted-submission"]
    assert state_of(findings) == WARNED


def test_what_the_package_could_have_besides_is_only_a_hint() -> None:
    _, findings = look(FINE[0])
    assert codes(findings, "hint") == ["no-submission-exceeds", "no-submission-wrong"]
    appraised, _ = look(FINE[0])
    unlimited = findings_of(appraised, evidence_of(manifest(), RULE, appraised), is_provisional=False, has_limit=False)
    assert codes(unlimited, "hint") == ["no-submission-wrong"], "outputs that are handed in meet no limit"
    assert state_of(findings) == PASSED


def test_what_the_limit_rests_on_is_shown() -> None:
    appraised, _ = look(*FINE, judged(one("submissions/accepted/other.py", "AC"), (AC, 400), (AC, 1), (AC, 1)))
    evidence = evidence_of(manifest(), RULE, appraised)
    assert (evidence.slowest_accepted, evidence.slowest_accepted_ms) == ("submissions/accepted/other.py", 400)
    assert (evidence.fastest_exceeding, evidence.fastest_exceeding_ms) == (SLOW, 1500)
    assert (evidence.limit_ms, evidence.measured_ms) == (LIMIT_MS, 1000)


@pytest.mark.parametrize(("slowest_ms", "step_ms", "multiplier", "limit_ms"), [
    (0, 1000, Fraction(2), 1000), (1, 1000, Fraction(2), 1000), (500, 1000, Fraction(2), 1000), (501, 1000, Fraction(2), 2000),
    (1234, 100, Fraction(3, 2), 1900), (1000, 1, Fraction(5), 5000),
])  # fmt: skip
def test_measured_limit_is_the_slowest_times_the_multiplier_up_to_a_step(slowest_ms: int, step_ms: int, multiplier: Fraction, limit_ms: int) -> None:
    assert measured_ms(LimitRule(accepted_multiplier=multiplier, step_ms=step_ms), slowest_ms) == limit_ms


def test_only_what_may_exceed_is_given_more_time() -> None:
    assert exceeding_ms(RULE, 1001) == 1502
    assert [may_exceed(one("x", *expected)) for expected in (("TLE",), ("WA", "TLE"), ("AC",), ())] == [True, True, False, False]


def test_findings_are_bounded_and_the_worst_come_first() -> None:
    many = [Finding("hint", "h", "p" * 500, "m" * 5000)] * 150 + [Finding("warning", "w", "", "")] * 150 + [Finding("error", "e", "", "")]
    kept = in_order(many)
    assert len(kept) == 201
    assert [kept[0].code, kept[1].code, kept[-1].code] == ["e", "w", "more-findings"]
    assert max(len(finding.message) for finding in kept) <= 1000


def test_a_package_with_its_own_grader_is_given_no_more_time_than_the_limit() -> None:
    made = replace(manifest(), grader=Program("python3", ()))
    rule = rule_of(PackageTrial(made, (), (), RULE))
    assert exceeding_ms(rule, LIMIT_MS) == LIMIT_MS
    assert rule_of(PackageTrial(manifest(), (), (), RULE)) == RULE
    slow = judged(one(SLOW, "TLE"), (Verdict.AC, 10), (Verdict.TLE, LIMIT_MS), verdict=Verdict.WA)
    assert appraise(made, rule, slow).report.verdict is Verdict.WA, "what its grader said, not what another would"
