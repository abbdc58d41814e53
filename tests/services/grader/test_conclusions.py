"""What a runner's last word amounts to."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from contest.groups import CaseGroup, OnReject
from contest.results import CaseResult
from contest.rulings import Ruling
from contest.verdicts import Verdict
from services.grader.appraisal import Tried, appraise
from services.grader.conclusions import (
    BEHIND, COMPILE_OUTPUT_BYTES, MESSAGE_BYTES, WORD_BYTES, WORDS_BYTES, NotJudged, check, conclude, cut, give_up,
)  # fmt: skip
from services.grader.runs import Run
from tests.services.grader.cases import ACCEPTED, WRONG, end, manifest, order, results
from wire.judging import JudgingManifest, ProgramFile
from wire.problems import ExpectedSubmission
from wire.verification import LimitRule


def run_of(judged_by: JudgingManifest | None = None) -> Run:
    run = Run(order("a"), 0)
    run.manifest = judged_by or manifest()
    return run


def test_accepted_run_names_its_run_attempt_version_and_figures() -> None:
    verdict = conclude(run_of(), end("t1"))
    assert (verdict.run, verdict.submission, verdict.attempt, verdict.version, verdict.runner) == (order("a").run, order("a").submission, "t1", "v1", "r1")
    assert (verdict.verdict, verdict.score, verdict.time_ms, verdict.memory_bytes, verdict.decisive_case) == (Verdict.AC, Fraction(1), 30, 1000, None)


def test_wrong_run_names_the_case_that_decided() -> None:
    verdict = conclude(run_of(), end("t1", of=WRONG))
    assert (verdict.verdict, verdict.score, verdict.decisive_case, len(verdict.cases)) == (Verdict.WA, 0, 1, 2)


@pytest.mark.parametrize("score", [Fraction(-1), Fraction(1, 10**250)])
def test_a_score_that_no_record_takes_is_the_judges_error_not_a_verdict_that_is_refused_for_ever(score: Fraction) -> None:
    scoring = replace(manifest(), is_scoring=True, groups=CaseGroup(cases=(0, 1, 2), accept_score=score, reject_score=score))
    with pytest.raises(NotJudged, match="no record takes"):
        conclude(run_of(scoring), end("t1"))


def test_compile_error_has_the_compilers_words_and_no_cases() -> None:
    verdict = conclude(run_of(), end("t1", "compile-error", (), compile_output="a.cpp:1: error"))
    assert (verdict.verdict, verdict.compile_output, verdict.cases, verdict.decisive_case) == (Verdict.CE, "a.cpp:1: error", (), None)


@pytest.mark.parametrize("of", [(), results(Verdict.AC), results(Verdict.AC, Verdict.VE)])
def test_failing_checker_is_the_setters_fault_never_wrong_answer(of: tuple[CaseResult, ...]) -> None:
    verdict = conclude(run_of(), end("t1", "checker-error", of, message="the checker crashed"))
    assert verdict.verdict is Verdict.VE
    assert verdict.decisive_case is not None
    blamed = verdict.cases[verdict.decisive_case]
    assert blamed.verdict is Verdict.VE
    assert blamed.message in {"the checker crashed", "case 1"}


def test_case_that_decided_before_the_checker_failed_stays_decisive() -> None:
    all_cases = replace(manifest(), groups=CaseGroup(on_reject=OnReject.CONTINUE))
    verdict = conclude(run_of(all_cases), end("t1", "checker-error", results(Verdict.WA, Verdict.VE, Verdict.AC), message="crash"))
    assert (verdict.verdict, verdict.decisive_case) == (Verdict.WA, 0)
    scoring = replace(all_cases, is_scoring=True)
    verdict = conclude(run_of(scoring), end("t1", "checker-error", results(Verdict.WA, Verdict.VE, Verdict.AC), message="crash"))
    assert (verdict.verdict, verdict.decisive_case, verdict.score) == (Verdict.VE, 1, 0)


@pytest.mark.parametrize(
    ("outcome", "of", "says"),
    [
        ("judge-error", (), "disk full"),
        ("nonsense", ACCEPTED, "which is none"),
        ("judged", ACCEPTED[:2], "lacks results"),
        ("judged", (), "lacks results"),
        ("judged", (CaseResult(9, Verdict.AC, 1, 1),), "makes no sense"),
        ("judged", results(Verdict.AC, Verdict.JE), "case 1"),
    ],
)
def test_report_without_a_verdict_is_tried_again(outcome: str, of: tuple[CaseResult, ...], says: str) -> None:
    with pytest.raises(NotJudged, match=says):
        conclude(run_of(), end("t1", outcome, of, message="disk full"))


def test_results_are_folded_in_the_order_of_cases_not_of_arrival() -> None:
    assert conclude(run_of(), end("t1", of=tuple(reversed(WRONG)))).decisive_case == 1


def test_giving_up_tells_the_jury_why_and_the_contestant_nothing() -> None:
    verdict = give_up(Run(order("a"), 0), "no such problem")
    assert (verdict.verdict, verdict.cases[0].message, verdict.compile_output) == (Verdict.JE, "no such problem", "")


def test_texts_are_cut_to_what_the_record_takes() -> None:
    verdict = conclude(run_of(), end("t1", "compile-error", (), compile_output="é" * 100_000))
    assert len(verdict.compile_output.encode()) <= COMPILE_OUTPUT_BYTES
    assert verdict.compile_output.endswith("é\n[cut]")
    long = (CaseResult(0, Verdict.WA, 1, 1, message="x" * 10_000),)
    assert len(conclude(run_of(), end("t1", of=long)).cases[0].message) == MESSAGE_BYTES


def test_messages_of_many_cases_together_stay_bounded() -> None:
    many = manifest(cases=1000)
    of = tuple(CaseResult(index, Verdict.AC, 1, 1, message="x" * 4000) for index in range(1000))
    assert sum(len(case.message) for case in conclude(run_of(many), end("t1", of=of)).cases) <= 1 << 20


@pytest.mark.parametrize("most", range(8))
def test_cutting_never_splits_a_character(most: int) -> None:
    assert cut("aé€😀", most).encode()[:most] == cut("aé€😀", most).encode()


def test_manifest_that_cannot_be_judged_by_is_told_apart() -> None:
    assert check(manifest()) == ""
    assert "no test cases" in check(manifest(cases=0))
    broken = manifest()
    assert "at most once" in check(JudgingManifest("a", "v", broken.limits, broken.cases, broken.checker, CaseGroup(cases=(7,))))


def test_results_say_what_their_cases_give_and_mean_whatever_the_runner_says_of_it() -> None:
    plain, *others = manifest().cases
    files = (ProgramFile("maps/a.txt", "e" * 64, 1),)
    told = replace(plain, arguments=("--fast", "a b"), files=files, hint="look", description="why", is_open=True)
    lies = tuple(replace(one, given="lie", hint="lie", description="lie", is_open=True) for one in results(Verdict.WA))
    first = conclude(run_of(replace(manifest(), cases=(told, *others))), end("t1", of=lies)).cases[0]
    assert (first.given, first.hint, first.description, first.is_open) == ("arguments: --fast 'a b'; files: maps/a.txt", "look", "why", True)
    plainly = conclude(run_of(), end("t1", of=lies)).cases[0]
    assert (plainly.given, plainly.hint, plainly.description, plainly.is_open) == ("", "", "", False)
    passed = conclude(run_of(replace(manifest(), cases=(told, *others))), end("t1")).cases[0]
    assert (passed.given != "", passed.hint, passed.description) == (True, "", ""), "who passes a case needs no hint"


def test_words_about_many_cases_stay_bounded() -> None:
    many = tuple(replace(manifest().cases[0], name=f"secret/{number}", arguments=("x" * 5_000,)) for number in range(400))
    groups = CaseGroup(on_reject=OnReject.CONTINUE)
    of = tuple(CaseResult(number, Verdict.AC, 1, 1) for number in range(400))
    cases = conclude(run_of(replace(manifest(), cases=many, groups=groups)), end("t1", of=of)).cases
    assert max(len(one.given) for one in cases) <= WORD_BYTES
    assert 0 < sum(len(one.given) for one in cases) <= WORDS_BYTES
    assert cases[0].given
    assert not cases[-1].given


def graded() -> JudgingManifest:
    """A manifest whose one group has a grader of the package's own."""
    secret = CaseGroup("secret", (0, 1, 2), on_reject=OnReject.CONTINUE, has_grader=True)
    return replace(manifest(), is_scoring=True, groups=CaseGroup(groups=(secret,), is_strict=True))


