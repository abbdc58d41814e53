"""What tasks of CMS and packages of Polygon ask for besides cases and checkers: managers, files in place of streams, points, resources."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.groups import Aggregation
from tests.packages import broken_formats, cms, polygon
from tests.packages.reading import read
from wire.manifest import CheckerKind, Talks

STUB = cms.WHISPER_STUB
OLD = 'FILE *to = fopen( argv[1] , "w"), *from = fopen(argv[2], "r");\n'


@pytest.mark.parametrize(
    ("changes", "talks", "languages"),
    [
        ({}, Talks.FIFOS, ("c",)),
        ({"task.yaml": cms.WHISPER_TASK.replace("user_io: fifo_io\n", "")}, Talks.FIFOS, ("c",)),
        ({"task.yaml": cms.WHISPER_TASK.replace("fifo_io", "std_io")}, Talks.STREAMS, ("c",)),
        ({"task.yaml": cms.WHISPER_TASK.replace("user_io: fifo_io\n", ""), "sol/stub.c": None}, Talks.STREAMS, ()),
        ({"sol/stub.c": None}, Talks.FIFOS, ()),
        ({"task.yaml": cms.WHISPER_TASK.replace("user_io: fifo_io\n", "compilation: alone\n")}, Talks.STREAMS, ()),
        ({"check/manager.c": None, "cor/manager.cpp": OLD}, Talks.FIFOS_WRITE_FIRST, ("c",)),
        ({"check/manager.c": None, "cor/manager.cpp": "std::ofstream says(argv[1]);\n"}, Talks.FIFOS_WRITE_FIRST, ("c",)),
        ({"check/manager.c": None, "cor/manager.cpp": 'auto from = fopen(argv[1], "r");\n'}, Talks.FIFOS, ("c",)),
        ({"check/manager.c": None, "check/manager.py": "import sys\nto = open(sys.argv[1], 'w')\n", "sol/stub.cpp": STUB}, Talks.FIFOS_WRITE_FIRST, ("c", "cpp", "cpp17", "cpp23")),
    ],
)  # fmt: skip
def test_a_manager_is_reached_as_cms_has_it(changes: dict[str, str | None], talks: Talks, languages: tuple[str, ...]) -> None:
    package, report = read(cms.whisper(**changes))
    assert package is not None, report.findings()
    assert package.interactor is not None
    assert (package.is_interactive, package.interactor.kind, package.processes) == (True, CheckerKind.CMS, 2)
    assert (package.talks, package.languages) == (talks, languages)
    assert package.source_name == ("whisper" if languages else "")


@pytest.mark.parametrize(
    ("task", "source", "names"),
    [
        ("", "int far_sum(int);\n", ("", "")),
        ("", 'freopen("input.txt", "r", stdin);\n', ("input.txt", "")),
        ('infile: ""\noutfile: ""\n', 'ifstream in("input.txt");\nofstream out("output.txt");\n', ("input.txt", "output.txt")),
        ("infile: /dev/stdin\noutfile: far.out\n", "", ("", "far.out")),
    ],
)
def test_solutions_of_cms_may_use_the_files_that_it_lays_beside_them(task: str, source: str, names: tuple[str, str]) -> None:
    text = cms.TASK.replace('infile: ""\noutfile: ""\n', task)
    package, report = read(cms.far_sum(**{"task.yaml": text, "sol/half.cpp": f"// @check-zero: 1\n{source}"}))
    assert package is not None, report.findings()
    assert (package.input_file, package.output_file) == names


def test_thresholds_and_products_of_cms_are_groups_of_their_own_kind() -> None:
    package, report = read(cms.steps())
    assert package is not None, report.findings()
    assert [(group.aggregation, group.max_score) for group in package.groups.groups] == [(Aggregation.PASS, 30), (Aggregation.PASS, 70)]
    assert [case.threshold for case in package.cases] == [20, 20, Fraction(19, 2)]
    plain, _ = read(cms.steps(**{"check/checker.py": None, "task.yaml": cms.STEPS_TASK.replace("20]", "1]").replace("9.5", "2")}))
    assert plain is not None
    assert [case.threshold for case in plain.cases] == [None] * 3, "without a checker an output is right or wrong"
    times, _ = read(cms.steps(**{"task.yaml": cms.STEPS_TASK.replace("Threshold", "Mul")}))
    assert times is not None
    assert [(group.aggregation, group.accept_score) for group in times.groups.groups] == [(Aggregation.PRODUCT, 30), (Aggregation.PRODUCT, 70)]


def test_files_and_resources_of_polygon_are_those_of_solutions() -> None:
    package, report = read(polygon.shares())
    assert package is not None, report.findings()
    assert (package.input_file, package.output_file) == ("shares.in", "shares.out")
    assert package.checker_note == "A program checks the output. Programs may read shares.in in place of stdin and write shares.out in place of stdout."
    assert {one.language: sorted(one.files) for one in package.includes} == {
        "c": ["grader.c", "shares.h"], **{one: ["shares.h"] for one in ("cpp", "cpp17", "cpp23")},
    }  # fmt: skip
    assert package.languages == ("c",), "C++ has the header alone, and nothing that would start it"
    assert [one.path for one in package.input_validators] == ["files/size.py", "files/shape.py"]


def test_points_of_polygon_that_are_all_zero_are_the_checkers_or_none() -> None:
    none, _ = read(polygon.pairs(**broken_formats.worthless()))
    assert none is not None
    assert (none.is_scoring, none.max_score, none.groups.groups) == (False, 1, ())
    giving = {"files/check.cpp": polygon.CHECK_CPP.replace("quitf(_ok,", "quitp(7,")}
    given, _ = read(polygon.pairs(**broken_formats.worthless(), **giving))
    assert given is not None
    assert (given.is_scoring, given.groups.gives_points, given.max_score) == (True, True, 100)
    assert {"AC", "PA", "WA"} <= set(next(one for one in given.submissions if one.path == "solutions/small.py").expected)
