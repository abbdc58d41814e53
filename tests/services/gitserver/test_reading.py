"""What a package says is understood as the format means it. Source: ICPC/Kattis legacy format, DOMjudge manual."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.groups import Aggregation, OnReject
from contest.limits import MIB, Limits
from services.gitserver.canonical import canonical
from services.gitserver.formats.package import Package
from tests.packages.building import with_changes
from tests.services.gitserver.test_package_checks import read
from wire import judging
from wire.judging import Checker, CheckerKind, JudgingManifest


def package_of(**changes: str | bytes | None) -> Package:
    package, report = read(with_changes(changes))
    assert package is not None, report.findings()
    return package


def pair(name: str) -> dict[str, str | bytes | None]:
    return {f"data/{name}.in": "1 1\n", f"data/{name}.ans": "2\n"}


@pytest.mark.parametrize(
    ("changes", "cpu_ms"),
    [
        ({}, 1500),
        ({".timelimit": " 3 \n", "domjudge-problem.ini": "timelimit=9\n"}, 3000),
        ({".timelimit": None, "domjudge-problem.ini": "name='x'\ntimelimit = '2.5'\n"}, 2500),
        ({".timelimit": None, "problem.yaml": "name: x\nlimits:\n  time_limit: 0.25\n"}, 250),
        ({".timelimit": None}, 2000),
    ],
)
def test_the_time_limit_comes_from_the_first_place_that_has_one(changes: dict[str, str | bytes | None], cpu_ms: int) -> None:
    limits = package_of(**changes).limits
    assert limits.cpu_ms == cpu_ms
    assert limits.wall_ms == 2 * cpu_ms + 1000


def test_limits_have_their_units() -> None:
    package = package_of(
        **{
            "problem.yaml": "name: x\nvalidation: custom\nlimits:\n  memory: 512\n  output: 100\n  compilation_time: 20\n"
            "  compilation_memory: 300\n  validation_time: 10\n  validation_memory: 400\n  validation_output: 2\n  time_multiplier: 5\n  code: 64\n",
            "output_validators/check.py": "import sys\nsys.exit(42)\n",
        }
    )
    assert (package.limits.memory_bytes, package.limits.output_bytes, package.limits.file_bytes) == (512 * MIB, 100 * MIB, 100 * MIB)
    assert package.compile_limits is not None
    assert (package.compile_limits.cpu_ms, package.compile_limits.memory_bytes) == (20_000, 300 * MIB)
    assert package.checker.limits is not None
    assert (package.checker.limits.cpu_ms, package.checker.limits.memory_bytes, package.checker.limits.output_bytes) == (10_000, 400 * MIB, 2 * MIB)


def test_samples_come_first_then_secrets_by_base_name_with_folders_in_their_place() -> None:
    names = ["secret/10", "secret/9", "secret/05-group/b", "secret/05-group/a", "sample/z", "secret/02-large2"]
    changes: dict[str, str | bytes | None] = {}
    for name in names:
        changes |= pair(name)
    package = package_of(**changes)
    assert [case.name for case in package.cases] == [
        "sample/1", "sample/z", "secret/01-small", "secret/02-large", "secret/02-large2",
        "secret/05-group/a", "secret/05-group/b", "secret/10", "secret/9",
    ]  # fmt: skip
    assert [case.is_sample for case in package.cases[:3]] == [True, True, False]
    secret = package.groups.groups[1]
    assert (secret.path, secret.cases, secret.groups[0].path, secret.groups[0].cases) == ("secret", (2, 3, 4, 7, 8), "secret/05-group", (5, 6))
    assert package.cases[5].group == "secret/05-group"


def test_groups_of_a_scoring_problem_have_their_worth_and_inherit_what_they_do_not_say() -> None:
    package = package_of(
        **{
            "problem.yaml": "name: Sum\ntype: scoring\ngrading:\n  objective: max\n",
            "data/testdata.yaml": "on_reject: continue\ngrader_flags: sum ignore_sample\nrange: 0 100\n",
            "data/secret/1/testdata.yaml": "on_reject: break\ngrader_flags: min\naccept_score: 30\nrange: 0 30\n",
            "data/secret/2/testdata.yaml": "on_reject: break\ngrader_flags: min\naccept_score: 70.5\nrange: 0 +inf\n",
            **pair("secret/1/a"), **pair("secret/1/b"), **pair("secret/2/a"),
            **{f"data/secret/{name}": None for name in ("01-small.in", "01-small.ans", "02-large.in", "02-large.ans")},
        }
    )  # fmt: skip
    sample, secret = package.groups.groups
    assert (sample.is_ignored, sample.on_reject) == (True, OnReject.CONTINUE), "samples are judged and count for nothing"
    assert (secret.aggregation, secret.on_reject, secret.max_score) == (Aggregation.SUM, OnReject.CONTINUE, 100)
    assert [(group.aggregation, group.accept_score, group.on_reject, group.max_score) for group in secret.groups] == [
        (Aggregation.MIN, 30, OnReject.BREAK, 30),
        (Aggregation.MIN, Fraction(141, 2), OnReject.BREAK, None),
    ]
    assert package.is_scoring
    assert package.max_score == 100, "capped by the root's range"


@pytest.mark.parametrize(
    ("flags", "checker", "note"),
    [
        ("", Checker(), ""),
        ("case_sensitive", Checker(case_sensitive=True), "case"),
        ("space_change_sensitive case_sensitive", Checker(case_sensitive=True, space_change_sensitive=True), "White space"),
        ("float_tolerance 1e-6", Checker(float_absolute_tolerance="1e-6", float_relative_tolerance="1e-6"), "at most 1e-06"),
        ("float_absolute_tolerance 0.01", Checker(float_absolute_tolerance="0.01"), "an absolute error of at most 0.01"),
        ("float_relative_tolerance 1E-9", Checker(float_relative_tolerance="1E-9"), "relative"),
    ],
)
def test_flags_of_the_default_validator(flags: str, checker: Checker, note: str) -> None:
    for changes in (
        {"problem.yaml": f"name: x\nvalidator_flags: {flags}\n"},
        {"data/testdata.yaml": f"output_validator_flags: {flags}\n"},
    ):
        package = package_of(**changes)
        assert package.checker == checker
        assert note in package.checker_note
        assert {case.checker_arguments for case in package.cases} == {()}


def test_flags_that_differ_between_groups_stand_at_the_cases() -> None:
    package = package_of(
        **{
            "problem.yaml": "name: x\nvalidation: custom\nvalidator_flags: all\n",
            "output_validators/v/check.cpp": "int main(){return 42;}\n",
            "output_validators/v/lib/testlib.h": "//\n",
            "data/secret/testdata.yaml": "output_validator_flags: strict 7\n",
        }
    )
    assert [case.checker_arguments for case in package.cases] == [(), ("strict", "7"), ("strict", "7")]
    assert package.checker.arguments == ("all",)
    assert package.checker.program is not None
    assert package.checker.program.language == "cpp"
    assert [file.path for file in package.checker.program.files] == ["check.cpp", "lib/testlib.h"]


@pytest.mark.parametrize("path", ["v.py", "v.c", "v.cc", "v/v.java", "v/Main.java", "deep/er/v.cpp"])
def test_a_validator_is_a_file_or_a_folder_in_one_of_four_languages(path: str) -> None:
    package = package_of(**{"problem.yaml": "name: x\nvalidation: custom\n", f"output_validators/{path}": "x\n"})
    assert package.checker.kind is CheckerKind.CUSTOM
    assert package.checker.program is not None
    assert package.checker.program.language == {"py": "python3", "c": "c", "cc": "cpp", "java": "java", "cpp": "cpp"}[path.rpartition(".")[2]]


def test_titles_come_from_yaml_else_from_latex_and_statements_are_ordered() -> None:
    latex = "\\problemname{Das   Ende}\n%% plainproblemname: The End\n"
    package = package_of(
        **{"problem.yaml": "license: cc0\n", "problem_statement/problem.tex": latex, "problem_statement/problem.de.tex": "\\problemname{Das\n Ende}"}
    )
    assert package.title == "The End"
    assert [(one.language, one.format, one.title) for one in package.statements] == [
        ("en", "markdown", ""), ("en", "latex", "The End"), ("de", "latex", "Das Ende"), ("es", "markdown", ""),
    ]  # fmt: skip
    mapped = package_of(**{"problem.yaml": "name:\n  en: Two\n  es: Dos\n"})
    assert mapped.title == "Two"
    assert [one.title for one in mapped.statements] == ["Two", "Dos"]


def test_what_domjudge_lays_into_the_root_is_read() -> None:
    package = package_of(
        **{
            "problem.yaml": "validation: default\n", "domjudge-problem.ini": "name = \"From ini\"\ncolor='#ff0000'\nallow_submit = 1\n",
            "problem_statement/problem.en.md": None, "problem_statement/problem.es.md": None, "problem_statement/figure.png": None,
            "problem.pdf": b"%PDF-1.4\n",
        }
    )  # fmt: skip
    assert package.title == "From ini"
    assert [(one.format, one.path) for one in package.statements] == [("pdf", "statement/problem.pdf")]


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("accepted/a.py", "", ("AC",)),
        ("run_time_error/a.c", "", ("MLE", "RTE")),
        ("mixed/a.c", "// @EXPECTED_RESULTS@: RUN-ERROR\n", ("MLE", "RTE")),
        ("mixed/a.c", "// @EXPECTED_RESULTS@: RTE\n", ("RTE",)),
        ("memory_limit_exceeded/a.c", "", ("MLE",)),
        ("compile_error/a.java", "", ("CE",)),
        ("mixed/a.cpp", "/* @EXPECTED_RESULTS@: TIMELIMIT, CORRECT */\n", ("TLE", "AC")),
        ("rejected/a.cpp", "// @EXPECTED_RESULTS@: wrong-answer\n", ("WA",)),
        ("rejected/a.cpp", "", ("CE", "RFE", "MLE", "RTE", "TLE", "OLE", "WA")),
        ("time_limit_exceeded/slow/main.cpp", "", ("TLE",)),
    ],
)
def test_expected_verdicts_are_those_of_folder_and_tag(path: str, source: str, expected: tuple[str, ...]) -> None:
    found = {one.path: one.expected for one in package_of(**{f"submissions/{path}": source}).submissions}
    assert found[f"submissions/{path}"] == expected


def test_the_hashed_form_leaves_out_defaults_so_that_new_fields_change_no_old_version() -> None:
    manifest = JudgingManifest("", "", Limits(), (judging.TestCase("secret/1", "a", "b", 1, 2),), Checker(), package_of().groups)
    text = canonical(manifest).decode()
    assert "is_scoring" not in text
    assert "float_absolute_tolerance" not in text
    assert '"input": "a"' in text
