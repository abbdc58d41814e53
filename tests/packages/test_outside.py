"""A package from outside is what its writer meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import verify
from tests.packages.building import outside
from wire.judging import CheckerKind

CONTENTS = outside()
PACKAGE = verify.package_of(CONTENTS, "doublevision")


def test_metadata_statements_and_limits_are_read() -> None:
    assert (PACKAGE.title, PACKAGE.author, PACKAGE.license) == ("Double Vision", "Per Åberg and Anna Öz", "cc by-sa")
    assert [(one.language, one.format, one.title) for one in PACKAGE.statements] == [
        ("en", "latex", "Double Vision"), ("sv", "latex", "Dubbelseende"),
    ]  # fmt: skip
    assert (PACKAGE.limits.cpu_ms, PACKAGE.limits.memory_bytes, PACKAGE.limits.output_bytes) == (2000, 512 << 20, 4 << 20)
    assert "statement/glasses.png" in PACKAGE.public


def test_cases_groups_and_the_checkers_flags_are_read() -> None:
    assert [case.name for case in PACKAGE.cases] == [
        "sample/01", "sample/02", "secret/1-small/010-single", "secret/1-small/020-pair", "secret/1-small/030-prefix",
        "secret/2-large/040-all-different", "secret/2-large/050-last-two",
    ]  # fmt: skip
    assert PACKAGE.checker.kind is CheckerKind.CUSTOM
    assert PACKAGE.checker.arguments == ("max_queries", "3")
    assert PACKAGE.cases[-1].checker_arguments == ("quiet",)
    assert PACKAGE.cases[0].checker_arguments == ()


def test_expected_verdicts_are_read() -> None:
    expected = {one.path.removeprefix("submissions/"): one.expected for one in PACKAGE.submissions}
    assert expected["accepted/sorting/main.c"] == ("AC",)
    assert expected["mixed/guess.py"] == ("TLE", "WA")
    assert expected["time_limit_exceeded/forever.java"] == ("TLE",)
    assert len(expected) == 9


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory):
    sources = {path: CONTENTS[file.path] for path, file in PACKAGE.checker_files.items()}
    return verify.compiled("cpp", sources, tmp_path_factory.mktemp("checkers") / "checker")


@pytest.mark.parametrize("submission", [one for one in PACKAGE.submissions if "TLE" not in one.expected], ids=lambda one: one.path)
def test_its_submissions_get_their_verdicts_when_run_natively(checker, submission, tmp_path: Path) -> None:
    outcome = verify.judge(PACKAGE, CONTENTS, submission, tmp_path / "program", checker)
    assert outcome.verdict in submission.expected, outcome
