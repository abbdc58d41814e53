"""Several output validators of a legacy package: all must accept, the first that does not decides, the last that gives points gives them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.verdicts import Verdict
from tests.services.runner.test_validating import validated
from tests.services.runner.workshop import Workshop
from wire.judging import Checker

pytestmark = pytest.mark.sandbox

ECHO = "print(input())"
# Right when the output has the letter that is the validator's name; the jury reads what it was called with.
HAS = """import os, sys
letter = os.path.basename(sys.argv[0])[0]
said = sys.stdin.read()
open(sys.argv[3] + 'judgemessage.txt', 'w').write(f"looked for {letter}{''.join(sys.argv[4:])}")
assert os.listdir(sys.argv[3]) == ['judgemessage.txt'], 'another was here before'
if letter.upper() in said:
    open(sys.argv[3] + 'score.txt', 'w').write(str(ord(letter)))
sys.exit(7 if '!' in said and letter == 'b' else 42 if letter in said else 43)
"""
ECHOES = """import sys
word = open(sys.argv[1]).read().strip() + sys.argv[4]
print(word, flush=True)
sys.exit(42 if input() == word else 43)
"""


def named(workshop: Workshop, letters: str, source: str = HAS, **more: object) -> tuple[Checker, tuple[Checker, ...]]:
    first, *others = (workshop.shelf.custom("python3", source, f"{letter}.py", **more) for letter in letters)
    return first, tuple(others)


async def test_all_must_accept_and_the_first_that_does_not_decides(workshop: Workshop) -> None:
    checker, others = named(workshop, "abc", arguments=("+",))
    words = {"abc": Verdict.AC, "ac": Verdict.WA, "ab": Verdict.WA, "bc!": Verdict.WA, "ac!": Verdict.VE}
    found = {}
    for word in words:
        (result,) = (await workshop.judged("python3", ECHO, [workshop.shelf.case("1", word, "")], checker, more_checkers=others)).results
        found[word] = result
    assert {word: result.verdict for word, result in found.items()} == words
    assert found["abc"].message == "\n".join(f"validator {n} of 3: looked for {letter}+" for n, letter in enumerate("abc", 1))
    assert found["ac"].message == "validator 2 of 3: looked for b+"
    assert found["bc!"].message == "validator 1 of 3: looked for a+", "who comes after one that rejects is not asked"
    assert "validator 2 of 3: the validator failed: exit code 7" in found["ac!"].message


@pytest.mark.parametrize(("word", "points"), [("abcAB", 98), ("abcAC", 99), ("abcA", 97), ("abc", None)])
async def test_the_last_that_gives_points_gives_them(workshop: Workshop, word: str, points: int | None) -> None:
    checker, others = named(workshop, "abc")
    result = await workshop.only_result("python3", ECHO, [workshop.shelf.case("1", word, "")], checker, more_checkers=others, is_scoring=True)
    assert (result.verdict, result.points) == (Verdict.AC, None if points is None else Fraction(points))


async def test_one_that_does_not_compile_is_the_setters_fault(workshop: Workshop) -> None:
    checker, _ = named(workshop, "a")
    broken = workshop.shelf.custom("cpp", "int main() { return }", "b.cpp")
    end = await workshop.judged("python3", ECHO, [workshop.shelf.case("1", "a", "")], checker, more_checkers=(broken,))
    assert end.outcome == "checker-error"
    assert "does not compile" in end.message


async def test_an_interactive_case_is_played_with_each_from_the_start(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("python3", ECHOES, "a.py", arguments=("1",))
    more = (workshop.shelf.custom("python3", ECHOES, "b.py", arguments=("2",)),)
    case = workshop.shelf.case("1", "x\n", "")
    both = await workshop.only_result("python3", "print(input(), flush=True)", [case], checker, is_interactive=True, more_checkers=more)
    one = await workshop.only_result("python3", "print(input().replace('2', '3'), flush=True)", [case], checker, is_interactive=True, more_checkers=more)
    assert (both.verdict, one.verdict) == (Verdict.AC, Verdict.WA)


async def test_the_jurys_answers_are_shown_to_all(workshop: Workshop) -> None:
    checker, others = named(workshop, "ab")
    cases = [workshop.shelf.case("1", "", "ab"), workshop.shelf.case("2", "", "a")]
    end = await validated(workshop, cases, (), checker, more_checkers=others)
    assert [(one.code, one.path) for one in end.findings] == [("answer-rejected", "data/2.ans")]
    assert "validator 2 of 2: looked for b" in end.findings[0].message
