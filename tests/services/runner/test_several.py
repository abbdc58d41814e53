"""Submissions of several processes that talk with one manager, and managers of every order: who failed makes the verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from contest.results import CaseResult
from services.runner.languages.table import Toolchain
from tests.services.runner.workshop import LIMITS, Workshop
from wire.judging import Checker, CheckerKind
from wire.manifest import Talks

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop(
    tmp_path_factory: pytest.TempPathFactory, programs_folder: Path, toolchains: Mapping[str, Toolchain]
) -> AsyncIterator[Workshop]:
    """One for all: programs are compiled once."""
    async with Workshop(tmp_path_factory.mktemp("several"), programs_folder, toolchains) as made:
        yield made

QUICK = dataclasses.replace(LIMITS, cpu_ms=400)

# The first process is told a number and says a word for it; the second is told the word and says the number.
MANAGER = """
import sys
from contextlib import suppress
secret = input()
with suppress(BrokenPipeError):
    ways = [(open(sys.argv[i]), open(sys.argv[i + 1], "w")) for i in range(1, len(sys.argv), 2)]
    word = secret
    for hears, says in ways:
        print(word, file=says, flush=True)
        word = hears.readline().strip()
    sys.stderr.write("translate:success" if word == secret else "told " + word)
    print(1.0 if word == secret else 0.0)
    sys.exit()
print(0.0)
"""
PAIR = """
import sys
hears, says, number = open(sys.argv[1]), open(sys.argv[2], "w"), sys.argv[3]
assert sys.argv[4:] == []
said = hears.readline().strip()
FIRST if number == "0" else SECOND
print(said[::-1], file=says, flush=True)
"""


def pair(first: str = "pass", second: str = "pass", source: str = PAIR) -> str:
    """A solution whose processes do something before they answer."""
    return source.replace('FIRST if number == "0" else SECOND', f"if number == '0':\n    {first}\nelse:\n    {second}")


async def talked(workshop: Workshop, source: str, manager: str = MANAGER, language: str = "python3", **more: object) -> CaseResult:
    """The result of one case."""
    program = Checker(CheckerKind.CMS, program=workshop.shelf.program("python3", {"manager.py": manager}))
    more = {"processes": 2, "limits": QUICK, **more}
    case = [workshop.shelf.case("1", "123\n", "")]
    return await workshop.only_result(language, source, case, Checker(), interactor=program, is_interactive=True, is_scoring=True, **more)


BURN = "from time import process_time\n    while process_time() < 0.25: pass"


@pytest.mark.parametrize(
    ("source", "verdict", "message"),
    [
        (pair(), "AC", "the output is correct"),
        (pair(second="said += '4'"), "WA", "told 4123"),
        (pair(first="sys.exit(7)"), "RTE", "process 0: exit code 7"),
        (pair(second="sys.exit(7)"), "RTE", "process 1: exit code 7"),
        (pair(first="sys.exit(7)", second="sys.exit(8)"), "RTE", "process 0: exit code 7"),
        (pair(second="x = bytearray(1 << 28)"), "MLE", "process 1: "),
        (pair(second="hears.readline()"), "TLE", "process 1: "),
        (pair(first=BURN, second=BURN), "TLE", "all 2 processes together"),
        (pair(first="while True: pass", second="assert said"), "TLE", "process 0: more than 400 ms of CPU time"),
    ],
)
async def test_process_that_fails_makes_the_verdict(workshop: Workshop, source: str, verdict: str, message: str) -> None:
    result = await talked(workshop, source)
    assert (result.verdict, message in result.message) == (verdict, True), result
    if "together" in message:
        assert result.time_ms > QUICK.cpu_ms, "figures are those of all processes"


async def test_jury_sees_what_each_process_said(workshop: Workshop) -> None:
    result = await talked(workshop, pair(second="said += '4'"))
    assert result.output_head.splitlines() == ["[process 0]", "< 123", "> 321", "[process 1]", "< 321", "> 4123"]


async def test_processes_may_use_their_streams(workshop: Workshop) -> None:
    source = "import sys\nassert sys.argv[1:] in (['0'], ['1'])\nprint(input()[::-1])"
    result = await talked(workshop, source, talks=Talks.STREAMS)
    assert result.verdict == "AC", result


WRITE_FIRST = """
#include <stdio.h>
int main(int n, char **v) {
    FILE *to = fopen(v[1], "w"), *from = fopen(v[2], "r");
    int number;
    if (n != 3 || fscanf(from, "%d", &number) != 1) return 1;
    fprintf(to, "%d\\n", number);
    fclose(to);
    return 0;
}
"""
OLD_MANAGER = """
import sys
says, hears = open(sys.argv[1], "w"), open(sys.argv[2])
print(input(), file=says)
says.close()
print(1.0 if hears.read() == "123\\n" else 0.0)
"""


async def test_fifos_in_the_order_of_old_tasks(workshop: Workshop) -> None:
    result = await talked(workshop, WRITE_FIRST, OLD_MANAGER, "c", processes=1, talks=Talks.FIFOS_WRITE_FIRST)
    assert result.verdict == "AC", result


@pytest.mark.parametrize("processes", [1, 3])
async def test_manager_that_has_said_everything_is_heard_of_at_once(workshop: Workshop, processes: int) -> None:
    manager = (
        "import sys\nways = [(open(sys.argv[i]), open(sys.argv[i + 1], 'w')) for i in range(1, len(sys.argv), 2)]\n"
        "for hears, says in ways:\n    print('all', file=says)\n    says.close()\n    assert hears.read() == 'all\\n'\nprint(1.0)\n"
    )
    source = "import sys\nsays = open(sys.argv[2], 'w')\nsays.write(open(sys.argv[1]).read())"
    result = await talked(workshop, source, manager, processes=processes)
    assert result.verdict == "AC", result


async def test_more_processes_than_a_manager_can_talk_with_are_the_setters_fault(workshop: Workshop) -> None:
    program = Checker(CheckerKind.CMS, program=workshop.shelf.program("python3", {"manager.py": MANAGER}))
    end = await workshop.judged("python3", "pass", (), Checker(), interactor=program, is_interactive=True, processes=4)
    assert (end.outcome, "4 processes" in end.message) == ("checker-error", True), end
