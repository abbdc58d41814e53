"""No statement, however it is written, holds a thread for long: what grows with the square of its length is bounded."""

from __future__ import annotations

import time

import pytest

from services.frontend.statements import render_statement
from services.frontend.statements.render import MAX_STATEMENT_CHARS
from wire.problems import Statement

LATEX = (r"\[", r"\(", "$$ ", "$a", "$", r"\begin{align}", r"\begin{verbatim}", r"\verb|", r"\begin{itemize}\item ", "{", r"\textbf{", r"\begin{tabular}{l}",
         r"\begin{x}", "%", "\\\\", r"\includegraphics[", r"\footnote{", "$x$ ", "\n\n", r"\begin{center}a\end{center}", r"\'e", r"\bf ")  # fmt: skip
MARKDOWN = ("[", "![", "*a ", "**", "_a*", "> ", "- ", "`", "`a``b", "$", "$a ", "$$\n", "$$a ", "|", "<", "<a ", "](", "[a](", "[a]: b\n", "\\", "# a\n", "```\n",
            "~~a", "\"'", "![a](b){", "![a](b){width=", "a\n: b\n", "$x$ ", "1. a\n", "<http://", "{{ nextsample ", "![](a")  # fmt: skip
HTML = ("<", "<b>", "<div>", "<math>", "<table>", "<a href=x ", "<!--", "<img src=a>", '<td style="text-align:', "<p><table>")


@pytest.mark.parametrize(("form", "part"), [*(("latex", part) for part in LATEX), *(("markdown", part) for part in MARKDOWN), *(("html", part) for part in HTML)])
def test_repetition_takes_no_time_to_speak_of(form: str, part: str) -> None:
    text = (part * MAX_STATEMENT_CHARS)[:MAX_STATEMENT_CHARS]
    began = time.process_time()
    render_statement(Statement("en", form, "problem_statement/problem", "T", text), lambda path: f"/files/{path}")
    assert time.process_time() - began < 6, "a few seconds on a busy machine, not minutes"
