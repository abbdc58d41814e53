"""Checkers with real outputs and real boxes: whose fault it is must never be told wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from decimal import Decimal
from fractions import Fraction

import pytest

from contest.limits import MIB, Limits
from services.runner.checkers.comparison import THREAD_BYTES, compare
from services.runner.checkers.rules import BadCheckerFlag, token_rules
from services.runner.checkers.tokens import TokenRules
from services.runner.sandbox.spool import Spool, sealed
from tests.services.runner.workshop import LIMITS, Workshop
from wire.judging import Checker, CheckerKind

ECHO = "import sys\nsys.stdout.write(sys.stdin.read())"
SILENT = "pass"

# right when the output is the answer backwards; says what it thinks
BACKWARDS = """
#include <fstream>
#include <iostream>
#include <string>
int main(int n, char **v) {
    std::ifstream in(v[1]), ans(v[2]);
    std::ofstream say(std::string(v[3]) + "judgemessage.txt");
    std::string a, i, o;
    ans >> a; in >> i; std::cin >> o;
    say << "input " << i << " answer " << a << " output " << o << " arguments " << n - 4;
    return std::string(o.rbegin(), o.rend()) == a ? 42 : 43;
}
"""


def spool(content: bytes) -> Spool:
    made = Spool()
    made.write(content)
    return made


@pytest.mark.parametrize("size", [100, 100_000, THREAD_BYTES * 3])
async def test_outputs_of_every_size_are_compared_alike(size: int) -> None:
    wanted = b"0.5 " * (size // 8)
    answer = sealed(wanted)
    rules = TokenRules(float_absolute=Decimal("0.01"))
    try:
        for output, is_right in ((wanted.replace(b"0.5", b"5e-1"), True), (wanted + b"7", False)):
            said = await compare(spool(output), answer, len(wanted), rules)
            assert (said == "") == is_right, said
    finally:
        os.close(answer)


async def test_large_comparison_leaves_the_loop_free() -> None:
    wanted = b"0.5 " * 700_000
    answer = sealed(wanted)
    lags = []

    async def beat() -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(0.01)
            lags.append(loop.time() - began - 0.01)

    pulse = asyncio.create_task(beat())
    said = await compare(spool(wanted.replace(b"0.5", b".50")), answer, len(wanted), TokenRules(float_absolute=Decimal("0.01")))
    pulse.cancel()
    os.close(answer)
    assert said == ""
    assert len(lags) > 10
    assert sorted(lags)[len(lags) * 9 // 10] < 0.1


def test_flags_of_a_case_come_on_top_of_the_checkers() -> None:
    checker = Checker(float_absolute_tolerance="1e-6", case_sensitive=True)
    rules = token_rules(checker, ("space_change_sensitive", "float_relative_tolerance", "0.5"))
    assert rules == TokenRules(True, True, Decimal("1e-6"), Decimal("0.5"))
    assert token_rules(Checker(), ("float_tolerance", "1e-3")).tolerance is not None


@pytest.mark.parametrize("flags", [("float_tolerance",), ("float_tolerance", "-1"), ("float_tolerance", "nan"), ("fuzzy",)])
def test_flags_that_make_no_sense_are_the_setters_fault(flags: tuple[str, ...]) -> None:
    with pytest.raises(BadCheckerFlag):
        token_rules(Checker(), flags)


@pytest.mark.sandbox
async def test_bad_flag_of_a_case_is_ve(workshop: Workshop) -> None:
    case = workshop.shelf.case("1", "", "", checker_arguments=("fuzzy",))
    end = await workshop.judged("python3", SILENT, [case])
    assert (end.outcome, "fuzzy" in end.message) == ("checker-error", True)


@pytest.mark.sandbox
async def test_validator_sees_input_answer_output_and_arguments(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("cpp", BACKWARDS, "check.cpp", arguments=("fast", "loose"))
    cases = [workshop.shelf.case("1", "abc", "cba", checker_arguments=("x",)), workshop.shelf.case("2", "abc", "abc")]
    end = await workshop.judged("python3", ECHO, cases, checker)
    assert [result.verdict for result in end.results] == ["AC", "WA"]
    assert end.results[0].message == "input abc answer cba output abc arguments 3"
    assert end.results[1].message == "input abc answer abc output abc arguments 2"


@pytest.mark.sandbox
async def test_validator_in_python_with_a_module_beside_it(workshop: Workshop) -> None:
    files = {
        "main.py": "import sys, rules\nsys.exit(42 if rules.fine(open(sys.argv[1]).read(), sys.stdin.read()) else 43)",
        "rules.py": "def fine(a, b): return a == b",
    }
    checker = Checker(CheckerKind.CUSTOM, program=workshop.shelf.program("python3", files))
    end = await workshop.judged("python3", ECHO, [workshop.shelf.case("1", "7", "")], checker)
    assert [result.verdict for result in end.results] == ["AC"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param("int main(){return 0;}", "exit code 0", id="says-nothing"),
        pytest.param("int main(){return 1;}", "exit code 1", id="exit-one"),
        pytest.param("int main(){*(volatile int*)0=1;}", "SIGSEGV", id="crashes"),
        pytest.param("int main(){for(;;);}", "CPU time", id="spins"),
        pytest.param("#include <vector>\nint main(){std::vector<std::vector<char>> v;for(;;)v.emplace_back(1<<20,1);}", "memory", id="hungry"),
        pytest.param(
            "#include <fstream>\nint main(int,char**v){std::ofstream(std::string(v[3])+\"score.txt\")<<\"a lot\";return 42;}", "no score", id="no-score"
        ),
    ],
)
async def test_validator_that_fails_is_ve_never_wa(workshop: Workshop, source: str, why: str) -> None:
    limits = Limits(cpu_ms=200, wall_ms=2000, memory_bytes=64 * MIB)
    checker = workshop.shelf.custom("cpp", source, "check.cpp", limits=limits)
    cases = [workshop.shelf.case(str(number), "", "") for number in range(3)]
    end = await workshop.judged("python3", SILENT, cases, checker, is_scoring=True)
    assert end.outcome == "checker-error"
    assert why in end.message
    assert [result.verdict for result in end.results] == ["VE"]


@pytest.mark.sandbox
async def test_validator_that_does_not_compile_is_ve_with_the_compilers_words(workshop: Workshop) -> None:
    end = await workshop.judged("python3", SILENT, (), workshop.shelf.custom("cpp", "int main(){nothing}", "check.cpp"))
    assert end.outcome == "checker-error"
    assert "nothing" in end.message


@pytest.mark.sandbox
async def test_validator_in_a_language_that_is_not_here_is_ve(workshop: Workshop) -> None:
    end = await workshop.judged("python3", SILENT, (), workshop.shelf.custom("cobol", "x", "check.cob"))
    assert (end.outcome, "cobol" in end.message) == ("checker-error", True)


@pytest.mark.sandbox
async def test_validator_that_is_missing_from_the_grader_is_our_fault(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("python3", "pass", "check.py")
    workshop.shelf.files.clear()
    end = await workshop.judged("python3", SILENT, (), checker)
    assert (end.outcome, "no-such-blob" in end.message) == ("judge-error", True)


@pytest.mark.sandbox
async def test_solutions_own_failure_wins_over_the_checker(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("cpp", "int main(){return 42;}", "check.cpp")
    result = await workshop.only_result("python3", "print(1)\nraise SystemExit(1)", (), checker)
    assert result.verdict == "RTE"
    slow = await workshop.only_result("python3", "while True: pass", (), checker, limits=dataclasses.replace(LIMITS, cpu_ms=100))
    assert slow.verdict == "TLE"


@pytest.mark.sandbox
async def test_validator_is_compiled_once_for_many_submissions(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("cpp", BACKWARDS, "check.cpp")
    case = workshop.shelf.case("1", "abc", "cba")
    await workshop.judged("python3", ECHO, [case], checker)
    compiled = list(workshop.builds._kept)
    await workshop.judged("python3", ECHO + "\n", [case], checker)
    assert set(compiled) < set(workshop.builds._kept)
    assert len(workshop.builds._kept) == len(compiled) + 1


def scoring(workshop: Workshop, **files: str) -> Checker:
    """A validator that accepts, and leaves these files."""
    lines = [f"open(sys.argv[3] + {name + '.txt'!r}, 'w').write({content!r})" for name, content in files.items()]
    return workshop.shelf.custom("python3", "\n".join(["import sys", *lines, "sys.exit(42)"]), "check.py")


@pytest.mark.sandbox
async def test_points_and_shares_of_a_validator_are_exact(workshop: Workshop) -> None:
    points = await workshop.only_result("python3", SILENT, (), scoring(workshop, score="17.3"), is_scoring=True)
    assert (points.verdict, points.points, points.score) == ("AC", Fraction(173, 10), None)
    share = await workshop.only_result("python3", SILENT, (), scoring(workshop, score_multiplier="0.3"), is_scoring=True)
    assert (share.verdict, share.points, share.score) == ("AC", None, Fraction(3, 10))


@pytest.mark.sandbox
async def test_score_of_a_validator_means_nothing_where_nothing_is_scored(workshop: Workshop) -> None:
    result = await workshop.only_result("python3", SILENT, (), scoring(workshop, score="a lot"))
    assert (result.verdict, result.points, result.score) == ("AC", None, None)


@pytest.mark.sandbox
@pytest.mark.parametrize("files", [{"score": "1", "score_multiplier": "1"}, {"score_multiplier": "1.01"}, {"score": "-1"}, {"score": "1e99"}])
async def test_scores_that_make_no_sense_are_ve(workshop: Workshop, files: dict[str, str]) -> None:
    assert (await workshop.only_result("python3", SILENT, (), scoring(workshop, **files), is_scoring=True)).verdict == "VE"


@pytest.mark.sandbox
async def test_words_for_the_team_and_for_the_jury_are_told_apart(workshop: Workshop) -> None:
    result = await workshop.only_result("python3", SILENT, (), scoring(workshop, judgemessage="line 3 is long", teammessage="shorter!"))
    assert result.message == "line 3 is long\nto the team: shorter!"


@pytest.mark.sandbox
async def test_feedback_of_one_case_is_not_that_of_the_next(workshop: Workshop) -> None:
    source = (
        "import os, sys\nfeedback = sys.argv[3]\nleft = os.listdir(feedback)\nopen(feedback + 'judgemessage.txt', 'w').write(f'found {left}')\n"
        "open(feedback + 'kept', 'w')\nsys.exit(42)"
    )
    end = await workshop.judged("python3", SILENT, [workshop.shelf.case(str(n), "", "") for n in range(3)], workshop.shelf.custom("python3", source, "c.py"))
    assert [result.message for result in end.results] == ["found []"] * 3
