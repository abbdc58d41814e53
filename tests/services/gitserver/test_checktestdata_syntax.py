"""A Checktestdata program that is none is told with its line, and one that means ill costs little."""

from __future__ import annotations

import time

import pytest

from services.gitserver.formats import checktestdata_syntax
from services.gitserver.formats.checktestdata_syntax import whole_lines
from tests.packages.building import with_changes
from tests.packages.reading import read


def told(*programs: str) -> list[tuple[str, str]]:
    """What is said of them when a package that has them all is read."""
    files = {f"input_validators/{number}.ctd": program for number, program in enumerate(programs)}
    _, report = read(with_changes({"input_validators/check.py": None, **files}))
    assert {(one.code, one.severity) for one in report.findings()} <= {("checktestdata-syntax", "warning")}
    return [(one.path.removeprefix("input_validators/"), one.message) for one in report.findings()]


def test_each_of_several_is_told_with_its_line_and_sound_ones_are_not() -> None:
    found = told("INT(1, 9) NEWLINE EOF\n", "INT(1, 9)\n\nINT(1\n", 'STRING("\\777")', "# none\n", "INT(1, 2) \x00", 'SET(a = -"x" < 3)')
    assert [(path, message.split(":")[0]) for path, message in found] == [("1.ctd", "line 3"), ("2.ctd", "line 1"), ("4.ctd", "line 1"), ("5.ctd", "line 1")]
    assert all(message.isprintable() for _, message in found)


@pytest.mark.parametrize("evil", ["INT(1, 1E99999999999)\n", "ASSERT(" + "(" * 50_000, "INT(1, 7^9^9^9^9)\n", "INT(1, " + "1+" * 200_000 + "1)\n"])
def test_one_that_means_ill_is_left_to_the_trial_and_those_before_it_are_told(evil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checktestdata_syntax, "CPU_S", 1)
    began = time.monotonic()
    found = told("NOTHING", evil)
    assert found[0] == ("0.ctd", "line 1: unknown token at 1:1 'NOTHING'")
    assert time.monotonic() - began < checktestdata_syntax.WALL_S + 10


def test_a_parser_that_is_kept_waiting_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checktestdata_syntax, "WALL_S", 0.001)
    assert told("NOTHING") == []
    assert whole_lines("one\ntw") == "one\n"
