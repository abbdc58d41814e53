"""What the jury sees of a rejected case: the first line that differs, set beside the answer, within bounds."""

from __future__ import annotations

import pytest

from contest.groups import CaseGroup, OnReject
from contest.verdicts import Verdict
from services.runner.flows.differences import SAID_BYTES, SEARCHED_BYTES, side_by_side
from services.runner.sandbox.reading import bytes_reader
from tests.services.runner.workshop import Workshop


def said(output: bytes, answer: bytes) -> list[str]:
    return side_by_side(bytes_reader(output), bytes_reader(answer)).split("\n")


@pytest.mark.parametrize(
    ("output", "answer", "wanted"),
    [
        (b"1\n2\n4\n", b"1\n2\n3\n", ["line 3", "  2", "- 3", "+ 4"]),
        (b"1\n", b"1\n2\n", ["line 2", "  1", "- 2", "+ [the output ends here]"]),
        (b"1\n2\n", b"1", ["line 2", "  1", "- [the answer ends here]", "+ 2"]),
        (b"", b"1", ["line 1", "- 1", "+ [the output ends here]"]),
        (b"YES \n\n0.3333333\n5", b"yes\n0.33333330001\n6\n", ["line 4", "  0.3333333", "- 6", "+ 5"]),
        (b"YES\n\n1", b"yes  \n1\n", ["no difference but in white space, case or last digits"]),
        (b"\xff\x00\n", b"1\n", ["line 1", "- 1", "+ \ufffd\ufffd"]),
    ],
)
def test_the_first_line_that_differs_is_said(output: bytes, answer: bytes, wanted: list[str]) -> None:
    assert said(output, answer) == wanted


def test_a_difference_far_out_in_a_long_line_is_what_is_shown() -> None:
    where, wanted, found = lines = said(b"a " * 5000 + b"bad\n", b"a " * 5000 + b"good " * 3000)
    assert where == "line 1, from byte 9941 of it"
    assert "good" in wanted
    assert "bad" in found
    assert sum(len(line.encode()) + 1 for line in lines) <= SAID_BYTES


def test_what_is_looked_through_is_bounded() -> None:
    long = b"x\n" * (SEARCHED_BYTES // 2)
    assert said(long + b"1\n", long + b"2\n") == ["no difference in the first 2 MiB"]
    assert said(b"y" * (SEARCHED_BYTES + 5), long) == ["no difference in the first 2 MiB"]


async def test_the_first_rejected_cases_keep_their_output_and_the_others_do_not(workshop: Workshop) -> None:
    cases = [workshop.shelf.case(str(number), f"{number}\n", f"{number % 2}\n") for number in range(10)]
    end = await workshop.judged("python3", "print(1)", cases, is_scoring=True, groups=CaseGroup(on_reject=OnReject.CONTINUE))
    assert [result.verdict for result in end.results] == [Verdict.WA, Verdict.AC] * 5
    kept = [(result.output_head, result.difference) for result in end.results if result.output_head]
    assert kept == [("1\n", "line 1\n- 0\n+ 1")] * 3
    assert [bool(result.output_head) for result in end.results[:6]] == [True, False] * 3


async def test_what_a_validator_of_the_package_rejects_is_not_held_against_the_answer(workshop: Workshop) -> None:
    result = await workshop.only_result("python3", "print(1)", [workshop.shelf.case("1", "", "2")], workshop.shelf.custom("python3", "raise SystemExit(43)", "v.py"))
    assert (result.verdict, result.output_head, result.difference) == (Verdict.WA, "1\n", "")
