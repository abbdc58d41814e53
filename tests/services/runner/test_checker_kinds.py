"""Checkers of other houses: testlib, omegaUp, CMS, and an output that is its own score. Real programs in real boxes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.groups import CaseGroup, OnReject
from contest.limits import Limits
from contest.verdicts import Verdict
from services.runner.checkers.judgement import number
from services.runner.checkers.scores import read_literal
from services.runner.sandbox.spool import Spool
from tests.services.runner.workshop import Workshop
from wire.judging import Checker, CheckerKind

ALL = CaseGroup(on_reject=OnReject.CONTINUE)
ECHO = "import sys\nsys.stdout.write(sys.stdin.read())"

# What it does is said by the output that it checks: an exit code and what to say; it proves that it got its three files in testlib's order.
TESTLIB = """
import sys
given, output, answer = (open(path).read() for path in sys.argv[1:4])
assert given == output and answer == "the answer", (given, output, answer)
code, _, words = output.partition(" ")
sys.stderr.write(words)
sys.exit(int(code))
"""


def checker(workshop: Workshop, kind: CheckerKind, source: str, language: str = "python3", **more: object) -> Checker:
    name = {"python3": "check.py", "cpp": "check.cpp"}[language]
    return Checker(kind, program=workshop.shelf.program(language, {name: source}), **more)


@pytest.mark.sandbox
async def test_ends_of_testlib_checkers_are_read_by_its_table(workshop: Workshop) -> None:
    check = checker(workshop, CheckerKind.TESTLIB, TESTLIB)
    table: list[tuple[str, str, Fraction | None, Fraction | None]] = [
        ("0 ok 3 numbers", "AC", None, None),
        ("1 wrong answer 1st number differs", "WA", None, None),
        ("2 wrong output format no number", "WA", None, None),
        ("4 wrong output format extra", "WA", None, None),
        ("8 unexpected eof", "WA", None, None),
        ("7 points 12.5 well done", "AC", None, Fraction(25, 2)),
        ("5 points 3", "AC", None, Fraction(3)),
        ("7 points 0 nothing", "WA", None, Fraction(0)),
        ("50 partially correct (50) half", "PA", Fraction(1, 2), None),
        ("100 partially correct (100) all", "AC", Fraction(1), None),
        ("0 partially correct (0) nothing", "WA", Fraction(0), None),
        ("1 partially correct (1) little", "PA", Fraction(1, 100), None),
        ("53 partially correct (3) with TESTSYS", "PA", Fraction(3, 100), None),
    ]
    cases = [workshop.shelf.case(str(index), said, "the answer") for index, (said, *_) in enumerate(table)]
    end = await workshop.judged("python3", ECHO, cases, check, is_scoring=True, groups=ALL)
    got = [(result.verdict, result.score, result.points, result.message) for result in end.results]
    assert got == [(verdict, score, points, said.partition(" ")[2]) for said, verdict, score, points in table]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "said", ["3 FAIL the jury has no answer", "9 what", "7 poems", "7 points -1", "7 points many", "50 50", "200 partially correct (200)"]
)
async def test_testlib_checker_that_fails_is_ve(workshop: Workshop, said: str) -> None:
    check = checker(workshop, CheckerKind.TESTLIB, TESTLIB)
    end = await workshop.judged("python3", ECHO, [workshop.shelf.case("1", said, "the answer")], check, is_scoring=True)
    assert (end.outcome, [result.verdict for result in end.results]) == ("checker-error", ["VE"])


@pytest.mark.sandbox
async def test_testlib_checker_that_crashes_or_dawdles_is_ve_never_wa(workshop: Workshop) -> None:
    for source, why in (("raise ValueError(7)", "ValueError"), ("import time\ntime.sleep(90)", "on the clock"), ("import os\nos.abort()", "SIGABRT")):
        limits = Limits(cpu_ms=3000, wall_ms=600 if "sleep" in source else 30_000)
        end = await workshop.judged("python3", ECHO, (), checker(workshop, CheckerKind.TESTLIB, source, limits=limits))
        assert (end.outcome, why in end.message) == ("checker-error", True), end.message


@pytest.mark.sandbox
async def test_points_where_none_are_counted_are_ve(workshop: Workshop) -> None:
    check = checker(workshop, CheckerKind.TESTLIB, TESTLIB)
    end = await workshop.judged("python3", ECHO, [workshop.shelf.case("1", "7 points 3", "the answer")], check)
    assert (end.outcome, "counts none" in end.message) == ("checker-error", True)


@pytest.mark.sandbox
async def test_package_without_its_testlib_is_told_to_bring_it(workshop: Workshop) -> None:
    check = checker(workshop, CheckerKind.TESTLIB, '#include "testlib.h"\nint main() {}', "cpp")
    end = await workshop.judged("python3", ECHO, (), check)
    assert (end.outcome, "put testlib.h beside the program" in end.message) == ("checker-error", True)


@pytest.mark.sandbox
async def test_omegaup_validator_finds_its_files_and_its_score_is_held_within_bounds(workshop: Workshop) -> None:
    source = (
        "import sys\nassert sys.argv[1:] == ['g1.' + open('data.in').read(), 'python3'], sys.argv\n"
        "assert open('data.out').read() == 'wanted'\nprint({'0': '0.25 or so', '1': '7', '2': '-3', '3': '1/3'}[sys.stdin.read()])\nsys.stderr.write('said')"
    )
    cases = [workshop.shelf.case(f"secret/g1.{index}", str(index), "wanted") for index in range(4)]
    end = await workshop.judged("python3", ECHO, cases, checker(workshop, CheckerKind.OMEGAUP, source), is_scoring=True, groups=ALL)
    got = [(result.verdict, result.score, result.message) for result in end.results]
    assert got == [("PA", Fraction(1, 4), "said"), ("AC", 1, "said"), ("WA", 0, "said"), ("PA", Fraction(1, 3), "said")]


@pytest.mark.sandbox
@pytest.mark.parametrize("source", ["print('much')", "pass", "print(1)\nraise SystemExit(1)"])
@pytest.mark.parametrize("kind", [CheckerKind.OMEGAUP, CheckerKind.CMS])
async def test_checker_that_prints_no_score_is_ve(workshop: Workshop, kind: CheckerKind, source: str) -> None:
    end = await workshop.judged("python3", ECHO, (), checker(workshop, kind, source), is_scoring=True)
    assert (end.outcome, [result.verdict for result in end.results]) == ("checker-error", ["VE"])


@pytest.mark.sandbox
async def test_cms_checker_gets_input_answer_output_in_that_order(workshop: Workshop) -> None:
    source = (
        "import sys\ngiven, answer, output = (open(path).read() for path in sys.argv[1:4])\nassert (given, answer) == (output, 'wanted')\n"
        "print(output)\nsys.stderr.write('translate:partial' if output == '0.4' else 'fine')"
    )
    cases = [workshop.shelf.case(text, text, "wanted") for text in ("0.4", "1.0", "0", "1.5")]
    end = await workshop.judged("python3", ECHO, cases, checker(workshop, CheckerKind.CMS, source), is_scoring=True, groups=ALL)
    got = [(result.verdict, result.score) for result in end.results]
    assert got == [("PA", Fraction(2, 5)), ("AC", 1), ("WA", 0), ("VE", None)]
    assert [result.message for result in end.results[:2]] == ["the output is partially correct", "fine"]


@pytest.mark.parametrize(
    ("output", "verdict", "score"),
    [(b"1\n", "AC", 1), (b" 0.5 rest", "PA", Fraction(1, 2)), (b"9", "AC", 1), (b"-2", "WA", 0), (b"", "WA", None), (b"nan", "WA", None), (b"1/0", "WA", None)],
)
def test_literal_output_is_its_own_score(output: bytes, verdict: str, score: Fraction | None) -> None:
    spool = Spool()
    spool.write(output)
    judgement = read_literal(spool)
    assert (judgement.verdict, judgement.score) == (Verdict(verdict), score)


@pytest.mark.sandbox
async def test_literal_problem_needs_no_program(workshop: Workshop) -> None:
    result = await workshop.only_result("python3", "print(0.75)", (), Checker(CheckerKind.LITERAL), is_scoring=True)
    assert (result.verdict, result.score) == ("PA", Fraction(3, 4))


@pytest.mark.parametrize("text", ["", ".", "e5", "nan", "inf", "0x1", "1_0", "-1", "+-1", "1e13", "1" * 41, "1e999"])
def test_what_is_no_number_gives_no_score(text: str) -> None:
    assert number(text) is None


def test_numbers_with_thirty_digits_on_either_side_are_exact() -> None:
    assert number("0." + "3" * 30) == Fraction(int("3" * 30), 10**30)
    assert number("1e-9") == Fraction(1, 10**9)
