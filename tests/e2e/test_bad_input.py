"""Bad input has a clear error and loses nothing: code, message, what to do."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from tests.support.api import ApiError, Person
from tests.support.contests import RIGHT, TEAM_PASSWORD, open_contest, sum_package
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def contest(house: HouseOfProcesses) -> dict[str, Person]:
    admin = house.admin()
    admin.upload(sum_package(), "bad-input-sum")
    admin.upload(
        sum_package("Crash", **{
            "output_validators/check/check.py": "import sys\nsys.exit(1)\n",
            "problem.yaml": "name: Crash\nvalidation: custom\n",
        }),
        "bad-input-crash",
    )  # fmt: skip
    teams = open_contest(admin, "bad-input", ["bad-input-sum", "bad-input-crash"], ["eve-bad"])
    return {"admin": admin, "team": teams["eve-bad"]}


def refused(action, status: int, code: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        action()
    assert (caught.value.status, caught.value.code) == (status, code), caught.value
    assert len(caught.value.body["error"]["message"]) > 10
    return caught.value


def test_an_oversized_source_is_refused_with_the_limit(contest) -> None:
    error = refused(lambda: contest["team"].submit("bad-input", "bad-input-sum", "python3", "#" * (256 * 1024 + 1)), 413, "source-too-large")
    assert "262,144" in error.body["error"]["message"]


def test_an_unknown_language_is_refused_with_the_known_ones(contest) -> None:
    error = refused(lambda: contest["team"].submit("bad-input", "bad-input-sum", "brainfog", "x"), 422, "unknown-language")
    assert "python3" in error.body["error"]["message"]


def test_a_submission_after_the_end_is_refused(house: HouseOfProcesses, contest) -> None:
    teams = open_contest(contest["admin"], "bad-input-short", ["bad-input-sum"], ["late-bad"], duration_s=62)
    end = time.monotonic() + 20
    while True:
        try:
            teams["late-bad"].submit("bad-input-short", "bad-input-sum", "python3", RIGHT)
        except ApiError as refused_then:
            assert (refused_then.status, refused_then.code) == (409, "contest-ended"), refused_then
            break
        assert time.monotonic() < end, "still open after its end"
        time.sleep(0.5)


def test_a_checker_that_crashes_is_the_setters_fault_never_wrong_answer(contest) -> None:
    one = contest["team"].submit("bad-input", "bad-input-crash", "python3", RIGHT)
    assert contest["team"].verdict(one)["verdict"] == "VE"


def test_a_solution_that_forks_without_end_is_judged_and_leaves_nothing(contest) -> None:
    bomb = "#include <unistd.h>\nint main(){for(;;)fork();}\n"
    one = contest["team"].submit("bad-input", "bad-input-sum", "c", bomb)
    assert contest["team"].verdict(one)["verdict"] in {"TLE", "RTE", "MLE"}
    other = contest["team"].submit("bad-input", "bad-input-sum", "python3", RIGHT)
    assert contest["team"].verdict(other)["verdict"] == "AC"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({"../evil.txt": "x"}, "unsafe-path"),
        ({"problem.yaml": "name: [broken\n"}, "bad-yaml"),
        ({"problem.yaml": "name: No cases\n", "problem_statement/problem.en.md": "text"}, "no-cases"),
    ],
)
def test_a_bad_package_is_refused_with_every_finding(contest, entries: dict[str, str], code: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in entries.items():
            archive.writestr(path, text)
    with pytest.raises(ApiError) as caught:
        contest["admin"].upload(out.getvalue(), "bad-input-broken")
    assert caught.value.status == 422
    findings = caught.value.body["error"]["details"]
    assert code in {finding["code"] for finding in findings}, findings
    assert all({"severity", "code", "path", "message"} <= set(finding) for finding in findings)


def test_wrong_passwords_are_rate_limited_and_say_when_to_come_back(house: HouseOfProcesses, contest) -> None:
    person = house.passer_by()
    codes = []
    for _ in range(30):
        try:
            person.sign_in("eve-bad", "wrong password")
        except ApiError as no:
            codes.append((no.status, no.code))
            if no.status == 429:
                assert int(no.headers["Retry-After"]) >= 1
                break
    assert codes[0] == (401, "wrong-password")
    assert codes[-1][0] == 429, codes
    assert house.admin().token, "another account is not locked out"
    assert TEAM_PASSWORD
