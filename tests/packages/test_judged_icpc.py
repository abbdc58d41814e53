"""Every submission of an example package of ICPC's and Kattis' formats gets an allowed verdict and score, by a whole house."""

from __future__ import annotations

from fractions import Fraction

import pytest

from demo import judge_all, load
from demo.site import Site
from services.gitserver.formats.package import Package
from tests.packages.building import zipped
from tests.packages.icpc import PACKAGES
from tests.packages.reading import read
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.sandbox, pytest.mark.faults, pytest.mark.timeout(300)]


def package_of(alias: str) -> Package:
    package, report = read(PACKAGES[alias]())
    assert package is not None, report.findings()
    return package


@pytest.fixture(scope="module")
def judged(demo_house: HouseOfProcesses) -> dict[str, list[judge_all.Judged]]:
    """All of them, judged in one contest at once."""
    site = Site(demo_house.url, limit_s=120)
    site.sign_in("admin", demo_house.admin_password)
    for alias, make in PACKAGES.items():
        site.upload(alias, zipped(make(), top=alias))
    problems = [{"alias": alias, "label": chr(ord("A") + place)} for place, alias in enumerate(PACKAGES)]
    load.open_contest(site, {**load.plan(), "alias": "icpc-kinds", "mode": "ioi", "freeze_s": 0, "problems": problems}, limit_s=30)
    wanted = [one for alias in PACKAGES for one in judge_all.expected_of(alias, package_of(alias).submissions)]
    found: dict[str, list[judge_all.Judged]] = {alias: [] for alias in PACKAGES}
    for one in judge_all.judge_all(site, "icpc-kinds", wanted, limit_s=240):
        found[one.expected.problem].append(one)
    return found


@pytest.mark.parametrize("alias", PACKAGES)
def test_every_submission_gets_a_verdict_that_its_package_allows(judged: dict[str, list[judge_all.Judged]], alias: str) -> None:
    assert judged[alias]
    assert [f"{one}: {one.answer}" for one in judged[alias] if not one.is_right] == []


@pytest.mark.parametrize("alias", ["groups", "points", "graded", "survey"])
def test_every_submission_gets_the_points_that_its_package_names(judged: dict[str, list[judge_all.Judged]], alias: str) -> None:
    found = [(one.expected.path, Fraction(one.answer["score"])) for one in judged[alias]]
    assert found == [(submission.path, submission.least_score) for submission in package_of(alias).submissions]


def test_what_each_group_came_to_is_told(judged: dict[str, list[judge_all.Judged]]) -> None:
    for one in judged["groups"]:
        groups = one.answer["groups"]
        parents = {group["path"].rpartition("/")[0] for group in groups}
        inner = [group for group in groups if group["path"] not in parents]
        assert len(inner) >= 2
        assert sum(Fraction(group["score"]) for group in inner) == Fraction(one.answer["score"]), one


def test_the_examples_hold_every_kind_of_problem() -> None:
    packages = [package_of(alias) for alias in PACKAGES]
    assert {package.format for package in packages} == {"ICPC/Kattis legacy", "ICPC/Kattis 2025-09"}
    for kind in ("is_interactive", "is_output_only", "is_scoring", "includes"):
        assert any(getattr(package, kind) for package in packages), kind
    assert any(package.passes > 1 for package in packages)
