"""A package of omegaUp, Polygon or CMS that is wrong is told everything that is wrong, and one that is only odd is read all the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gitserver.findings import ERROR, KINDS
from tests.packages import broken_formats, broken_idl, cms, omegaup, omegaup_calls, polygon
from tests.packages.broken import Fault
from tests.packages.reading import read

SOUND: dict[str, Callable[..., dict[str, bytes]]] = {"omegaup": omegaup.sums, "polygon": polygon.pairs, "cms": cms.far_sum, "calls": omegaup_calls.calls}
FAULTS = [
    (name, fault)
    for name, faults in (("omegaup", broken_formats.OMEGAUP), ("polygon", broken_formats.POLYGON), ("cms", broken_formats.CMS), ("calls", broken_idl.CALLS))
    for fault in faults
]
SEVERITY = {kind.code: kind.severity for kind in KINDS}


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[f"{name}:{fault.code}:{fault.path}" for name, fault in FAULTS])
def test_a_fault_is_found_with_its_code_path_and_words(name: str, fault: Fault) -> None:
    package, report = read(SOUND[name](**fault.changes))
    found = [finding for finding in report.findings() if (finding.code, finding.path) == (fault.code, fault.path)]
    assert found, report.findings()
    assert any(fault.words in finding.message for finding in found), found
    assert {finding.severity for finding in found} == {SEVERITY[fault.code]}
    if SEVERITY[fault.code] == ERROR:
        assert package is None
    elif not report.is_refused:
        assert package is not None


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_package_has_no_finding_but_what_its_format_cannot_say(name: str) -> None:
    package, report = read(SOUND[name]())
    assert package is not None
    assert {finding.code for finding in report.findings()} <= {"title-missing", "input-validators-missing"}


def test_missing_tests_of_polygon_hide_no_circle_and_say_nothing_of_points_and_samples() -> None:
    circle = polygon.PROBLEM.replace('<dependency group="0"/>', '<dependency group="2"/>')
    _, report = read(polygon.pairs(**{"problem.xml": circle, **{f"tests/{number:02}": None for number in range(1, 20)}}))
    assert {(finding.code, finding.path) for finding in report.findings()} == {("group-dependency", "problem.xml"), ("package-not-full", "tests/01")}


@pytest.mark.parametrize("name", SOUND)
def test_every_fault_is_named_at_once(name: str) -> None:
    wrong = {
        "omegaup": {**broken_formats.limits(TimeLimit="soon"), "cases/facil.1.out": None, "statements/es.markdown": None, "statements/en.markdown": None,
                    "interactive/a.idl": "x", "testplan": "facil.1 many\n"},
        "polygon": {"problem.xml": polygon.PROBLEM.replace(">500<", ">much<").replace('input-file=""', 'input-file="/a.in"').replace('run-count="1"', 'run-count="2"'),
                    "tests/03": None, "files/testlib.h": None},
        "cms": {"task.yaml": cms.TASK.replace("1.0", "0") + "num_processes: 9\n", "check/manager.cpp": "x", "output/output2.txt": None, "statement/statement.pdf": None,
                "statement/english.pdf": None, "gen/GEN": "#ST: many\n1\n2\n3\n4\n5\n"},
        "calls": {"interactive/buscar.idl": omegaup_calls.IDL.replace("ask", "while").replace("[Range(0, 100)] ", ""), "interactive/Main.cpp": None,
                  "cases/dos.out": None},
    }[name]  # fmt: skip
    wanted = {
        "omegaup": {"limit-bad", "case-without-answer", "statement-missing", "libinteractive", "bad-points", "plan-mismatch"},
        "polygon": {"limit-bad", "file-io", "run-count", "package-not-full", "testlib-missing"},
        "cms": {"limit-bad", "communication", "case-without-answer", "statement-missing", "bad-points"},
        "calls": {"idl-name", "idl-array", "libinteractive", "case-without-answer"},
    }[name]
    package, report = read(SOUND[name](**wrong))
    assert package is None
    assert {finding.code for finding in report.findings()} >= wanted


@settings(deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.data())
def test_no_content_makes_a_reader_raise(name: str, data: st.DataObject) -> None:
    files = SOUND[name]()
    contents = data.draw(st.dictionaries(st.sampled_from(sorted(files)), st.binary(max_size=200), max_size=5))
    package, report = read({**files, **contents})
    assert (package is None) == report.is_refused


_JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["Limits", "TimeLimit", "Cases", "Name", "Weight", "Validator", "MemoryLimit", "solutions", "filename", "score_range", "inputs"]), inner, max_size=4), max_leaves=12)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["Limits", "Cases", "Validator", "Interactive", "solutions", "inputs", "max_score"]), _JSON, max_size=4))
def test_no_json_makes_a_reader_raise(whole: dict[str, object]) -> None:
    import json

    text = json.dumps(whole)
    package, report = read(omegaup.sums(**{"settings.json": text, "tests/tests.json": text}))
    assert (package is None) == report.is_refused


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["groups of polygon", "groups of omegaup", "subtasks of cms", "languages of polygon", "pages of polygon"])
def test_a_package_of_very_many_parts_is_read_all_the_same(name: str) -> None:
    count = 5000
    cases = "".join(f'<test group="{number}" points="1"/>' for number in range(count))
    groups = "".join(f'<group name="{number}" points-policy="complete-group"><dependencies><dependency group="{number + 1}"/></dependencies></group>' for number in range(count - 1))
    made = polygon.PROBLEM[: polygon.PROBLEM.index("<tests>")].replace(">5</test-count>", f">{count}</test-count>") + f"<tests>{cases}</tests><groups>{groups}"
    made += f'<group name="{count - 1}"/></groups>' + polygon.PROBLEM[polygon.PROBLEM.index("</groups>") + len("</groups>") :]
    page = '<statement language="english" path="statements/.html/english/problem.html" type="text/html"/>'
    files = {
        "groups of polygon": lambda: polygon.pairs(**{"problem.xml": made, **{f"tests/{number:02}{end}": "1\n" for number in range(1, count + 1) for end in ("", ".a")}}),
        "groups of omegaup": lambda: omegaup.sums(**{"settings.json": None, "tests/tests.json": "{}", **{f"cases/g{number}.{end}": "1\n" for number in range(count - 4) for end in ("in", "out")}}),
        "subtasks of cms": lambda: cms.far_sum(**{"gen/GEN": "#ST: 1\n" * 100_000 + "1\n" * 5}),
        "languages of polygon": lambda: polygon.pairs(**{f"statement-sections/{a}{b}{c}/legend.tex": "x" for a in "abcdefgh" for b in "abcdefghijklmnopqrst" for c in "abcdefghijklmnopqrst"}),
        "pages of polygon": lambda: polygon.pairs(**{"problem.xml": polygon.PROBLEM.replace("</statements>", page * 5000 + "</statements>"), **{f"x/{number}": "" for number in range(9000)}}),
    }[name]()  # fmt: skip
    package, report = read(files)
    assert (package is None) == report.is_refused
    assert report.is_refused == (name == "subtasks of cms"), report.findings()[:3]


def test_times_and_sizes_are_read_as_go_writes_them() -> None:
    for text, cpu_ms in (("1m1.5s", 61_500), ("500ms", 500), (2, 2000), (0.25, 250), ("1h", None), ("1500000us", 1500)):
        package, report = read(omegaup.sums(**broken_formats.limits(TimeLimit=text)))
        assert (package.limits.cpu_ms if package else None) == cpu_ms, (text, report.findings())
    for text, size in (("32MiB", 32 << 20), (33554432, 33554432), ("1.5GiB", 3 << 29)):
        package, _ = read(omegaup.sums(**broken_formats.limits(MemoryLimit=text)))
        assert package is not None
        assert package.limits.memory_bytes == size


def test_validators_of_omegaup_become_checkers() -> None:
    for name, wanted in (
        ("token", ("token", True, False, None, None)),
        ("token-caseless", ("token", False, False, None, None)),
        ("token-numeric", ("token", False, True, "0.000015", "0.00001")),
        ("literal", ("literal", False, False, None, None)),
    ):
        package, report = read(omegaup.sums(**broken_formats.validator(Name=name, Tolerance=0.00001)))
        assert package is not None, report.findings()
        checker = package.checker
        found = (checker.kind.value, checker.case_sensitive, checker.numbers_only, checker.float_absolute_tolerance, checker.float_relative_tolerance)
        assert found == wanted


def test_a_package_without_settings_is_told_by_its_folders_and_gets_what_omegaup_takes() -> None:
    package, report = read(omegaup.sums(**{"settings.json": None, "testplan": "facil.1 5\nfacil.2 5\ngrande.1 40\ngrande.2 0\n"}))
    assert package is not None, report.findings()
    assert (package.format, package.limits.cpu_ms, package.limits.memory_bytes) == ("omegaUp", 1000, 32 << 20)
    assert [(group.path, group.max_score) for group in package.groups.groups] == [("facil", Fraction(20)), ("grande", Fraction(80))]


def test_samples_of_a_statement_are_shown_as_samples_and_taken_out_of_it() -> None:
    package, _ = read(omegaup.near())
    assert package is not None
    assert [(one.input, one.answer) for one in package.samples] == [("1 2\n", "3\n")]
    text = package.written["statement/es.markdown"]
    assert "Uno y dos son tres." in text
    assert "||" not in text


def test_sections_of_polygon_become_one_statement_of_each_language() -> None:
    package, _ = read(polygon.pairs())
    assert package is not None
    assert [(one.language, one.format, one.title) for one in package.statements] == [
        ("en", "latex", "Pairs"), ("en", "html", "Pairs"), ("ru", "latex", "Пары"),
    ]  # fmt: skip
    assert "\\section*{Input}\n\nOne number $n$." in package.written["statement/en/problem.tex"]
    assert "How many \\texttt{«pairs»} do $n << 9$ things make?" in package.written["statement/en/problem.tex"]
    assert "Входные данные" in package.written["statement/ru/problem.tex"]
    assert "statement/en/pairs.png" in package.public


def test_groups_of_polygon_wait_for_those_that_they_depend_on_whatever_their_order() -> None:
    turned = polygon.PROBLEM.replace('group="0"', 'group="x"').replace('name="0"', 'name="x"').replace('group="2"', 'group="0"').replace('name="2"', 'name="0"')
    turned = turned.replace('group="x"', 'group="2"').replace('name="x"', 'name="2"')
    package, report = read(polygon.pairs(**{"problem.xml": turned}))
    assert package is not None, report.findings()
    assert [(group.path, group.requires) for group in package.groups.groups] == [("2", ()), ("1", ("2",)), ("0", ("1",))]
    assert package.cases[1].input_arguments == ("--testset", "tests", "--group", "1")


def test_a_problem_of_polygon_without_points_is_right_or_wrong() -> None:
    package, _ = read(polygon.guess())
    assert package is not None
    assert not package.is_scoring
    assert package.is_interactive
    assert package.interactor is not None
    assert sorted(package.interactor.files) == ["interactor.cpp", "testlib.h"]


def test_subtasks_of_cms_by_pattern_by_name_and_by_count_are_the_same() -> None:
    for parameters in ("[[0, 1], [30, 2], [70, 2]]", "[[0, '000'], [30, '00[12]'], [70, '00[34]']]", "[[0, ['000']], [30, ['001', '002']], [70, ['003', '004']]]"):
        package, report = read(cms.far_sum(**{"task.yaml": cms.TASK + f"score_type: GroupMin\nscore_type_parameters: {parameters}\n"}))
        assert package is not None, report.findings()
        assert [(group.cases, group.accept_score) for group in package.groups.groups] == [((0,), 0), ((1, 2), 30), ((3, 4), 70)]


def test_a_case_of_cms_that_is_in_two_subtasks_stands_once_in_each() -> None:
    parameters = "[[10, '00[01]'], [30, '00[0-2]'], [60, '.*']]"
    package, report = read(cms.far_sum(**{"task.yaml": cms.TASK + f"score_type: GroupMin\nscore_type_parameters: {parameters}\n"}))
    assert package is not None, report.findings()
    names = [(case.name, case.group, case.same_as) for case in package.cases]
    assert [[names[index] for index in group.cases] for group in package.groups.groups] == [
        [(f"cases/00{number}", "subtask-0", "") for number in (0, 1)],
        [*((f"cases/00{number}-1", "subtask-1", f"cases/00{number}") for number in (0, 1)), ("cases/002", "subtask-1", "")],
        [*((f"cases/00{number}-2", "subtask-2", f"cases/00{number}") for number in (0, 1, 2)), *((f"cases/00{number}", "subtask-2", "") for number in (3, 4))],
    ]
    assert [group.accept_score for group in package.groups.groups] == [10, 30, 60]
    assert package.cases[5].input == package.cases[0].input
    assert package.max_score == 100


def test_cases_of_cms_are_counted_in_each_subtask_and_not_without_end() -> None:
    files = {f"{place}/{place}{number}.txt": f"{number}\n" for place in ("input", "output") for number in range(60)}
    task = cms.TASK.replace("n_input: 5", "n_input: 60") + "score_type: GroupMin\nscore_type_parameters: [" + "[1, '.*']," * 150 + "]\n"
    began = time.process_time()
    package, report = read(cms.far_sum(**{**files, "task.yaml": task, "gen/GEN": None}))
    assert [(one.code, one.path) for one in report.findings() if one.severity == "error"] == [("too-many-cases", "task.yaml")]
    assert package is None
    assert time.process_time() - began < 5


def test_without_subtasks_every_case_of_cms_counts_for_itself() -> None:
    package, _ = read(cms.far_sum(**{"gen/GEN": None}))
    assert package is not None
    assert (package.groups.accept_score, package.max_score) == (20, 100)
    package, _ = read(cms.far_sum(**{"task.yaml": cms.TASK + "score_type: Sum\nscore_type_parameters: 3\n"}))
    assert package is not None
    assert package.max_score == 15


def test_a_task_of_cms_without_a_time_limit_has_it_measured() -> None:
    for text, is_stated in ((cms.TASK, True), (cms.TASK.replace("time_limit: 1.0\n", ""), False)):
        package, _ = read(cms.far_sum(**{"task.yaml": text}))
        assert package is not None
        assert package.limit_rule.is_stated is is_stated


def test_an_output_only_task_of_cms_takes_text_and_hands_its_inputs_out() -> None:
    package, _ = read(cms.by_hand())
    assert package is not None
    assert (package.is_output_only, package.languages) == (True, ("text",))
    assert set(package.attachments) == {"attachments/input_000.txt", "attachments/input_001.txt"}


def test_a_case_of_cms_that_is_handed_out_is_a_sample_and_graders_come_along() -> None:
    package, _ = read(cms.far_sum())
    assert package is not None
    assert [case.is_sample for case in package.cases] == [True, False, False, False, False]
    assert [one.language for one in package.includes] == ["cpp", "cpp17", "cpp23"]
    assert package.languages == ("cpp", "cpp17", "cpp23")
    assert "attachments/somma.cpp" in package.public
