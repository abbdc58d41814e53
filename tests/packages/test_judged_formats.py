"""Every submission of a package of omegaUp, Polygon or CMS gets the verdict and the score that stand in the package, by a whole house."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from demo import judge_all, load
from demo.site import Site
from tests.packages import cms, omegaup, omegaup_calls, polygon
from tests.packages.building import zipped
from tests.packages.reading import read
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.sandbox, pytest.mark.faults, pytest.mark.timeout(300)]

PACKAGES: dict[str, Callable[[], dict[str, bytes]]] = {
    "omegaup-sums": omegaup.sums,
    "omegaup-near": omegaup.near,
    "omegaup-calls": omegaup_calls.calls,
    "polygon-pairs": polygon.pairs,
    "polygon-guess": polygon.guess,
    "cms-far-sum": cms.far_sum,
    "cms-by-hand": cms.by_hand,
    "cms-whisper": cms.whisper,
    "cms-steps": cms.steps,
    "polygon-shares": polygon.shares,
}

SCORES = {
    ("polygon-pairs", "solutions/small.py"): "70",
    ("polygon-pairs", "solutions/slow.py"): "40",
    ("polygon-pairs", "solutions/crash.py"): "0",
    ("cms-far-sum", "sol/half.cpp"): "65",
    ("cms-far-sum", "sol/slow.cpp"): "30",
    ("cms-by-hand", "sol/half.txt"): "50",
    ("cms-whisper", "sol/halves.c"): "80",
    ("cms-steps", "sol/ones.py"): "30",
    ("polygon-shares", "solutions/near.c"): "85/2",
    ("omegaup-sums", "tests/truena.py"): "40",
}
"""Scores that no package writes down, by the rules of its format."""


@pytest.fixture(scope="module")
def judged(demo_house: HouseOfProcesses) -> dict[str, list[judge_all.Judged]]:
    """All of them, judged in one contest at once."""
    site = Site(demo_house.url, limit_s=120)
    site.sign_in("admin", demo_house.admin_password)
    for alias, make in PACKAGES.items():
        site.upload(alias, zipped(make(), top=alias))
    problems = [{"alias": alias, "label": chr(ord("A") + place)} for place, alias in enumerate(PACKAGES)]
    load.open_contest(site, {**load.plan(), "alias": "formats", "mode": "ioi", "freeze_s": 0, "problems": problems}, limit_s=30)
    wanted = [one for alias, make in PACKAGES.items() for one in judge_all.expected_of(alias, read(make())[0].submissions)]
    found: dict[str, list[judge_all.Judged]] = {alias: [] for alias in PACKAGES}
    for one in judge_all.judge_all(site, "formats", wanted, limit_s=240):
        found[one.expected.problem].append(one)
    return found


@pytest.mark.parametrize("alias", PACKAGES)
def test_every_submission_gets_the_verdict_written_in_its_package(judged: dict[str, list[judge_all.Judged]], alias: str) -> None:
    assert judged[alias]
    assert [f"{one}: {one.answer}" for one in judged[alias] if not one.is_right] == []


@pytest.mark.parametrize("alias", PACKAGES)
def test_every_submission_gets_the_score_of_its_package(judged: dict[str, list[judge_all.Judged]], alias: str) -> None:
    package = read(PACKAGES[alias]())[0]
    assert package is not None
    for one, submission in zip(judged[alias], package.submissions, strict=True):
        score = Fraction(one.answer["score"])
        stated = SCORES.get((alias, submission.path))
        least = Fraction(stated) if stated else submission.least_score
        most = Fraction(stated) if stated else submission.most_score
        assert least is None or score >= least, one.answer
        assert most is None or score <= most, one.answer
        if submission.expected == ("AC",):
            assert score == package.max_score


def test_the_examples_hold_every_verdict_that_a_solution_can_be_given() -> None:
    said = {verdict for make in PACKAGES.values() for one in read(make())[0].submissions for verdict in one.expected}
    assert said >= {"AC", "PA", "WA", "TLE", "RTE", "CE"}
