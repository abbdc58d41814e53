"""Statements are shown as their setters meant them, and nothing that a setter writes can act on the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.frontend.statements import render_note, render_statement
from services.statements.figures import public_path
from wire.problems import Statement


def shown(text: str, form: str = "markdown", path: str = "problem_statement/problem.en.md") -> str:
    return str(render_statement(Statement("en", form, path, "Title", text), lambda path: f"/files/{path}").html)


def test_markdown_has_tables_lists_code_and_maths() -> None:
    html = shown("# Input\n\n- one $x$\n- two `code`\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n$$\\sum_i i$$\n\n```\nraw $y$\n```\n")
    assert "<h2>Input</h2>" in html
    assert "<li>one <math" in html
    assert '<td align="right">2</td>' in html
    assert '<div class="maths-block"><math display="block"' in html
    assert "raw $y$" in html


def test_headings_begin_below_the_title_of_the_page() -> None:
    assert re.findall(r"<h(\d)>", shown("# One\n\n### Two\n")) == ["2", "4"]
    assert re.findall(r"<h(\d)>", shown("### One\n")) == ["2"]


def test_dollars_that_are_money_stay_dollars() -> None:
    assert "<math" not in shown("It costs \\$5, or between $5 and $6.")
    assert "<math" in shown("At most 10$^9$ of them.")


def test_images_come_from_the_public_tree_with_their_width() -> None:
    assert '<img width="60%" src="/files/problem_statement/pic.png" alt="A map">' in shown("![A map](pic.png){width=60%}").replace(
        '<img src="/files/problem_statement/pic.png" alt="A map" width="60%">', '<img width="60%" src="/files/problem_statement/pic.png" alt="A map">'
    )  # fmt: skip
    assert "/files/attachments/data.zip" in shown("[data](../attachments/data.zip)")


@pytest.mark.parametrize("address", ["http://evil.example/x.png", "//evil.example/x.png", "/etc/passwd", "../../x.png", "data:text/html,x", "javascript:alert(1)"])
def test_images_from_elsewhere_are_left_out(address: str) -> None:
    assert "<img" not in shown(f"![x]({address})")


@pytest.mark.parametrize(("address", "meant"), [
    ("a.png", "s/a.png"), ("../b/c.png", "b/c.png"), ("%2e%2e/d.png", "d.png"), ("../../e.png", None), ("..%2f..%2fe.png", None),
    ("/f.png", None), ("C:g.png", None), ("h\\..\\i.png", None), ("", None), ("k.png?x#y", "s/k.png"), (".", "s"), ("..", None),
])  # fmt: skip
def test_addresses_mean_paths_of_the_public_tree_or_nothing(address: str, meant: str | None) -> None:
    assert public_path(address, "s") == meant


ATTACKS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=//evil>", "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>", "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "<form action=//evil><input name=csrf></form>",
    "<style>body{display:none}</style>", "<p style='position:fixed;inset:0'>x</p>", "<math><mtext></p><script>alert(1)</script></mtext></math>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>", "<base href=//evil>", "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil>", "<object data=//evil>", "<div id=main class=toasts>x</div>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>", "[x](javascript:alert(1))", "![x](x onerror=alert(1))", "<http://a onclick=alert(1)>", "`</code><script>alert(1)</script>`",
)  # fmt: skip


class _Listing(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))


def assert_harmless(html: str) -> None:
    listing = _Listing()
    listing.feed(html)
    for tag, attributes in listing.found:
        assert tag not in {"script", "style", "iframe", "object", "embed", "form", "input", "button", "base", "meta", "link", "svg", "template", "annotation-xml"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"style", "id", "name", "srcset", "formaction", "xlink:href"}
            if name == "src":
                assert (value or "").startswith("/files/")
            if name == "href":
                assert (value or "").startswith(("/files/", "http://", "https://", "mailto:"))


@pytest.mark.parametrize("form", ["markdown", "html", "latex", "unheard-of"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_statement_acts_on_the_page(attack: str, form: str) -> None:
    assert_harmless(shown(f"before\n\n{attack}\n\nafter", form))


@settings(max_examples=150, deadline=2000)
@given(st.lists(st.sampled_from([*ATTACKS, "$x$", "\\begin{itemize}", "\\item", "\\end{itemize}", "{", "}", "\n\n", "\\textbf{", "|a|b|\n|-|-|\n", "$$"]), max_size=12))
def test_no_mixture_of_attacks_acts_on_the_page(parts: list[str]) -> None:
    for form in ("markdown", "latex", "html"):
        assert_harmless(shown(" ".join(parts), form))


def test_html_of_a_setter_is_cleaned_and_stays_readable() -> None:
    html = shown("<h1>Title</h1><p onclick=x>Text with <b>bold</b> <script>alert(1)</script></p>", "html")
    assert "<p>Text with <b>bold</b> </p>" in html


def test_footnotes_come_at_the_end() -> None:
    html = str(render_statement(Statement("en", "markdown", "statement/p.md", "T", "Known[^1].\n\n[^1]: From *here*.\n"), lambda path: path).html)
    assert html.index("[1]") < html.index("<ol>") < html.index("From <em>here</em>.")


def test_a_pdf_is_linked() -> None:
    rendered = render_statement(Statement("en", "pdf", "problem_statement/problem.pdf", "T", ""), lambda path: f"/files/{path}")
    assert (rendered.pdf_url, str(rendered.html)) == ("/files/problem_statement/problem.pdf", "")


def test_an_enormous_statement_is_not_rendered() -> None:
    html = shown("x " * 300_000)
    assert "too large" in html
    assert 'href="/files/problem_statement/problem' in html, "it can be saved"
    assert len(html) < 1_000


def test_a_note_shows_no_images() -> None:
    assert str(render_note("**Hi** ![x](a.png)")).strip() == "<p><strong>Hi</strong> </p>"
