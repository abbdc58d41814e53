"""Several output validators of a legacy package: all must accept, the first that does not decides, the last that gives points gives them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.verdicts import Verdict
from tests.services.runner.test_validating import validated
from tests.services.runner.workshop import Workshop
from wire.judging import Checker

pytestmark = pytest.mark.sandbox

ECHO = 'read -r line; echo "$line"'
# Right when the output has the letter that is the validator's name; the jury reads what it was called with.
HAS = """letter=$(basename "$0" .sh)
said=$(cat)
printf 'looked for %s%s' "$letter" "${*:4}" > "$3judgemessage.txt"
[ "$(ls "$3")" = judgemessage.txt ] || exit 9  # another was here before
[[ $said == *${letter^^}* ]] && printf %d "'$letter" > "$3score.txt"
[[ $said == *!* && $letter == b ]] && exit 7
[[ $said == *$letter* ]] && exit 42
exit 43
"""
ECHOES = """read -r word < "$1"
echo "$word$4"
read -r said
[ "$said" = "$word$4" ] && exit 42
exit 43
"""


def named(workshop: Workshop, letters: str, source: str = HAS, **more: object) -> tuple[Checker, tuple[Checker, ...]]:
    first, *others = (workshop.shelf.custom("bash", source, f"{letter}.sh", **more) for letter in letters)
    return first, tuple(others)


async def test_all_must_accept_and_the_first_that_does_not_decides(workshop: Workshop) -> None:
    checker, others = named(workshop, "abc", arguments=("+",))
    words = {"abc": Verdict.AC, "ac": Verdict.WA, "ab": Verdict.WA, "bc!": Verdict.WA, "ac!": Verdict.VE}
    found = {}
    for word in words:
        (result,) = (await workshop.judged("bash", ECHO, [workshop.shelf.case("1", word, "")], checker, more_checkers=others)).results
        found[word] = result
    assert {word: result.verdict for word, result in found.items()} == words
    assert found["abc"].message == "\n".join(f"validator {n} of 3: looked for {letter}+" for n, letter in enumerate("abc", 1))
    assert found["ac"].message == "validator 2 of 3: looked for b+"
    assert found["bc!"].message == "validator 1 of 3: looked for a+", "who comes after one that rejects is not asked"
    assert "validator 2 of 3: the validator failed: exit code 7" in found["ac!"].message


@pytest.mark.parametrize(("word", "points"), [("abcAB", 98), ("abcAC", 99), ("abcA", 97), ("abc", None)])
async def test_the_last_that_gives_points_gives_them(workshop: Workshop, word: str, points: int | None) -> None:
    checker, others = named(workshop, "abc")
    result = await workshop.only_result("bash", ECHO, [workshop.shelf.case("1", word, "")], checker, more_checkers=others, is_scoring=True)
    assert (result.verdict, result.points) == (Verdict.AC, None if points is None else Fraction(points))


async def test_one_that_does_not_compile_is_the_setters_fault(workshop: Workshop) -> None:
    checker, _ = named(workshop, "a")
    broken = workshop.shelf.custom("c", "int main() { return }", "b.c")
    end = await workshop.judged("bash", ECHO, [workshop.shelf.case("1", "a", "")], checker, more_checkers=(broken,))
    assert end.outcome == "checker-error"
    assert "does not compile" in end.message


async def test_an_interactive_case_is_played_with_each_from_the_start(workshop: Workshop) -> None:
    checker = workshop.shelf.custom("bash", ECHOES, "a.sh", arguments=("1",))
    more = (workshop.shelf.custom("bash", ECHOES, "b.sh", arguments=("2",)),)
    case = workshop.shelf.case("1", "x\n", "")
    both = await workshop.only_result("bash", ECHO, [case], checker, is_interactive=True, more_checkers=more)
    one = await workshop.only_result("bash", 'read -r line; echo "${line/2/3}"', [case], checker, is_interactive=True, more_checkers=more)
    assert (both.verdict, one.verdict) == (Verdict.AC, Verdict.WA)


async def test_the_jurys_answers_are_shown_to_all(workshop: Workshop) -> None:
    checker, others = named(workshop, "ab")
    cases = [workshop.shelf.case("1", "", "ab"), workshop.shelf.case("2", "", "a")]
    end = await validated(workshop, cases, (), checker, more_checkers=others)
    assert [(one.code, one.path) for one in end.findings] == [("answer-rejected", "data/2.ans")]
    assert "validator 2 of 2: looked for b" in end.findings[0].message
