"""Kinds of problem of the legacy format, and what is compiled and run with them. Source: legacy format, DOMjudge manual."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.groups import Aggregation, OnReject, VerdictRule
from services.gitserver.formats.package import Package
from tests.packages.building import with_changes
from tests.services.gitserver.test_package_checks import read
from tests.services.gitserver.test_reading import pair
from wire.verification import LimitRule

CHECKER = {"output_validators/check.py": "import sys\nsys.exit(42)\n"}
SCORING = "name: Sum\ntype: scoring\n"


def package_of(**changes: str | bytes | None) -> Package:
    package, report = read(with_changes(changes))
    assert package is not None, report.findings()
    return package


@pytest.mark.parametrize(
    ("validation", "is_interactive", "passes", "gives_points"),
    [
        ("custom", False, 1, False),
        ("custom interactive", True, 1, False),
        ("custom multi-pass", False, 2, False),
        ("custom multipass interactive", True, 2, False),
        ("custom score", False, 1, True),
        ("custom score interactive", True, 1, True),
    ],
)
def test_validation_says_the_kind(validation: str, is_interactive: bool, passes: int, gives_points: bool) -> None:
    package = package_of(**CHECKER, **{"problem.yaml": f"{SCORING if gives_points else 'name: Sum'}\nvalidation: {validation}\n"})
    assert (package.is_interactive, package.passes, package.groups.gives_points) == (is_interactive, passes, gives_points)


def test_pairs_of_interactive_problems_are_shown_to_nobody() -> None:
    changes = {**CHECKER, "problem.yaml": "name: Guess\nvalidation: custom interactive\n", "data/sample/2.interaction": "> 1\n< lower\n"}
    package = package_of(**changes)
    assert [(one.name, one.input, one.interaction) for one in package.samples] == [("2", "", "> 1\n< lower\n")]
    assert not [path for path in package.public if path.startswith("samples/1")]
    assert len(package.cases) == 3, "the pair is judged all the same"


@pytest.mark.parametrize(
    ("flags", "rule", "accepts_any"),
    [
        ("", VerdictRule.WORST, False),
        ("first_error", VerdictRule.FIRST, False),
        ("worst_error first_error", VerdictRule.FIRST, False),
        ("always_accept", VerdictRule.ACCEPT, False),
        ("first_error accept_if_any_accepted", VerdictRule.FIRST, True),
    ],
)
def test_verdicts_of_groups_follow_their_flags(flags: str, rule: VerdictRule, accepts_any: bool) -> None:
    package = package_of(**{"data/secret/testdata.yaml": f"on_reject: continue\ngrader_flags: {flags}\n"})
    secret = package.groups.groups[1]
    assert (secret.rule, secret.accepts_any, secret.on_reject) == (rule, accepts_any, OnReject.CONTINUE)


def test_what_a_group_does_not_say_is_what_the_folder_above_says() -> None:
    package = package_of(
        **CHECKER,
        **{
            "problem.yaml": SCORING + "validation: custom\n",
            "data/testdata.yaml": "output_validator_flags: strict\non_reject: continue\n",
            "data/secret/testdata.yaml": "grader_flags: max accept_if_any_accepted\nrange: 0 40\n",
            "data/secret/g/testdata.yaml": "accept_score: 20\n",
            **pair("secret/g/1"),
        },
    )
    secret = package.groups.groups[1]
    (inner,) = secret.groups
    assert (inner.aggregation, inner.accept_score, inner.on_reject, inner.max_score) == (Aggregation.MAX, 20, OnReject.CONTINUE, 40)
    assert package.checker.arguments == ("strict",)
    assert package.groups.is_strict
    assert not secret.is_strict


def test_old_grading_in_problem_yaml_holds_for_every_group() -> None:
    package = package_of(**{"problem.yaml": SCORING + "grading:\n  on_reject: grade\n  accept_score: 4\n  range: 0 10\n"})
    for group in (package.groups, *package.groups.groups):
        assert (group.on_reject, group.accept_score, group.max_score) == (OnReject.CONTINUE, 4, 10)


def test_files_are_included_by_language_over_those_for_all() -> None:
    package = package_of(
        **{"include/default/data.h": "x", "include/default/given.h": "y", "include/cpp/given.h": "z", "include/java/Main.java": "class Main {}"}
    )
    held = {one.language: {path: file.content for path, file in one.files.items()} for one in package.includes}
    assert held["*"] == {"data.h": b"x", "given.h": b"y"}
    assert held["cpp"] == {"data.h": b"x", "given.h": b"z"}
    assert held["java"] == {"data.h": b"x", "given.h": b"y", "Main.java": b"class Main {}"}


def test_submissions_of_several_files_have_one_that_is_run() -> None:
    package = package_of(
        **{
            "submissions/accepted/two/helper.py": "def add(a, b):\n    return a + b\n",
            "submissions/accepted/two/main.py": "from helper import add\n",
            "submissions/accepted/cpp/a.cpp": "int add(int, int);\n", "submissions/accepted/cpp/b.cpp": "int main() {}\n",
            "submissions/accepted/cpp/a.h": "int add(int, int);\n",
        }
    )  # fmt: skip
    found = {one.path.removeprefix("submissions/accepted/"): (one.filename, sorted(one.others)) for one in package.submissions}
    assert found["two"] == ("main.py", ["helper.py"])
    assert found["cpp"] == ("b.cpp", ["a.cpp", "a.h"])
    assert found["sum.py"] == ("", [])


@pytest.mark.parametrize(("tag", "score"), [("40", 40), ("12.5", Fraction(25, 2))])
def test_a_score_can_be_expected(tag: str, score: Fraction) -> None:
    package = package_of(**{"submissions/mixed/a.py": f"# @EXPECTED_SCORE@: {tag}\nprint(1)\n"})
    (one,) = [one for one in package.submissions if "mixed" in one.path]
    assert (one.least_score, one.most_score) == (score, score)
    assert "PA" in one.expected


def test_input_validators_have_their_flags() -> None:
    package = package_of(
        **{
            "data/testdata.yaml": "input_validator_flags: all\n", "data/secret/testdata.yaml": "input_validator_flags: large\n",
            "input_validators/dir/check.cpp": "int main(){}\n", "input_validators/testlib.h": "//\n",
        }
    )  # fmt: skip
    assert [(one.language, sorted(one.files)) for one in package.input_validators] == [
        ("python3", ["check.py", "testlib.h"]), ("cpp", ["check.cpp"]),
    ]  # fmt: skip
    assert [case.input_arguments for case in package.cases] == [("all",), ("large",), ("large",)]
    named = package_of(
        **{"data/testdata.yaml": "input_validator_flags:\n  name: dir\n  flags: a b\n", "input_validators/dir/check.cpp": "int main(){}\n"}
    )
    assert [one.arguments for one in named.input_validators] == [(), ("a", "b")]
    assert {case.input_arguments for case in named.cases} == {()}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, LimitRule(Fraction(5), Fraction(2), 1000, is_stated=True)),
        ({".timelimit": None}, LimitRule(Fraction(5), Fraction(2), 1000, is_stated=False)),
        (
            {".timelimit": None, "problem.yaml": "name: x\nlimits:\n  time_multiplier: 3\n  time_safety_margin: 1.5\n"},
            LimitRule(Fraction(3), Fraction(3, 2), 1000, is_stated=False),
        ),
    ],
)
def test_multipliers_say_how_a_limit_is_measured(changes: dict[str, str | bytes | None], rule: LimitRule) -> None:
    assert package_of(**changes).limit_rule == rule


def test_groups_ask_the_packages_own_grader_and_inherit_what_they_do_not_say() -> None:
    package = package_of(**{
        "problem.yaml": SCORING,
        "graders/grade.py": "print('AC 1')\n",
        "data/secret/testdata.yaml": "grading: custom\ngrader_flags: max half\nrange: 0 50\n",
        "data/secret/1/testdata.yaml": "range: 0 10\n",
        "data/secret/2/testdata.yaml": "grading: default\n",
        **pair("secret/1/a"),
        **pair("secret/2/a"),
    })  # fmt: skip
    _, secret = package.groups.groups
    one, two = secret.groups
    assert [(group.has_grader, group.grader_arguments, group.max_score) for group in (secret, one)] == [
        (True, ("max", "half"), 50), (True, ("max", "half"), 10),
    ]  # fmt: skip
    assert (two.has_grader, two.aggregation) == (False, Aggregation.MAX), "the default grader reads of the words what it knows"
    assert (package.groups.has_grader, package.max_score) == (False, 51), "1 of the sample, 50 that secret/ says"
    assert package.grader is not None
    assert (package.grader.language, list(package.grader.files)) == ("python3", ["grade.py"])
    assert "graders/grade.py" in package.protected


def test_hints_and_descriptions_of_cases_are_read() -> None:
    package = package_of(**{"data/secret/01-small.hint": "Think small.\n", "data/secret/01-small.desc": "\xe5 as Latin-1: ".encode("latin-1") + b"x" * 5000})
    case = next(case for case in package.cases if case.name == "secret/01-small")
    assert (case.hint, len(case.description)) == ("Think small.", 1000)
    assert {(other.hint, other.description) for other in package.cases if other is not case} == {("", "")}