def test_a_package_with_its_own_grader_gets_what_that_said_and_no_verdict_without() -> None:
    said = replace(end("t1", of=results(Verdict.AC, Verdict.WA, Verdict.AC)), rulings=(Ruling("secret", Verdict.AC, Fraction(7)),))
    verdict = conclude(run_of(graded()), said)
    assert (verdict.verdict, verdict.score) == (Verdict.PA, 7)
    with pytest.raises(NotJudged, match="lacks results"):
        conclude(run_of(graded()), replace(said, rulings=()))
    with pytest.raises(NotJudged, match="makes no sense"):
        conclude(run_of(graded()), replace(said, rulings=(Ruling("secret", Verdict.AC, Fraction(-7)),)))


def test_points_that_may_not_stand_say_why_where_the_jury_and_the_trial_look() -> None:
    exact = replace(manifest(), is_scoring=True, groups=CaseGroup("secret/g1", (0, 1, 2), accept_score=Fraction(30), is_exact=True))
    given = tuple(replace(one, points=Fraction(20 + 15 * one.index)) for one in results(Verdict.AC, Verdict.AC, Verdict.AC))
    verdict = conclude(run_of(exact), end("t1", of=given))
    assert (verdict.verdict, verdict.decisive_case) == (Verdict.VE, 1)
    assert [one.verdict for one in verdict.cases] == [Verdict.AC, Verdict.VE, Verdict.AC], "no author reads what is said of a VE"
    assert [one.message for one in verdict.cases] == ["case 0", "the validator gives a score of 35, and at most 30 can be had here\ncase 1", "case 2"]
    report = appraise(exact, LimitRule(), Tried(ExpectedSubmission("submissions/accepted/a.cpp", "cpp", "", ("AC",)), verdict)).report
    assert report.message.startswith("secret/1: the validator gives a score of 35, and at most 30")


def test_a_grader_that_fails_is_called_by_the_group_that_it_was_asked_about_never_by_the_next_case() -> None:
    failed = end("t1", "checker-error", results(Verdict.AC), message="grader-failed: it crashed", about="data/sample")
    verdict = conclude(run_of(graded()), failed)
    blamed = verdict.cases[-1]
    assert (verdict.verdict, verdict.decisive_case, blamed.index, blamed.name) == (Verdict.VE, 3, 3, "data/sample")
    report = appraise(graded(), LimitRule(), Tried(ExpectedSubmission("submissions/accepted/a.cpp", "cpp", "", ("AC",)), verdict)).report
    assert report.message == "data/sample: grader-failed: it crashed"


def test_a_grader_that_fails_behind_the_last_case_is_blamed_where_the_jury_looks() -> None:
    verdict = conclude(run_of(graded()), end("t1", "checker-error", results(Verdict.AC, Verdict.AC, Verdict.AC), message="grader-failed: it crashed"))
    blamed = verdict.cases[-1]
    assert (verdict.verdict, verdict.decisive_case, blamed.index) == (Verdict.VE, 3, 3)
    assert (blamed.name, blamed.message) == (BEHIND, "grader-failed: it crashed")
