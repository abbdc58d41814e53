"""The demo's packages are sound, the same everywhere, and hold what the demo promises."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from contest.verdicts import Verdict
from demo import load, packages, verify
from wire.judging import CheckerKind

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("free-rides", "touch-the-wall", "warm-up-laps")


@pytest.fixture(scope="module")
def contents() -> dict[str, dict[str, bytes]]:
    return {alias: packages.files_of(alias) for alias in packages.aliases()}


def test_every_package_is_read_without_a_finding_and_is_in_the_contest(contents) -> None:
    wanted = load.plan()
    assert sorted(problem["alias"] for problem in wanted["problems"]) == sorted(contents)
    for alias, files in contents.items():
        package = verify.package_of(files, alias)
        assert package.samples
        assert {one.expected for one in package.submissions if one.path.startswith("submissions/accepted/")} == {("AC",)}


def test_the_demo_has_every_kind_of_problem_language_and_verdict_that_it_promises(contents) -> None:
    read = {alias: verify.package_of(files, alias) for alias, files in contents.items()}
    submissions = [one for package in read.values() for one in package.submissions]
    assert {one.language for one in submissions} == {"c", "cpp", "java", "python3"}
    assert {verdict for one in submissions for verdict in one.expected} >= {"AC", "WA", "TLE", "RTE", "CE", "MLE"}
    assert any(len(one.expected) > 1 for one in submissions), "one says several"
    assert any(package.checker.kind is CheckerKind.CUSTOM for package in read.values())
    assert any(package.checker.float_absolute_tolerance for package in read.values())
    assert max(case.input.size_bytes for package in read.values() for case in package.cases) > 4 << 20
    assert all(verdict in set(Verdict) for one in submissions for verdict in one.expected)


def test_samples_are_answered_as_the_reference_solves_them(contents) -> None:
    for alias, files in contents.items():
        generator = packages.generator_of(alias)
        for path, content in files.items():
            if path.startswith("data/sample/") and path.endswith(".in") and alias != "fair-relay":
                assert generator.answer(content.decode()) == files[path.removesuffix("in") + "ans"].decode(), f"{alias}: {path}"


async def test_generators_make_the_same_in_another_process_with_another_hash_seed() -> None:
    code = "import hashlib, sys; from demo import packages\nfor a in sys.argv[1:]: print(hashlib.sha256(packages.zip_of(a)).hexdigest())"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *QUICK, cwd=ROOT, env={"PYTHONHASHSEED": "7", "PATH": "/usr/bin"}, stdout=asyncio.subprocess.PIPE
    )
    said = (await child.communicate())[0].decode().split()
    assert said == [hashlib.sha256(packages.zip_of(alias)).hexdigest() for alias in QUICK]


def test_input_validators_accept_every_case_and_refuse_what_is_no_input(contents) -> None:
    for alias in QUICK:
        validator = contents[alias]["input_validators/validate.py"].decode()

        def status(text: bytes, validator: str = validator) -> int:
            return subprocess.run([sys.executable, "-c", validator], input=text, capture_output=True, timeout=30, check=False).returncode

        for path, content in contents[alias].items():
            if path.startswith("data/") and path.endswith(".in"):
                assert status(content) == 42, f"{alias}: {path}"
        for text in (b"", b"0\n", b"hello\n", b"1 1\n\n", b"-1\n"):
            assert status(text) != 42


@pytest.mark.parametrize("alias", ["warm-up-laps"])
def test_submissions_get_the_verdicts_written_beside_them_when_run_natively(alias: str, capsys) -> None:
    """Slow ones, and the other packages, are left to the judge (test_judged.py): here it is `demo.verify` that is looked at."""
    files = {path: content for path, content in packages.files_of(alias).items() if "time_limit" not in path}
    patched = pytest.MonkeyPatch()
    patched.setattr(verify, "files_of", lambda _: files)
    try:
        assert verify.verify(alias) == []
    finally:
        patched.undo()
    assert "AC" in capsys.readouterr().out


def test_the_repository_stays_small_and_a_zip_is_one_folder() -> None:
    size = sum(path.stat().st_size for path in (ROOT / "demo").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert size < 2 << 20
    with zipfile.ZipFile(io.BytesIO(packages.zip_of("warm-up-laps"))) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"warm-up-laps"}
