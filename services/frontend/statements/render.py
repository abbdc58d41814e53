"""Owns which way a statement goes by its format, and the bounds on it. Never answers with HTML that has not been cleaned."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup, escape

from services.frontend.statements.cleaning import clean
from services.frontend.statements.latex import latex_to_html
from services.frontend.statements.markdown import markdown_to_html
from services.frontend.statements.marks import without_marks
from services.statements import MAX_STATEMENT_CHARS
from services.statements.figures import Beside
from wire.problems import Statement


@dataclass(frozen=True, slots=True)
class RenderedStatement:
    """A statement ready for a page. ``html`` is clean; ``pdf_url`` is where its PDF lies, empty when it is no PDF, of ``pages`` when known."""

    language: str
    title: str
    html: Markup
    pdf_url: str = ""
    pages: int = 0


def render_statement(statement: Statement, link: Callable[[str], str]) -> RenderedStatement:
    """The statement as a page shows it; ``link`` makes a URL of a path in the problem's public tree.

    Takes some milliseconds for an ordinary statement: callers do it in a thread and keep the result.
    """
    if statement.format == "pdf":
        return RenderedStatement(statement.language, statement.title, Markup(), link(statement.path), statement.pages)
    if len(statement.text) > MAX_STATEMENT_CHARS:
        name = posixpath.basename(statement.path)
        notice = f'<p class=statement-note>This statement is too large to be shown here: <a href="{escape(quote(name))}">save its file, {escape(name)}</a>.</p>'
        return RenderedStatement(statement.language, statement.title, clean(notice, link, posixpath.dirname(statement.path)))
    folder = posixpath.dirname(statement.path)
    text = without_marks(statement.text)
    if statement.format == "latex":
        html = latex_to_html(text, Beside(folder, frozenset(statement.figures)))
    else:
        html = _CONVERTERS.get(statement.format, _as_text)(text)
    return RenderedStatement(statement.language, statement.title, clean(html, link, folder))


def render_note(text: str) -> Markup:
    """A short Markdown text of an organiser (a contest's description) as clean HTML, without images."""
    return clean(markdown_to_html(text[:MAX_STATEMENT_CHARS]), lambda _path: "")


def _as_text(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def _as_is(text: str) -> str:
    return text


_CONVERTERS: dict[str, Callable[[str], str]] = {
    "markdown": markdown_to_html,
    "html": _as_is,
}
