"""Submissions that use files in place of their streams."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
import pytest_asyncio

from contest.groups import CaseGroup, OnReject
from contest.limits import MIB
from services.runner.languages.table import Toolchain
from tests.services.runner.workshop import LIMITS, Workshop
from wire.judging import Checker, CheckerKind

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop(
    tmp_path_factory: pytest.TempPathFactory, programs_folder: Path, toolchains: Mapping[str, Toolchain]
) -> AsyncIterator[Workshop]:
    """One for all: programs are compiled once."""
    async with Workshop(tmp_path_factory.mktemp("files"), programs_folder, toolchains) as made:
        yield made


NAMES = {"input_file": "sum.in", "output_file": "sum.out"}
FILES = "a, b = map(int, open('sum.in').read().split())\nprint(a + b, file=open('sum.out', 'w'))\n"


@pytest.mark.parametrize(
    ("source", "verdict", "message"),
    [
        (FILES + "print('words beside it')", "AC", ""),
        ("print(sum(map(int, input().split())))", "AC", ""),
        ("a, b = map(int, input().split())\nopen('sum.out', 'w').write(str(a + b))", "AC", ""),
        ("open('sum.out', 'w')\nprint(sum(map(int, input().split())))", "WA", ""),
        ("import os\nos.symlink('sum.in', 'sum.out')\nprint(3)", "AC", ""),
        ("try: open('sum.in', 'a').write('x')\nexcept OSError: print(3)", "AC", ""),
        ("open('sum.out', 'w').write('3 ' * 1048576)", "OLE", "more than 1048576 bytes"),
        ("open('sum.out', 'w').write('3')\n1 / 0", "RTE", "exit code 1"),
    ],
)
async def test_submission_may_use_the_files_that_the_problem_names(workshop: Workshop, source: str, verdict: str, message: str) -> None:
    limits = dataclasses.replace(LIMITS, output_bytes=MIB, file_bytes=8 * MIB)
    result = await workshop.only_result("python3", source, [workshop.shelf.case("1", "1 2\n", "3\n")], limits=limits, **NAMES)
    assert (result.verdict, message in result.message) == (verdict, True), result


async def test_files_of_one_case_are_not_there_in_the_next(workshop: Workshop) -> None:
    spy = "import os\nassert os.listdir('.') == ['sum.in'], os.listdir('.')\n" + FILES
    cases = [workshop.shelf.case(str(number), f"{number} 2\n", f"{number + 2}\n") for number in range(4)]
    end = await workshop.judged("python3", spy, cases, **NAMES)
    assert [result.verdict for result in end.results] == ["AC"] * 4, end


async def test_number_is_right_above_zero_up_to_the_cases_threshold(workshop: Workshop) -> None:
    source = "import sys\nsys.stderr.write('tries')\nprint(open(sys.argv[3]).read().strip())"
    checker = Checker(CheckerKind.CMS, program=workshop.shelf.program("python3", {"check.py": source}))
    wanted = {"7": "AC", "7.5": "AC", "8": "WA", "0": "WA", "-3": "WA", "0.0001": "AC", "1e-300": "AC", "inf": "WA", "nan": "VE"}
    cases = [workshop.shelf.case(word, word, "", threshold=Fraction(15, 2)) for word in wanted]
    groups = CaseGroup(on_reject=OnReject.CONTINUE)
    end = await workshop.judged("python3", "print(input())", cases, checker, is_scoring=True, groups=groups)
    assert {word: result.verdict for word, result in zip(wanted, end.results, strict=True)} == wanted, end
    assert [end.results[place].message for place in (0, 2)] == ["7\ntries", "8, at most 7.5 is right\ntries"]
