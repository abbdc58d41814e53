"""What contestants see of their own judging: every viewer, every setting, every kind of case; and that secrets stay secret."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction

import pytest

from contest import visibility as may
from contest.feedback import Sight, may_see_progress, shown_case, shown_cases, shown_figures, sight_of_case
from contest.results import CaseResult
from contest.verdicts import Verdict
from tests.contest.test_visibility import VIEWERS

AUTHOR = "ann"
SECRET = "secret"
GOLDEN = {
    ("verdict", True): Sight.NOTHING, ("verdict", False): Sight.NOTHING, ("samples", True): Sight.OWN, ("samples", False): Sight.NOTHING,
    ("cases", True): Sight.OWN, ("cases", False): Sight.VERDICT, ("full", True): Sight.OWN, ("full", False): Sight.FIGURES,
}  # fmt: skip


def case(verdict: Verdict, index: int = 0, *, is_sample: bool = False, message: str = "") -> CaseResult:
    message = message or f"first line\n{SECRET} stderr"
    return CaseResult(
        index, verdict, 123, 456, 789, score=Fraction(1, 3), exit_code=7, signal=None, message=message, points=Fraction(5),
        output_head=f"{SECRET} output", difference=f"- {SECRET} answer", is_repeated=True, name=f"{SECRET}/1-overflow", is_sample=is_sample,
        given=f"arguments: {SECRET}", description=f"{SECRET} is tried", hint="read the statement",
    )  # fmt: skip


@pytest.mark.parametrize(("feedback", "is_sample", "who"), [*itertools.product((*may.FEEDBACK, "", "strange"), (True, False), VIEWERS)])
def test_who_sees_how_much_of_a_case(feedback: str, is_sample: bool, who: str) -> None:
    sight = sight_of_case(VIEWERS[who], AUTHOR, feedback, is_sample=is_sample)
    if who in {"jury", "admin"}:
        assert sight is Sight.EVERYTHING
    elif who == "contestant":
        assert sight is GOLDEN.get((feedback, is_sample), Sight.NOTHING)
    else:
        assert sight is Sight.NOTHING
    another = sight_of_case(VIEWERS[who], "bob", feedback, is_sample=is_sample)
    assert another is (Sight.EVERYTHING if who in {"jury", "admin"} else Sight.NOTHING), "nobody sees a rival's cases"


@pytest.mark.parametrize(("feedback", "verdict"), [*itertools.product(may.FEEDBACK, Verdict)])
def test_nothing_of_secret_cases_reaches_their_author(feedback: str, verdict: Verdict) -> None:
    checked = verdict in {Verdict.AC, Verdict.PA, Verdict.WA}
    words = "wanted 1, got 2" if checked else f"exit code 1\n{SECRET} stderr"
    if verdict in {Verdict.VE, Verdict.JE}:
        words = f"{SECRET}: the setter's program failed"
    cases = [case(verdict, number, message=words) for number in range(3)]
    seen = shown_cases(VIEWERS["contestant"], AUTHOR, feedback, cases)
    assert SECRET not in repr(seen)
    if feedback in {"verdict", "samples"}:
        assert seen == ()
    elif feedback == "cases":
        assert seen == tuple(CaseResult(number, verdict, 0, 0, hint="read the statement") for number in range(3))
    else:
        assert [one.time_ms for one in seen] == [123] * 3
        assert [one.message for one in seen] == ([words] * 3 if checked else [words.partition("\n")[0] if SECRET not in words[:8] else ""] * 3)


@pytest.mark.parametrize("feedback", ["samples", "cases", "full"])
def test_all_of_a_sample_is_its_authors_but_what_the_setters_programs_said_of_themselves(feedback: str) -> None:
    wrong, broken = case(Verdict.WA, is_sample=True), case(Verdict.VE, 1, is_sample=True)
    hidden = case(Verdict.WA, 2)
    first, second, *rest = shown_cases(VIEWERS["contestant"], AUTHOR, feedback, (wrong, broken, hidden))
    assert first == dataclasses.replace(wrong, description="")
    assert second == dataclasses.replace(broken, message="", description="")
    assert len(rest) == (0 if feedback == "samples" else 1)


def test_more_sight_never_hides_what_less_showed() -> None:
    for verdict, is_sample in itertools.product(Verdict, (True, False)):
        one = case(verdict, is_sample=is_sample)
        less = None
        for sight in Sight:
            more = shown_case(one, sight)
            if less is not None:
                assert more is not None
                filled = [field.name for field in dataclasses.fields(less) if getattr(less, field.name)]
                assert all(getattr(more, name) for name in filled), (sight, filled)
            less = more
        assert less == one, "the jury sees it as it is"


@pytest.mark.parametrize("feedback", may.FEEDBACK)
def test_which_case_is_judged_is_told_only_where_cases_are(feedback: str) -> None:
    assert may_see_progress(VIEWERS["contestant"], AUTHOR, feedback) is (feedback in {"cases", "full"})
    assert not may_see_progress(VIEWERS["contestant"], "bob", feedback)
    assert may_see_progress(VIEWERS["jury"], AUTHOR, feedback)


@pytest.mark.parametrize(("feedback", "who"), [*itertools.product((*may.FEEDBACK, "", "strange"), VIEWERS)])
def test_figures_of_the_whole_carry_no_secret_to_its_author(feedback: str, who: str) -> None:
    """A program may allocate as many pages, or burn as many milliseconds, as its secret input says."""
    secrets = [(1200 + secret, secret * 4096) for secret in range(1, 10)]
    seen = {shown_figures(VIEWERS[who], AUTHOR, feedback, *figures) for figures in secrets}
    if who in {"jury", "admin"} or (who == "contestant" and feedback == "full"):
        assert seen == set(secrets)
    elif who == "contestant":
        assert seen == {(1210, None)}
    else:
        assert seen == {(None, None)}
    others = {shown_figures(VIEWERS[who], "bob", feedback, *figures) for figures in secrets}
    assert others == (set(secrets) if who in {"jury", "admin"} else {(None, None)})


@pytest.mark.parametrize(("time_ms", "shown"), [(None, None), (0, 0), (1, 10), (10, 10), (11, 20)])
def test_time_is_rounded_up_to_a_step(time_ms: int | None, shown: int | None) -> None:
    assert shown_figures(VIEWERS["contestant"], AUTHOR, "cases", time_ms, 5) == (shown, None)


@pytest.mark.parametrize("feedback", may.FEEDBACK)
def test_a_case_that_its_package_calls_open_is_seen_as_a_sample(feedback: str) -> None:
    hidden, opened = case(Verdict.WA), dataclasses.replace(case(Verdict.WA), is_open=True)
    sample = dataclasses.replace(case(Verdict.WA), is_sample=True)
    shown = [shown_cases(VIEWERS["contestant"], AUTHOR, feedback, (one,)) for one in (opened, sample, hidden)]
    assert [dataclasses.replace(one, is_open=False, is_sample=True) for one in shown[0]] == list(shown[1])
    assert (shown[2] == shown[0]) is (feedback == "verdict")
