"""Packages are tried out by the real judge: what is wrong is found, limits are measured, and a kill in the middle loses nothing."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.packages.building import SUM_PY, Executable, changed, with_changes, zipped
from tests.packages.icpc_scripts import scripts
from tests.packages.survey import survey
from tests.support.api import ApiError, Person
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.faults, pytest.mark.sandbox, pytest.mark.timeout(540)]

BUSY = "import time\na, b = map(int, input().split())\nwhile a > 10**9 and time.process_time() < {}: pass\nprint(a + b)\n"
"""Takes its time over the last case alone."""

MODEL, MINUS = "submissions/accepted/sum.py", "submissions/wrong_answer/minus.py"
OFF, LUCKY = "submissions/accepted/off.py", "submissions/wrong_answer/lucky.py"
NEAR, ESCAPING = "submissions/accepted/near.py", "submissions/time_limit_exceeded/near.py"
NEAR_MS, ESCAPING_MS = (NEAR, 180, 300), (ESCAPING, 400, 450)
"""What they take, and from where on something else is said of them: the limit, and one and a half times the limit."""
STRICT = "import sys\na, b = map(int, sys.stdin.read().split())\nsys.exit(42 if a < 10**9 else 43)\n"


def package(**changes: str | bytes | None) -> bytes:
    """A package whose submissions need no compiler, with a limit of 0.3 s; ``changes`` by path."""
    plain: dict[str, str | bytes | None] = {"submissions/accepted/sum.cpp": None, ".timelimit": "0.3\n"}
    return zipped(with_changes(plain | changes))


WRONG = package(**{
    OFF: SUM_PY.replace("a + b", "a + b + (a > 100)"), LUCKY: SUM_PY, NEAR: BUSY.format(0.18), ESCAPING: BUSY.format(0.4),
    "input_validators/check.py": STRICT,
})  # fmt: skip
UNSTATED = package(**{".timelimit": None, NEAR: BUSY.format(0.25)})
SURVEY = survey()
UNPROVEN = changed(SURVEY, {
    "data/invalid_input/fine.in": "3\n", "data/invalid_input/fine.files/map.txt": "tree\n",
    "data/valid_output/1.out": "9.5\n", "data/invalid_output/1.out": "9\n", "data/sample/1.out": "7\n",
    "submissions/submissions.yaml": SURVEY["submissions/submissions.yaml"].decode().replace("message: 'True'", "message: Truth").replace("score: 25", "score: 26"),
})  # fmt: skip
"""Cases that shall try the validators and do not, and submissions of which more is said than holds."""
UNBUILT = changed(scripts(), {
    "output_validators/a-right/tools/words": Executable(b"#!/bin/sh\necho no words >&2\nexit 3\n"),
    "input_validators/numbers/build": Executable(b"#!/bin/sh\nrm run\n"),
})  # fmt: skip
"""A script that fails, and one that leaves nothing."""
CALLS, SMALL = "submissions/wrong_answer/calls.py", "submissions/mine/small.py"
MANY = package(**{".timelimit": "2\n"}, **{f"submissions/accepted/{number}.py": BUSY.format(0.05) for number in range(8)})


def report_of(person: Person, alias: str, limit_s: float = 180) -> dict[str, Any]:
    """The report when it has come; the house may be down meanwhile."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            found: dict[str, Any] = person.ask("GET", f"/problems/{alias}/report")
        except (ApiError, OSError) as away:
            if isinstance(away, ApiError) and away.status < 500:
                raise
        else:
            if found["state"] != "waiting":
                return found
        time.sleep(0.1)
    raise AssertionError(f"no report on {alias} after {limit_s} s")


def told(report: dict[str, Any], severity: str) -> set[tuple[str, str]]:
    return {(finding["code"], finding["path"]) for finding in report["findings"] if finding["severity"] == severity}


def ended(report: dict[str, Any], path: str, cpu_ms: int, most_ms: int) -> bool:
    """Whether that submission was charged about the CPU time that it takes.

    A machine that is busy with others stops it by the clock before; one whose cores are taken away charges it for the time without.
    """
    return next(bool(cpu_ms <= one["time_ms"] < most_ms) for one in report["submissions"] if one["path"] == path)


