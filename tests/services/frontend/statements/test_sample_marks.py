"""A statement says where its samples stand; what it does not place comes at its end."""

from __future__ import annotations

import pytest

from services.frontend.statements import parts_of, passes_of, render_statement
from wire.problems import Sample, Statement

SAMPLES = tuple(Sample(str(number), f"in {number}", f"out {number}") for number in range(1, 4))


def placed(text: str, text_format: str = "markdown") -> tuple[list[tuple[str, list[int]]], list[int]]:
    rendered = render_statement(Statement("en", text_format, "statement/problem.en.x", "T", text), lambda path: path)
    parts, left = parts_of(rendered.html, SAMPLES)
    return [(str(part.html).strip(), [one.number for one in part.samples]) for part in parts], [one.number for one in left]


@pytest.mark.parametrize(
    ("text_format", "text"),
    [("markdown", "One.\n{{nextsample}}\nTwo.\n\n{{remainingsamples}}\n"), ("latex", "One.\n\\nextsample Two.\n\\remainingsamples")],
)
def test_samples_stand_where_the_statement_wants_them(text_format: str, text: str) -> None:
    assert placed(text, text_format) == ([("<p>One.</p>", [1]), ("<p>Two.</p>", [2, 3]), ("", [])], [])


def test_samples_that_no_mark_asks_for_come_at_the_end() -> None:
    assert placed("One.") == ([("<p>One.</p>", [])], [1, 2, 3])
    assert placed("{{nextsample}}\n\nOne.") == ([("", [1]), ("<p>One.</p>", [])], [2, 3])


def test_marks_without_samples_leave_nothing_and_are_not_forged() -> None:
    html = "\n\n".join(["{{nextsample}}"] * 4)
    parts, left = placed(html)
    assert [numbers for _, numbers in parts] == [[1], [2], [3], [], []]
    assert left == []
    assert placed("<p>\ue000rest\ue001</p>", "html") == ([("<p>rest</p>", [])], [1, 2, 3])


def test_a_mark_in_the_middle_of_a_line_is_text() -> None:
    assert placed("See {{nextsample}} here.")[1] == [1, 2, 3]


def test_an_exchange_is_read_by_who_speaks() -> None:
    (first, second) = passes_of("< 5\n> 101\n>1\nnobody\n< more\n---\n> 5\n")
    assert [(turn.is_input, turn.lines) for turn in first] == [(True, ("5",)), (False, ("101", "1")), (True, ("more",))]
    assert [(turn.is_input, turn.lines) for turn in second] == [(False, ("5",))]
    assert passes_of("") == ()
