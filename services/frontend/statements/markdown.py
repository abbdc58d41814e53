"""Owns the way from a Markdown statement to HTML: tables, dollar maths, images with a width. Never passes raw HTML on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from services.statements.latex_words import SAMPLE_MARKS
from services.frontend.statements.marks import mark_of
from services.statements.maths import to_mathml

_SAMPLE_LINE = re.compile(r"^[ \t]*\{\{[ \t]*(nextsample|remainingsamples)[ \t]*\}\}[ \t]*$", re.MULTILINE)
_TOP_HEADING: Final = 2
_IMAGE_WITH_ATTRIBUTES = re.compile(r"(!\[[^\]\n]{0,300}\]\([^)\n]{1,300}\))\{([^}\n]{0,100})\}")
_WIDTH = re.compile(r"\bwidth\s*=\s*[\"']?(\d{1,4}%?)")
_MOST_BRACKETS: Final = 5_000


def markdown_to_html(text: str) -> str:
    """HTML of a statement, not yet cleaned. Headings start at level 2; Kattis' sample marks become `marks`.

    A dollar opens maths when no space follows it and closes it when no space comes before. Source: pandoc, tex_math_dollars.
    """
    if text.count("[") > _MOST_BRACKETS:
        return f"<pre>{escape(text)}</pre>"  # looking for links takes time quadratic in brackets that are never closed
    return str(_parser().render(_IMAGE_WITH_ATTRIBUTES.sub(_width_only, _SAMPLE_LINE.sub(_sample_mark, text))))


def _sample_mark(found: re.Match[str]) -> str:
    """A paragraph of its own, whatever stands around it."""
    return "\n\n" + mark_of(SAMPLE_MARKS[found[1]]).removeprefix("<p>").removesuffix("</p>") + "\n\n"


def _width_only(found: re.Match[str]) -> str:
    width = _WIDTH.search(found[2])
    return found[1] + (f'{{width="{width[1]}"}}' if width else "")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": True, "maxNesting": 40})
    parser.enable(["table", "strikethrough", "smartquotes", "replacements"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=True, double_inline=True)
    parser.use(attrs_plugin, after=("image",), allowed=["width", "height"])
    parser.use(deflist_plugin)
    parser.use(footnote_plugin, inline=False)
    parser.core.ruler.push("headings", _lower_headings)
    parser.add_render_rule("footnote_anchor", _nothing)
    parser.add_render_rule("math_inline", _inline_maths)
    parser.add_render_rule("math_inline_double", _display_maths)
    parser.add_render_rule("math_block", _display_maths)
    return parser


def _lower_headings(state: Any) -> None:
    headings = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    top = min((int(token.tag[1]) for token in headings), default=_TOP_HEADING)
    for token in headings:
        token.tag = f"h{min(6, max(_TOP_HEADING, int(token.tag[1]) - top + _TOP_HEADING))}"


def _nothing(_renderer: RendererHTML, _tokens: Sequence[Token], _place: int, _options: Any, _env: Any) -> str:
    return ""


def _inline_maths(_renderer: RendererHTML, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
    return to_mathml(tokens[place].content)


def _display_maths(_renderer: RendererHTML, tokens: Sequence[Token], place: int, _options: Any, _env: Any) -> str:
    block = to_mathml(tokens[place].content, is_display=True)
    return f'<div class="maths-block">{block}</div>\n' if tokens[place].type == "math_block" else block
