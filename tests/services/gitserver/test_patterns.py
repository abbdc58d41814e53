"""What a package writes holds up nothing: patterns and names are read in time that grows with their length, whatever they are."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.frontend.statements.latex import latex_to_html
from services.gitserver.findings import Report
from services.gitserver.formats.domjudge_ini import read_ini
from services.gitserver.formats.files import made
from services.gitserver.formats.patterns import Glob, Numbers, is_number_pattern
from tests.packages import cms
from tests.packages.building import changed, sound_2025
from tests.packages.reading import read

LONG = 200_000
NAMES = [f"{number:03}" for number in range(130)]
SIGNS = ["0", "1", ".", "[0-4]", "[^0]", "[12]", "(", ")", "|", "0?", ".?", "^", "$", ".*", "1+"]


@contextmanager
def bounded(cpu_s: float = 2) -> Iterator[None]:
    """Ends what takes longer on the processor, even inside of `re`, which no thread can."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"more than {cpu_s} s on the processor")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _titled_in_latex(text: str) -> dict[str, bytes]:
    contents = changed(sound_2025(), {"statement/problem.en.tex": text})
    contents["problem.yaml"] = re.sub(rb"(?m)^name:.*\n(?: .*\n)*", b"", contents["problem.yaml"])
    return contents


def test_a_glob_of_many_stars_holds_up_nothing() -> None:
    rules = "".join(f"'accepted/{'*a' * 20}{number}': {{}}\n" for number in range(50))
    contents = changed(sound_2025(), {f"submissions/accepted/{'a' * 100}.py": "print()\n", "submissions/submissions.yaml": rules})
    with bounded():
        package, report = read(contents)
    assert package is not None, report.findings()
    assert {finding.code for finding in report.findings()} == {"expectation-of-none"}


def test_subtasks_of_cms_by_any_pattern_hold_up_nothing() -> None:
    for pattern in ("(|)" * 60 + "x", "(|)" * 60 + "5$5", "(" + ".?" * 40 + ")" + "[9]" * 6, "(" * 11 + ")" * 11, "(0|00|000|.)*" * 20, "0" * 301):
        text = f"{cms.TASK}score_type: GroupMin\nscore_type_parameters: {[[1, pattern]] * 50}\n"
        with bounded():
            package, report = read(cms.far_sum(**{"task.yaml": text}))
        assert package is None
        assert {finding.code for finding in report.findings()} >= {"plan-mismatch"}


@pytest.mark.parametrize("line", ["name = " + "a " + " " * LONG + "b", " " * LONG, "a" * LONG, "name" + " " * LONG, "name =" + " \t" * (LONG // 2) + "'"])
def test_a_long_line_of_an_ini_holds_up_nothing(line: str) -> None:
    with bounded():
        read_ini(made("domjudge-problem.ini", line.encode()), Report())


def test_values_of_an_ini_are_without_blanks_and_quotes() -> None:
    text = " name =  'a = b'  \ntimelimit=2\ncolor =\nshort-name\t=\tx y\n"
    assert read_ini(made("domjudge-problem.ini", text.encode()), Report()) == {"name": "a = b", "timelimit": "2", "color": "", "short-name": "x y"}


@pytest.mark.parametrize("text", ["%% plainproblemname: a" + " " * LONG + "b", "%%" + " " * LONG, "%%plainproblemname:" + " \n" * (LONG // 2)])
def test_a_long_name_in_latex_holds_up_nothing(text: str) -> None:
    with bounded():
        read(_titled_in_latex(text))


def test_the_name_in_latex_is_the_first_that_says_something() -> None:
    text = "%% plainproblemname:\n%% plainproblemname:  Far  Sum \n%%plainproblemname: other\n"
    package, report = read(_titled_in_latex(text))
    assert package is not None, report.findings()
    assert "Far  Sum" in {statement.title for statement in package.statements}


@pytest.mark.parametrize("make", [lambda length: r"\begin{tabular}{" + "p{" * length, lambda length: r"\begin{tabular}{c}" + r"\cline{" * length])
def test_what_a_table_never_closes_holds_up_nothing(make: Callable[[int], str]) -> None:
    with bounded(4):
        latex_to_html(make(100_000))


@given(st.lists(st.sampled_from(SIGNS), min_size=1, max_size=9))
@settings(max_examples=400, deadline=None)
def test_a_pattern_of_numbers_means_what_it_means_to_cms(signs: list[str]) -> None:
    pattern = "".join(signs)
    if is_number_pattern(pattern):
        assert Numbers.of(NAMES).like(pattern) == [name for name in NAMES if re.match(pattern, name)]


@pytest.mark.parametrize("pattern", ["00[0-4]|007", "0.*", "(01|02)[^5]$", "^1\\d"])
def test_the_usual_patterns_are_read_and_others_are_told(pattern: str) -> None:
    assert is_number_pattern(pattern) is ("\\" not in pattern)


@given(st.text("aab/*", max_size=9), st.text("aab/", min_size=1, max_size=6))
@settings(max_examples=400, deadline=None)
def test_a_glob_means_what_the_expression_of_its_signs_means(written: str, path: str) -> None:
    parts, expression = path.split("/"), re.compile(re.escape(written).replace(r"\*", "[^/]*"))
    expected = any(expression.fullmatch("/".join(parts[:count])) for count in range(1, len(parts) + 1))
    assert Glob(written).matches(path) is expected
