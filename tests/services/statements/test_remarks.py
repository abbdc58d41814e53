"""What a page would show as it is written, or not at all, is said before anybody sees it; what it shows well is not talked about."""

from __future__ import annotations

import time

import pytest

from services.frontend.statements.latex import MEANINGS, latex_to_html
from services.statements import MAX_STATEMENT_CHARS
from services.statements.figures import Beside
from services.statements.latex_words import SPECIAL
from services.statements.remarks import remarks_of
from tests.services.frontend.statements.test_hostile_statements import HTML, LATEX, MARKDOWN
from tests.services.frontend.statements.test_latex import READS

MAKERS = (r"\newcommand{\x}[1]{#1#1#1}\x{", r"\def\a{", r"\end{x}", r"\begin{x}\end{x}", r"\includegraphics{", r"\input{", r"\input a ", "}", r"\let\a\a ")
SHOWN_AS_WRITTEN = "<code>\\"


def said(text: str, *known: str, form: str = "latex") -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in remarks_of(text, form, "statement", {f"statement/{name}" for name in known})]


@pytest.mark.parametrize(("text", "remarks"), [
    ("One.\n\n\\unknown{kept}", [("statement-command", 3)]),
    ("\\begin{foo}\na\\end{foo}", [("statement-command", 1)]),
    ("a\n{b", [("statement-group", 2)]),
    ("a\nb} c", [("statement-group", 2)]),
    ("\\begin{center}\n\\begin{quote}\n\\end{center}", [("statement-group", 2)]),
    ("\n\\end{center}", [("statement-group", 2)]),
    ("$a$\n$\\frac{1}{2$", [("statement-formula", 2)]),
    ("\\documentclass{article}\n\\weird\n\\begin{document}\n\\weird\n\\end{document}", [("statement-command", 4)]),
    ("% \\unknown {\n\\verb|\\unknown{| \\begin{verbatim}\n\\unknown}\n\\end{verbatim}", []),
    ("\\newcommand{\\N}{\\mathbb{N}}\\def\\two#1#2{#1, #2} $x\\in\\N$ \\two{a}{b}", []),
    ("\\newcommand{\\N}{\\mathbb{N}}\n\\M", [("statement-command", 2)]),
    ("\\includegraphics{pic} \\includegraphics[width=2cm]{pic.png} \\illustration{0.3}{pic}{x}", []),
    ("\\includegraphics{old}\n\\includegraphics{gone}", [("statement-figure", 1), ("statement-figure", 2)]),
    ("\\input{part} \\include{part.tex}\n\\input gone", [("statement-input", 2)]),
])  # fmt: skip
def test_what_latex_cannot_be_shown_is_said_with_its_line(text: str, remarks: list[tuple[str, int]]) -> None:
    assert said(text, "pic.png", "old.eps", "part.tex") == remarks


@pytest.mark.parametrize(("form", "text", "remarks"), [
    ("markdown", "![a](pic.png)\n![b](gone.png)\n`![c](gone2.png)`\n```\n![d](gone3.png)\n```\n", [("statement-figure", 2)]),
    ("markdown", "![a](https://elsewhere.example/a.png) ![a](../../a.png)", [("statement-figure", 1), ("statement-figure", 1)]),
    ("html", "<p>a</p>\n<img alt=x src='gone.png'><img src=pic.png>", [("statement-figure", 2)]),
])  # fmt: skip
def test_images_that_are_not_there_are_said(form: str, text: str, remarks: list[tuple[str, int]]) -> None:
    assert said(text, "pic.png", form=form) == remarks


def test_of_what_is_said_nothing_the_page_shows_nothing_as_it_is_written() -> None:
    known = frozenset({"problem_statement/pic.png"})
    for text, _ in READS:
        remarks = remarks_of(text, "latex", "problem_statement", known)
        assert bool([one for one in remarks if one.code == "statement-command"]) == (SHOWN_AS_WRITTEN in latex_to_html(text, Beside("problem_statement", known))), text


def test_the_words_that_are_known_are_those_that_have_a_meaning() -> None:
    assert set(MEANINGS) == SPECIAL


@pytest.mark.parametrize(("form", "part"), [*(("latex", part) for part in (*LATEX, *MAKERS)), *(("markdown", part) for part in MARKDOWN), *(("html", part) for part in HTML)])
def test_looking_takes_no_longer_than_showing(form: str, part: str) -> None:
    length = MAX_STATEMENT_CHARS // 4
    text = (part * length)[:length]
    began = time.process_time()
    remarks_of(text, form, "statement", {"statement/pic.png"})
    assert time.process_time() - began < 2, "a second on a busy machine, not minutes"
