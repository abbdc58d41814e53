"""Submissions that are outputs: which part is whose, and that nothing of them is run."""

from __future__ import annotations

from fractions import Fraction

import pytest

from contest.groups import CaseGroup, OnReject
from contest.limits import Limits
from services.runner.builds import BuildFailed
from services.runner.flows.outputs import read_outputs
from tests.services.runner.workshop import Workshop
from wire.judging import Checker, CheckerKind

CASES = ["sample/1", "secret/01", "secret/02"]
ALL = CaseGroup(on_reject=OnReject.CONTINUE)


@pytest.mark.parametrize(
    ("files", "outputs"),
    [
        pytest.param({"output.txt": b"42\n"}, [b"42\n"] * 3, id="one-for-all"),
        pytest.param({"output.txt": b"=== 01 ===\nA\n=== secret/02 ===\r\nB\n"}, [None, b"A\n", b"B\n"], id="parts"),
        pytest.param({"output.txt": b"\n===02===\n=== 03 b ===\n=== 01 ==="}, [None, b"", b"=== 03 b ===\n"], id="spaces-and-empty"),
        pytest.param({"output.txt": b"A\n=== 01 ===\nB"}, [b"A\n=== 01 ===\nB"] * 3, id="no-header-at-the-start"),
        pytest.param({"02.out": b"B", "secret/01.out": b"A", "output_1.txt": b"S"}, [b"S", b"A", b"B"], id="files"),
        pytest.param({"02.out": b"B"}, [None, None, b"B"], id="one-file-with-a-case's-name"),
    ],
)
def test_parts_of_a_submission_belong_to_the_cases_that_they_name(files: dict[str, bytes], outputs: list[bytes | None]) -> None:
    read = read_outputs(files, CASES)
    assert [read.of(case) for case in CASES] == outputs


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"output.txt": b"=== 7 ===\n"}, "no case '7'"),
        ({"output.txt": b"=== 01 ===\n=== secret/01 ===\n"}, "two outputs"),
        ({"01.out": b"", "readme.txt": b""}, "'readme.txt' is named after no case"),
    ],
)
def test_what_names_no_case_is_refused_with_words(files: dict[str, bytes], why: str) -> None:
    with pytest.raises(BuildFailed, match=why):
        read_outputs(files, CASES)


def test_last_part_that_two_cases_share_names_neither() -> None:
    with pytest.raises(BuildFailed, match="no case '1'"):
        read_outputs({"x": b"=== 1 ===\n"}, ["sample/1", "secret/1"])


@pytest.mark.sandbox
async def test_checker_judges_what_was_submitted_and_nothing_is_run(workshop: Workshop) -> None:
    check = "import sys\ngiven, answer, output = (open(path).read() for path in sys.argv[1:])\nprint(1 if output.strip() == answer else 0.5)"
    checker = Checker(CheckerKind.CMS, program=workshop.shelf.program("python3", {"check.py": check}))
    cases = [workshop.shelf.case(f"secret/{number}", "", f"{number}") for number in range(4)]
    text = "=== 0 ===\n0\n=== 1 ===\n7\n=== 3 ===\n3\n"
    end = await workshop.judged("text", text, cases, checker, is_output_only=True, is_scoring=True, groups=ALL)
    got = [(result.verdict, result.score) for result in end.results]
    assert got == [("AC", 1), ("PA", Fraction(1, 2)), ("WA", None), ("AC", 1)], end
    assert set(workshop.eyes.purposes) == {"compiler", "validator"}


@pytest.mark.sandbox
async def test_plain_comparison_and_the_limit_hold_for_outputs_too(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(f"secret/{number}", "", "ab") for number in range(2)]
    limits = Limits(output_bytes=10)
    end = await workshop.judged("text", f"=== 0 ===\nab\n=== 1 ===\n{'ab ' * 20}", cases, is_output_only=True, limits=limits)
    assert [result.verdict for result in end.results] == ["AC", "OLE"]
    assert workshop.eyes.purposes == []


@pytest.mark.sandbox
@pytest.mark.parametrize(("language", "is_output_only", "words"), [("python3", True, "takes outputs"), ("text", False, "takes programs")])
async def test_program_for_an_output_and_output_for_a_program_are_refused(
    workshop: Workshop, language: str, is_output_only: bool, words: str
) -> None:
    end = await workshop.judged(language, "42", is_output_only=is_output_only)
    assert (end.outcome, words in end.compile_output) == ("compile-error", True), end
