"""Outside witnesses at the doors between services: curl with one certificate, with another's, with none, with a foreign CA."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(120)]


def curl(house: HouseOfProcesses, service: str, path: str, *more: str, body: str = "{}") -> subprocess.CompletedProcess[str]:
    port = house.ports[service]
    return subprocess.run(
        [
            "curl", "--silent", "--show-error", "--max-time", "10", "--write-out", "\n%{http_code}",
            "--resolve", f"{service}:{port}:127.0.0.1", "--header", "Content-Type: application/json",
            "--data", body, *more, f"https://{service}:{port}{path}",
        ],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip


def as_service(pki: Path, name: str) -> list[str]:
    return ["--cacert", str(pki / "ca.crt"), "--cert", str(pki / f"{name}.crt"), "--key", str(pki / f"{name}.key")]


def test_a_listed_caller_is_answered(house: HouseOfProcesses) -> None:
    answer = curl(house, "grader", "/rpc/grader.status", *as_service(house.pki, "frontend"))
    text, _, status = answer.stdout.rpartition("\n")
    assert status == "200", answer
    assert "waiting" in json.loads(text)


def test_an_unlisted_caller_is_forbidden_by_name(house: HouseOfProcesses) -> None:
    body = json.dumps({"runner": "r", "languages": ["c"], "wait_s": 0})
    answer = curl(house, "grader", "/rpc/grader.claim", *as_service(house.pki, "frontend"), body=body)
    text, _, status = answer.stdout.rpartition("\n")
    error = json.loads(text)["error"]
    assert (status, error["code"]) == ("403", "caller-not-allowed")
    assert "frontend" in error["message"]
    assert "grader.claim" in error["message"]


def test_without_a_certificate_there_is_no_answer(house: HouseOfProcesses) -> None:
    answer = curl(house, "grader", "/rpc/grader.status", "--cacert", str(house.pki / "ca.crt"))
    assert answer.returncode != 0
    assert answer.stdout.rpartition("\n")[2] == "000"


def test_with_a_foreign_authority_there_is_no_answer(house: HouseOfProcesses, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    assert house.run("pki", "--folder", str(foreign), "bootstrap", "frontend").returncode == 0
    cert = ["--cert", str(foreign / "frontend.crt"), "--key", str(foreign / "frontend.key")]
    answer = curl(house, "grader", "/rpc/grader.status", "--cacert", str(house.pki / "ca.crt"), *cert)
    assert answer.returncode != 0
    assert answer.stdout.rpartition("\n")[2] == "000"


def test_the_service_proves_its_own_name(house: HouseOfProcesses) -> None:
    port = house.ports["grader"]
    answer = subprocess.run(
        ["curl", "--silent", "--max-time", "5", "--resolve", f"recorder:{port}:127.0.0.1", *as_service(house.pki, "frontend"), f"https://recorder:{port}/health"],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert answer.returncode == 60, "curl's code for a certificate that does not match the name"


def test_a_revoked_certificate_is_refused_while_the_house_runs(house: HouseOfProcesses, tmp_path: Path) -> None:
    stolen = tmp_path / "stolen"
    stolen.mkdir()
    assert house.run("pki", "--folder", str(house.pki), "issue", "analytics").returncode == 0
    for name in ("analytics.crt", "analytics.key"):
        (stolen / name).write_bytes((house.pki / name).read_bytes())
    cert = ["--cacert", str(house.pki / "ca.crt"), "--cert", str(stolen / "analytics.crt"), "--key", str(stolen / "analytics.key")]
    before = curl(house, "grader", "/rpc/grader.status", *cert)
    assert before.stdout.endswith("403"), "known, and not listed"
    assert house.run("pki", "--folder", str(house.pki), "revoke", "analytics").returncode == 0
    end = time.monotonic() + 20
    while (after := curl(house, "grader", "/rpc/grader.status", *cert)).returncode == 0 and time.monotonic() < end:
        time.sleep(0.2)
    assert after.returncode != 0, "a revoked certificate is still answered"


def test_health_from_the_command_line(house: HouseOfProcesses) -> None:
    for name in house.ports:
        answer = house.run("health", name)
        assert answer.returncode == 0, (name, answer.stdout, answer.stderr)
        assert json.loads(answer.stdout)["status"] == "ready", (name, answer.stdout)
