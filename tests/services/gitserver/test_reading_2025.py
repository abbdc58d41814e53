"""What a 2025-09 package says is understood as the format means it. Source: 2025-09 format of Kattis and ICPC."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from contest.groups import Aggregation, OnReject
from contest.limits import MIB
from services.gitserver.formats.package import Package
from services.gitserver.formats.patterns import Glob
from tests.packages.broken_2025 import HEAD, head
from tests.packages.building import changed, scoring_2025, sound_2025
from tests.services.gitserver.test_package_checks import read
from wire.judging import CheckerKind
from wire.problems import Sample
from wire.verification import LimitRule

Changes = Mapping[str, str | bytes | None]
CHECKER: Changes = {"output_validator/check.py": "import sys\nsys.exit(42)\n"}


def package_of(changes: Changes, base: Mapping[str, bytes] | None = None, may: tuple[str, ...] = ()) -> Package:
    package, report = read(changed(base or sound_2025(), changes))
    assert package is not None, report.findings()
    assert [finding for finding in report.findings() if finding.code not in may] == []
    return package


def test_metadata_is_read() -> None:
    package = package_of(
        {
            "problem.yaml": "problem_format_version: 2025-09\nname: {en: Two, sv: Två}\nuuid: 6f1d4f6e-0a5c-4a39-9d55-0c9f1a0b2c3d\nversion: '2'\n"
            "credits:\n  authors: [Ada <a@b.example>, {name: Bo, orcid: 0000-0001}]\n  translators: {sv: Cy}\n"
            "source: [{name: NWERC 2024, url: 'https://x.example'}, SWERC 2024]\nlicense: cc by-sa\nembargo_until: 2026-01-31T18:00:00Z\n"
            "keywords: [sums]\nlanguages: [python3, cpp, cppgmp]\nallow_file_writing: true\n"
            "limits: {time_multipliers: {ac_to_time_limit: 3, time_limit_to_tle: 1.2}, time_resolution: 0.1, memory: 512, output: 4, code: 64}\n",
            "statement/problem.sv.tex": "\\problemname{}\nAddera.\n",
        },
        may=("time-limit-missing",),
    )
    assert (package.format, package.title, package.author, package.source) == ("ICPC/Kattis 2025-09", "Two", "Ada, Bo", "NWERC 2024, SWERC 2024")
    assert package.languages == ("cpp", "python3")
    assert (package.limits.memory_bytes, package.limits.output_bytes, package.limits.cpu_ms) == (512 * MIB, 4 * MIB, 2000)
    assert package.limit_rule == LimitRule(Fraction(3), Fraction(6, 5), 100, is_stated=False)
    assert [(one.language, one.format, one.title) for one in package.statements] == [("en", "markdown", "Two"), ("sv", "latex", "Två")]
    assert package_of({}).limit_rule == LimitRule(is_stated=True)
    assert (package.writes_files, package_of({}).writes_files) == (True, False), "the format forbids what a package does not allow"


@pytest.mark.parametrize(
    ("kinds", "is_interactive", "passes", "is_output_only", "is_scoring"),
    [
        ("pass-fail", False, 1, False, False),
        ("interactive", True, 1, False, False),
        ("[multi-pass, scoring]", False, 2, False, True),
        ("[interactive, multi-pass]", True, 2, False, False),
        ("submit-answer", False, 1, True, False),
    ],
)
def test_kinds_of_problem(kinds: str, is_interactive: bool, passes: int, is_output_only: bool, is_scoring: bool) -> None:
    package = package_of({**head(f"type: {kinds}\n"), **CHECKER}, may=("output-cases",))
    found = (package.is_interactive, package.passes, package.is_output_only, package.is_scoring)
    assert found == (is_interactive, passes, is_output_only, is_scoring)
    assert package.checker.kind is CheckerKind.CUSTOM
    assert package.languages == (("text",) if is_output_only else ())


def test_passes_are_those_of_the_limits() -> None:
    yaml = HEAD.replace("time_limit: 1.5", "time_limit: 1.5\n  validation_passes: 7") + "type: multi-pass\n"
    assert package_of({"problem.yaml": yaml, **CHECKER}).passes == 7


def test_constants_stand_in_every_place_and_in_no_other() -> None:
    package = package_of(
        {
            **head("constants: {most: 100, Least: 1.5e3}\n"),
            "statement/problem.en.md": "From {{Least}} to {{most}}: {{nextsample}}\n",
            "input_validators/check.py": "print({{most}})\n",
            "output_validator/check.py": "print({{most}})\n",
            "include/python3/given.py": "MOST = {{most}}\n",
            "submissions/accepted/sum.py": "print({{most}}, {{other}})\n",
            "data/secret/test_group.yaml": "output_validator_args: ['{{most}}']\n",
            "data/sample/1.in": "{{most}}\n",
        }
    )
    assert package.public["statement/problem.en.md"].content == b"From 1.5e3 to 100: {{nextsample}}\n"
    assert package.checker_files["check.py"].content == b"print(100)\n"
    assert package.input_validators[0].files["check.py"].content == b"print(100)\n"
    assert [(one.language, one.files["given.py"].content) for one in package.includes] == [("python3", b"MOST = 100\n")]
    assert package.submissions[0].file.content == b"print(100, {{other}})\n"
    assert package.submissions[0].file.is_made
    assert {case.checker_arguments for case in package.cases if not case.is_sample} == {("100",)}
    assert package.samples[0].input == "{{most}}\n", "test data are never touched"


def test_groups_of_a_scoring_problem() -> None:
    package = package_of({}, scoring_2025())
    sample, secret = package.groups.groups
    assert (sample.path, sample.is_ignored, sample.on_reject) == ("sample", True, OnReject.CONTINUE)
    assert (secret.aggregation, secret.max_score, secret.on_reject) == (Aggregation.SUM, 100, OnReject.CONTINUE)
    first, second = secret.groups
    assert (first.path, first.aggregation, first.max_score, first.cases) == ("secret/1-small", Aggregation.PASS, 30, (1, 2))
    assert (second.aggregation, second.accept_score, second.requires) == (Aggregation.SUM, 35, ("sample", "secret/1-small"))
    assert package.max_score == 100
    assert all(group.is_exact for group in (secret, first, second))


def test_secret_cases_without_groups_share_what_secret_is_worth() -> None:
    shared = package_of(head("type: scoring\n")).groups.groups[1]
    assert (shared.aggregation, shared.accept_score, shared.max_score) == (Aggregation.SUM, 50, 100)
    least = package_of({**head("type: scoring\n"), "data/secret/test_group.yaml": "score_aggregation: min\nmax_score: 7\n"}).groups.groups[1]
    assert (least.aggregation, least.accept_score, least.on_reject) == (Aggregation.MIN, 7, OnReject.BREAK)
    free = package_of(
        {**head("type: scoring\n"), **CHECKER, "data/secret/test_group.yaml": "max_score: unbounded\n"}, may=("score-unbounded",)
    )
    assert (free.groups.groups[1].gives_points, free.groups.groups[1].max_score, free.max_score) == (True, None, 100)


def test_arguments_of_a_case_are_its_own_or_its_groups() -> None:
    package = package_of(
        {
            **CHECKER,
            "data/secret/test_group.yaml": "output_validator_args: [loose]\ninput_validator_args: [a, b]\nfull_feedback: true\n",
            "data/secret/02.yaml": "output_validator_args: [strict]\ninput_validator_args: {check: [c]}\nhint: look\ndescription: why\n",
        }
    )
    assert [case.checker_arguments for case in package.cases] == [(), ("loose",), ("strict",)]
    assert [case.input_arguments for case in package.cases] == [(), ("a", "b"), ("c",)]


def test_samples_show_what_stands_in_their_place() -> None:
    shown = package_of({"data/sample/1.in.statement": "one two\n", "data/sample/1.in.download": "1  2\n", "data/sample/1.out": "3 \n"})
    assert shown.samples == (Sample("1", "one two\n", "3 \n"),)
    assert (shown.public["samples/1.in"].content, shown.public["samples/1.ans"].content) == (b"1  2\n", b"3 \n")
    assert shown.cases[0].input.content == b"1 2\n"
    talk = "< 1\n> 2\n---\n< 3\n"
    talking = package_of({**head("type: [interactive, multi-pass]\n"), **CHECKER, "data/sample/1.interaction": talk})
    assert talking.samples == (Sample("1", "", "", talk),)
    assert [path for path in talking.public if path.startswith("samples/")] == ["samples/1.interaction"]


@pytest.mark.parametrize(
    ("rules", "expected", "use"),
    [
        ("", ("AC",), "lower"),
        ("accepted:\n  permitted: [AC, TLE]\n", ("TLE", "AC"), "none"),
        ("accepted/*:\n  use_for_time_limit: false\n", ("AC",), "lower"),
        ("accepted:\n  use_for_time_limit: false\n", ("AC",), "none"),
        ("accepted/*.{py,cpp}:\n  use_for_time_limit: upper\n", ("AC",), "upper"),
        ("accepted:\n  permitted: [AC, WA, RTE]\n  required: [WA, RTE]\n", ("RFE", "MLE", "RTE", "OLE", "WA"), "lower"),
    ],
)
def test_what_is_expected_follows_from_every_rule_that_matches(rules: str, expected: tuple[str, ...], use: str) -> None:
    package = package_of({"submissions/submissions.yaml": rules + "model_solution/*: {}\n"}, may=("expectation-of-none", "no-accepted-submission"))
    (submission,) = package.submissions
    assert (submission.expected, submission.limit_use) == (expected, use)


def test_folders_expect_what_the_format_says_and_scores_have_bounds() -> None:
    package = package_of(
        {
            "submissions/time_limit_exceeded/slow.py": "print(1)\n", "submissions/brute_force/slow.py": "print(1)\n",
            "submissions/mine/half.py": "print(1)\n", "submissions/mine/full.py": "print(1)\n",
            "submissions/submissions.yaml": "mine/half.py:\n  score: [10, 30.5]\nmine/full.py:\n  score: 100\n  language: pypy3\n  permitted: [AC]\n",
        },
        scoring_2025(),
    )  # fmt: skip
    found = {one.path.removeprefix("submissions/"): one for one in package.submissions}
    assert found["time_limit_exceeded/slow.py"].expected == ("TLE", "PA")
    assert found["time_limit_exceeded/slow.py"].limit_use == "upper"
    assert (found["brute_force/slow.py"].limit_use, "TLE" in found["brute_force/slow.py"].expected) == ("none", True)
    assert (found["mine/half.py"].least_score, found["mine/half.py"].most_score) == (10, Fraction(61, 2))
    assert (found["mine/full.py"].least_score, found["mine/full.py"].language, found["mine/full.py"].expected) == (100, "pypy3", ("PA", "AC"))


@pytest.mark.parametrize(
    ("pattern", "path", "does"),
    [
        ("accepted", "accepted/a.py", True), ("accepted/*", "accepted/a.py", True), ("*/a.py", "accepted/a.py", True),
        ("*", "accepted/a.py", True), ("*.py", "accepted/a.py", False), ("accepted/{a,b}.{py,cpp}", "accepted/b.cpp", True),
        ("accepted/{a,b}.py", "accepted/c.py", False), ("acc", "accepted/a.py", False), ("accepted/a.py", "accepted/axpy", False),
        ("{a", "a", True), ("a}", "a}", True),
    ],
)  # fmt: skip
def test_patterns_stay_within_a_name(pattern: str, path: str, does: bool) -> None:
    assert Glob(pattern).matches(path) is does


def test_a_case_gives_arguments_files_and_words_and_samples_show_theirs() -> None:
    package = package_of(
        {
            "data/sample/test_group.yaml": "args: [--small]\n", "data/sample/1.files/map.txt": "here\n",
            "data/secret/test_group.yaml": "args: ['a b', '']\nfull_feedback: true\n",
            "data/secret/02.in": "10 20\n", "data/secret/02.ans": "30\n", "data/secret/02.files/deep/er/map.txt": "there\n",
            "data/secret/02.yaml": "args: []\nfull_feedback: false\nhint: look\ndescription: why\n",
        }
    )  # fmt: skip
    sample, first, second = package.cases
    assert (sample.arguments, first.arguments, second.arguments) == (("--small",), ("a b", ""), ())
    assert (sorted(sample.files), sorted(first.files), sorted(second.files)) == (["map.txt"], [], ["deep/er/map.txt"])
    assert [(case.is_open, case.hint, case.description) for case in package.cases] == [(False, "", ""), (True, "", ""), (False, "look", "why")]
    assert package.samples[0].arguments == ("--small",)
    assert package.public["samples/1.files/map.txt"].content == b"here\n"
    assert package.findings == (), "the same input with other arguments and files is another case"


STATIC = {"static_validator/check.cpp": "int main() {}\n", "static_validator/more.cpp": "int more;\n"}


@pytest.mark.parametrize(("secret", "inner", "groups", "score", "worth"), [
    ("static_validation_score: 0\n", "max_score: 70\nscore_aggregation: sum\nstatic_validation_score: 10\n", (10, 30, 30), 0, 100),
    ("static_validation_score: 5\nmax_score: 105\n", "max_score: 70\nscore_aggregation: min\nstatic_validation_score: 10\n", (10, 70, 70), 5, 45),
])  # fmt: skip
def test_static_validation_is_a_case_with_a_score_of_its_own(secret: str, inner: str, groups: tuple[int, ...], score: int, worth: int) -> None:
    changes = STATIC | {"data/secret/test_group.yaml": secret, "data/secret/2-large/test_group.yaml": inner}
    package = package_of(changes, scoring_2025())
    assert package.static_validator is not None
    assert sorted(package.static_files) == ["check.cpp", "more.cpp"], "files that lie loose make one program"
    whole = package.groups.groups[1]
    assert [package.cases[index].name for index in whole.cases] == ["secret/static validation"]
    assert (whole.accept_score, whole.groups[1].case_scores, package.max_score) == (score, groups, worth)
    assert [case.is_static for case in package.cases] == [False, True, False, False, True, False, False]


def test_static_validation_of_an_unbounded_group_is_bounded_by_itself() -> None:
    changes = STATIC | {
        "data/secret/test_group.yaml": "max_score: unbounded\n", "output_validator/check.cpp": "int main() {}\n",
        "data/secret/2-large/test_group.yaml": "score_aggregation: sum\nstatic_validation_score: 10\n",
    }  # fmt: skip
    package = package_of(changes, scoring_2025(), may=("score-unbounded",))
    group = package.groups.groups[1].groups[1]
    assert (group.gives_points, group.groups[0].accept_score, group.groups[0].gives_points, len(group.cases)) == (True, 10, False, 2)


def test_probes_have_arguments_of_their_own() -> None:
    package = package_of(
        {
            **CHECKER,
            "data/sample/test_group.yaml": "output_validator_args: [x]\n", "data/secret/test_group.yaml": "output_validator_args: [x]\n",
            "data/invalid_input/low/a.in": "1\n", "data/invalid_input/low/a.yaml": "description: too low\n",
            "data/valid_output/test_group.yaml": "output_validator_args: [y]\ninput_validator_args: {check: [z]}\n",
            "data/valid_output/b.in": "1 1\n", "data/valid_output/b.ans": "2\n", "data/valid_output/b.out": " 2\n",
        }
    )  # fmt: skip
    assert [(probe.claim.value, probe.path, probe.case.checker_arguments, probe.case.input_arguments) for probe in package.probes] == [
        ("invalid-input", "data/invalid_input/low/a.in", (), ()), ("valid-output", "data/valid_output/b.out", ("y",), ("z",)),
    ]  # fmt: skip
    assert {case.checker_arguments for case in package.cases} == {("x",)}, "what every case has is not the validator's own when a probe has it not"
