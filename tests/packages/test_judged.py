"""Every submission that lies in a package gets the verdict that is written beside it, by the public API of a whole house."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import judge_all, load, verify
from demo.site import Refused, Site
from tests.packages.building import outside, outside_zip, zipped
from tests.support.house import ROOT, HouseOfProcesses

pytestmark = [pytest.mark.sandbox, pytest.mark.faults, pytest.mark.timeout(580)]


def loader(house: HouseOfProcesses) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "demo" / "load.py"), "--url", house.url, "--password-env", "DEMO_PASSWORD"]
    return subprocess.Popen(command, env={**os.environ, "DEMO_PASSWORD": house.admin_password})


def signed_in(house: HouseOfProcesses, username: str = "admin", password: str = "") -> Site:
    site = Site(house.url, limit_s=120)
    site.sign_in(username, password or house.admin_password)
    return site


def wrong(judged: list[judge_all.Judged]) -> list[str]:
    return [f"{one}: {one.answer}" for one in judged if not one.is_right]


def test_the_loader_can_be_killed_and_run_again(demo_house: HouseOfProcesses) -> None:
    site = signed_in(demo_house)
    first = loader(demo_house)
    end = time.monotonic() + 60
    planned = {problem["alias"] for problem in load.plan()["problems"]}
    while not planned & {problem["alias"] for problem in site.ask("GET", "/problems")}:
        assert time.monotonic() < end
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait(20)
    assert loader(demo_house).wait(200) == 0
    contest = site.ask("GET", "/contests/demo")
    assert [problem["alias"] for problem in contest["problems"]] == [problem["alias"] for problem in load.plan()["problems"]]
    assert len(site.ask("GET", "/contests/demo/teams")) == 6
    loaded = [problem["alias"] for problem in site.ask("GET", "/problems") if problem["alias"] in planned]
    assert sorted(loaded) == sorted(planned)
    team = load.plan()["teams"][0]
    assert signed_in(demo_house, team["username"], team["password"]).ask("GET", "/contests/demo")["may_submit"]


def test_every_demo_submission_gets_the_verdict_written_beside_it(demo_house: HouseOfProcesses) -> None:
    judged = judge_all.judge_all(signed_in(demo_house), "demo", judge_all.of_demo(), limit_s=500)
    assert len(judged) >= 39
    assert wrong(judged) == []


def test_every_submission_of_a_package_from_outside_gets_the_verdict_written_beside_it(demo_house: HouseOfProcesses) -> None:
    site = signed_in(demo_house)
    answer = site.upload("doublevision", outside_zip())
    assert [finding["code"] for finding in answer["report"]] == ["junk-ignored"]
    wanted = {**load.plan(), "alias": "outside", "problems": [{"alias": "doublevision", "label": "X"}]}
    load.open_contest(site, wanted, limit_s=30)
    package = verify.package_of(outside(), "doublevision")
    judged = judge_all.judge_all(site, "outside", judge_all.expected_of("doublevision", package.submissions), limit_s=300)
    assert len(judged) == 9
    assert wrong(judged) == []


def test_a_problem_is_cloned_and_pushed_through_the_front_door(demo_house: HouseOfProcesses, tmp_path: Path) -> None:
    site = signed_in(demo_house)
    site.upload("doublevision", outside_zip())
    place = demo_house.url.replace("http://", f"http://admin:{demo_house.admin_password.replace(' ', '%20')}@")

    def git(*arguments: str, cwd: Path, status: int = 0) -> str:
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    git("clone", "--quiet", f"{place}/git/doublevision.git", "clone", cwd=tmp_path)
    clone = tmp_path / "clone"
    before = site.ask("GET", "/problems/doublevision")
    (clone / "data/secret/1-small/010-single.ans").unlink()
    git("commit", "--quiet", "--all", "--message", "lose an answer", cwd=clone)
    said = git("push", "origin", "HEAD:main", cwd=clone, status=1)
    assert "remote:   error   case-without-answer  data/secret/1-small/010-single.in" in said
    git("reset", "--quiet", "--hard", "HEAD~1", cwd=clone)
    (clone / ".timelimit").write_text("3\n", encoding="utf-8")
    git("add", "--all", cwd=clone)
    git("commit", "--quiet", "--message", "more time", cwd=clone)
    git("push", "--quiet", "origin", "HEAD:main", cwd=clone)
    end = time.monotonic() + 20
    while (after := site.ask("GET", "/problems/doublevision"))["version"] == before["version"]:
        assert time.monotonic() < end, "the record has not heard of it"
        time.sleep(0.1)
    assert after["limits"]["cpu_ms"] == 3000


def test_a_refused_package_says_every_finding_through_the_api(demo_house: HouseOfProcesses) -> None:
    files = outside() | {"../evil": b"x", "problem.yaml": b"name: [\n"}
    with pytest.raises(Refused) as caught:
        signed_in(demo_house).upload("broken", zipped(files))
    assert (caught.value.status, caught.value.code) == (422, "package-refused")
    assert {finding["code"] for finding in caught.value.details} >= {"unsafe-path", "bad-yaml"}
