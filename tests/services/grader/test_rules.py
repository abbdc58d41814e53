"""What submissions.yaml asks of single cases and groups: whether it holds, and what the time limit rests on then."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from contest.groups import Aggregation, CaseGroup, OnReject
from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from services.grader.appraisal import appraise, evidence_of, findings_of
from services.grader.rules import broken_rules, to_the_end
from tests.services.grader.test_appraisal import RULE, judged, one
from wire.judging import Checker, JudgingManifest
from wire.manifest import TestCase as Case
from wire.problems import CaseRule

AC, WA, TLE = Verdict.AC, Verdict.WA, Verdict.TLE
FIRST, SECOND = ((0, 1),), ((2, 3),)
MINE = "submissions/mine/x.cpp"


def manifest() -> JudgingManifest:
    """Two groups of two cases, worth 30 and 70; the second is not run unless the first is passed."""
    cases = tuple(Case(f"secret/{group}/{name}", "0" * 64, "0" * 64, 0, 0) for group in ("1", "2") for name in ("a", "b"))
    groups = CaseGroup(groups=(CaseGroup("secret", groups=(
        CaseGroup("secret/1", (0, 1), aggregation=Aggregation.PASS, max_score=Fraction(30)),
        CaseGroup("secret/2", (2, 3), aggregation=Aggregation.SUM, accept_score=Fraction(35), max_score=Fraction(70), requires=("secret/1",)),
    )),))  # fmt: skip
    return JudgingManifest("apples", "v1", Limits(cpu_ms=1000), cases, Checker(), groups, is_scoring=True)


def results(*verdicts: Verdict) -> list[CaseResult]:
    return [CaseResult(index, verdict, 10, 0, message=f"says {index}") for index, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(("rule", "verdicts", "why"), [
    (CaseRule("secret/1", FIRST, ("AC",)), (AC, AC, WA, AC), ""),
    (CaseRule("secret/1", FIRST, ("AC",)), (AC, WA), "every case in secret/1 must be AC, and not so is secret/1/b (WA)"),
    (CaseRule("secret/2", SECOND, ("AC",)), (AC, WA), "not so is secret/2/a (not run), secret/2/b (not run)"),
    (CaseRule("secret/2", SECOND, required=("TLE",)), (AC, AC, WA, AC), "no case in secret/2 is TLE"),
    (CaseRule("secret/2", SECOND, required=("TLE",)), (AC, AC, WA, TLE), ""),
    (CaseRule("secret/2", SECOND, required=("TLE", "WA")), (AC, WA), ""),
    (CaseRule("", ((0, 3),), message="says 3"), (AC, AC, AC, WA), ""),
    (CaseRule("", ((0, 3),), message="nothing"), (AC, AC, AC, WA), "says of no case 'nothing'"),
    (CaseRule("secret/2", SECOND, group="secret/2", least_score=Fraction(35), most_score=Fraction(35)), (AC, AC, WA, AC), ""),
    (CaseRule("secret/2", SECOND, group="secret/2", least_score=Fraction(35), most_score=Fraction(35)), (AC, AC, AC, AC), "secret/2 is worth 70 points, and must be worth 35"),
    (CaseRule("secret/1", FIRST, group="secret/1", least_score=Fraction(1), most_score=Fraction(30)), (AC, WA), "secret/1 is worth 0 points, and must be worth 1 to 30"),
])  # fmt: skip
def test_rule_about_some_cases_holds_or_is_told_with_its_cases(rule: CaseRule, verdicts: tuple[Verdict, ...], why: str) -> None:
    found = broken_rules(manifest(), (rule,), results(*verdicts))
    assert [why in said for said in found] == ([True] if why else []), found


def test_a_run_to_the_end_goes_on_behind_what_is_rejected() -> None:
    changed = to_the_end(manifest()).groups
    assert {group.on_reject for group in (changed, *changed.groups, *changed.groups[0].groups)} == {OnReject.CONTINUE}
    assert changed.groups[0].groups[1].requires == ("secret/1",), "what a group needs, it needs all the same"


def test_broken_rule_is_an_error_of_the_submission_which_then_says_nothing_of_the_limit() -> None:
    rules = (CaseRule("secret/1", FIRST, required=("TLE",)),)
    tried = judged(one(MINE, "AC", limit_use="lower", rules=rules), (AC, 100), (AC, 700), (AC, 10), (AC, 10), score=100)
    appraised = [appraise(manifest(), RULE, tried)]
    found = findings_of(appraised, evidence := evidence_of(manifest(), RULE, appraised), is_provisional=False)
    assert [(each.code, each.severity, each.path) for each in found if each.severity == "error"] == [("submission-case-unexpected", "error", MINE)]
    assert (appraised[0].report.is_allowed, evidence.slowest_accepted) == (False, "")
    good = [appraise(manifest(), RULE, replace(tried, one=replace(tried.one, rules=())))]
    assert evidence_of(manifest(), RULE, good).slowest_accepted_ms == 700


def test_some_cases_alone_can_say_what_the_limit_is() -> None:
    rules = (CaseRule("secret/1", FIRST, ("AC",), limit_use="lower"), CaseRule("secret/2", SECOND, ("AC", "TLE"), ("TLE",), limit_use="upper"))
    tried = judged(one(MINE, "TLE", "PA", limit_use="none", rules=rules), (AC, 100), (AC, 300), (AC, 900), (TLE, 1510), verdict=Verdict.PA, score=65)
    evidence = evidence_of(manifest(), RULE, [appraise(manifest(), RULE, tried)])
    assert (evidence.slowest_accepted, evidence.slowest_accepted_ms) == (MINE, 300)
    assert (evidence.fastest_exceeding, evidence.fastest_exceeding_ms) == (MINE, 1510)


def test_a_scoring_submission_that_must_be_accepted_is_one_though_it_may_get_some_points() -> None:
    tried = judged(one(MINE, "AC", "PA", limit_use="none"), (AC, 1), (AC, 1), (AC, 1), (AC, 1), score=100)
    appraised = [appraise(manifest(), RULE, tried)]
    found = findings_of(appraised, evidence_of(manifest(), RULE, appraised), is_provisional=False)
    assert "no-accepted-submission" not in {each.code for each in found}