def until_under_way(person: Person, alias: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        course = person.ask("GET", f"/problems/{alias}/report")["course"]
        if course is not None and 0 < course["done"] < course["total"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"the trial of {alias} was never seen under way")


def test_packages_are_tried_out_by_the_real_judge(tmp_path: Path) -> None:
    house = HouseOfProcesses(tmp_path, {"PALESTRA_RECORDER_HAS_TRIALS": "true"})
    house.start()
    try:
        house.until_ready()
        admin = house.admin()
        assert admin.upload(WRONG, "wrong")["trial"] == "waiting"
        admin.upload(UNSTATED, "unstated")
        admin.upload(zipped(SURVEY), "survey")
        admin.upload(zipped(UNPROVEN), "unproven")
        admin.upload(zipped(scripts(), top="built"), "built")
        admin.upload(zipped(UNBUILT), "unbuilt")
        wrong = report_of(admin, "wrong")
        if not (ended(wrong, *NEAR_MS) and ended(wrong, *ESCAPING_MS)):
            admin.ask("POST", "/problems/wrong/report")
            wrong = report_of(admin, "wrong")
        assert wrong["state"] == "failed"
        errors = told(wrong, "error")
        assert {("submission-unexpected", OFF), ("submission-unexpected", LUCKY)} <= errors
        assert {code for code, _ in errors} == {"submission-unexpected", "input-invalid"}, wrong["findings"]
        assert any("02-large" in path for code, path in errors if code == "input-invalid")
        assert (("limit-too-tight", NEAR) in told(wrong, "warning")) is ended(wrong, *NEAR_MS)
        assert (("limit-too-loose", ESCAPING) in told(wrong, "warning")) is ended(wrong, *ESCAPING_MS)
        near = "AC" if ended(wrong, *NEAR_MS) else "TLE"
        verdicts = {one["path"]: one["verdict"] for one in wrong["submissions"]}
        assert verdicts == {MODEL: "AC", MINUS: "WA", OFF: "WA", LUCKY: "AC", NEAR: near, ESCAPING: "TLE"}

        unstated = report_of(admin, "unstated")
        assert not told(unstated, "error"), unstated["findings"]
        assert told(unstated, "warning") <= {("time-limit-missing", path) for path in ("", ".timelimit", "problem.yaml")}
        limit = unstated["limit"]
        assert (limit["is_stated"], limit["slowest_accepted"]) == (False, NEAR)
        assert limit["limit_ms"] == limit["measured_ms"] >= 250 * float(limit["accepted_multiplier"])
        assert admin.ask("GET", "/problems/unstated")["limits"]["cpu_ms"] == limit["limit_ms"]

        proven = report_of(admin, "survey")
        assert (told(proven, "error"), told(proven, "warning")) == (set(), set()), proven["findings"]
        assert {one["path"]: one["score"] for one in proven["submissions"]}[SMALL] == "75"
        assert told(report_of(admin, "unproven"), "error") == {
            ("invalid-input-accepted", "data/invalid_input/fine.in"), ("invalid-output-accepted", "data/invalid_output/1.out"),
            ("valid-output-rejected", "data/valid_output/1.out"), ("valid-output-rejected", "data/sample/1.out"),
            ("submission-case-unexpected", CALLS), ("submission-case-unexpected", SMALL),
        }  # fmt: skip

        built = report_of(admin, "built")
        assert told(built, "error") == set(), built["findings"]
        assert {one["path"].removeprefix("submissions/"): one["verdict"] for one in built["submissions"]} == {
            "accepted/add.py": "AC", "accepted/again/add.py": "AC", "wrong_answer/one-more.py": "WA", "wrong_answer/talks.py": "WA",
        }  # fmt: skip
        unbuilt = report_of(admin, "unbuilt")
        assert {one["verdict"] for one in unbuilt["submissions"]} == {"VE"}
        said = {code: "\n".join(one["message"] for one in unbuilt["findings"] if one["code"] == code) for code, _ in told(unbuilt, "error")}
        assert "no words" in said["submission-unexpected"]
        assert "left no run" in said["input-validator-broken"]

        admin.upload(MANY, "many")
        until_under_way(admin, "many")
        house.kill()
        house.start()
        house.until_ready()
        many = report_of(admin, "many")
        assert (many["state"], len(many["submissions"])) == ("passed", 10)
        with sqlite3.connect(house.folder / "var" / "record.sqlite3") as record:
            (count,) = record.execute(
                "select count(*) from events where kind = 'problem-tried' and json_extract(body, '$.alias') in ('unstated', 'many')"
            ).fetchone()
        assert count == 2, "each package has one report"
    finally:
        statuses = house.stop()
    assert statuses == {"all": 0}, house.tail("all")
