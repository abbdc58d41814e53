"""Owns what stands apart in LaTeX source: what is verbatim, what is a comment, what is maths. Never says what commands mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from services.statements.latex_macros import Macros
from services.statements.maths import to_mathml

_VERBATIM = re.compile(r"\\begin\{(verbatim\*?|lstlisting|minted)\}(?:\[[^\]\n]{0,300}\])?(?:(?<=minted\})\{[^}\n]{0,40}\})?\n?")
_INLINE_VERBATIM = re.compile(r"\\(?:verb\*?|lstinline)([^\w\s*{])")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*)?")
_LINE_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)(%[^\n]*)")
_MATHS = re.compile(r"\\begin\{((?:equation|align|gather|eqnarray|multline|displaymath|math)\*?)\}|\\\[|\\\(|(?<!\\)\$\$?")
_ALIGNED = {"align", "align*", "eqnarray", "eqnarray*", "gather", "gather*", "multline", "multline*"}
_CLOSINGS: Final = {r"\[": r"\]", r"\(": r"\)", "$": "$", "$$": "$$"}
_NOT_IN_MATHS = re.compile(r"\\(?:ensuremath|xspace)(?![a-zA-Z])")
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)


class Set:
    r"""Source with its own commands put in and its verbatim parts and formulas set already, each of these behind a mark ``\0number\0``."""

    def __init__(self, source: str, preamble: str = "") -> None:
        self.pieces: list[tuple[str, bool]] = []
        text = source.replace("\0", "").replace("\r\n", "\n")
        text = _spans(text, _VERBATIM, lambda m: f"\\end{{{m[1]}}}", lambda _, body: self._keep(f"<pre>{escape(body)}</pre>", is_block=True))
        text = _spans(text, _INLINE_VERBATIM, lambda m: m[1], lambda _, body: self._keep(f"<code>{escape(body)}</code>"))
        macros = Macros()
        macros.take(_COMMENT.sub(r"\1", preamble))
        text = macros.expand(macros.take(_COMMENT.sub(r"\1", text)))
        self.text = _spans(text, _MATHS, lambda m: f"\\end{{{m[1]}}}" if m[1] else _CLOSINGS[m[0]], self._set_maths)

    def _set_maths(self, opening: re.Match[str], body: str) -> str:
        body = in_maths(body)
        if opening[1]:
            name = "align*" if opening[1] in _ALIGNED else ""
            return self._display(rf"\begin{{{name}}}{body}\end{{{name}}}" if name else body)
        return self._keep(to_mathml(body)) if opening[0] in {"$", r"\("} else self._display(body)

    def _display(self, formula: str) -> str:
        return self._keep(f'<div class="maths-block">{to_mathml(formula, is_display=True)}</div>', is_block=True)

    def _keep(self, html: str, *, is_block: bool = False) -> str:
        self.pieces.append((html, is_block))
        return f"\0{len(self.pieces) - 1}\0"


def _spans(
    text: str, opening: re.Pattern[str], closing_of: Callable[[re.Match[str]], str], replace: Callable[[re.Match[str], str], str]
) -> str:
    """The text with every opened and closed span replaced; in time linear in its length, whatever is opened and never closed."""
    out: list[str] = []
    hopeless: set[str] = set()
    place = 0
    while (found := opening.search(text, place)) is not None:
        closing = closing_of(found)
        end = -1 if closing in hopeless else _find(text, closing, found.end())
        out.append(text[place : found.start()])
        if end < 0:
            hopeless.add(closing)
            out.append(found[0])
            place = found.end()
            continue
        out.append(replace(found, text[found.end() : end]))
        place = end + len(closing)
    return "".join([*out, text[place:]])


def _find(text: str, closing: str, start: int) -> int:
    """Where it is closed; a dollar behind a backslash closes nothing."""
    end = text.find(closing, start)
    while end > 0 and closing[0] == "$" and text[end - 1] == "\\":
        end = text.find(closing, end + 1)
    return end


def in_maths(formula: str) -> str:
    """A formula without what only says that it is one."""
    return _NOT_IN_MATHS.sub("", formula)


def document_of(source: str) -> tuple[str, str]:
    """The document of a source, and what stands before it; all of it when it has no document of its own."""
    found = _DOCUMENT.search(source)
    return (source, "") if found is None else (found[1], source[: found.start()])


def without_comments(text: str) -> str:
    """The text with blanks in place of what is verbatim and of comments: every other sign stays where it is."""
    text = _spans(text, _VERBATIM, _end_of, lambda opening, body: _blank(opening[0] + body + _end_of(opening)))
    text = _spans(text, _INLINE_VERBATIM, lambda m: m[1], lambda opening, body: _blank(opening[0] + body + opening[1]))
    return _LINE_COMMENT.sub(lambda found: found[1] + _blank(found[2]), text)


def formulas(text: str) -> Iterator[tuple[int, str]]:
    """Where each formula begins, and what it is, as `Set` would set it; of a text without comments."""
    found: list[tuple[int, str]] = []

    def keep(opening: re.Match[str], body: str) -> str:
        aligned = opening[1] in _ALIGNED if opening[1] else False
        found.append((opening.start(), rf"\begin{{align*}}{body}\end{{align*}}" if aligned else body))
        return ""

    _spans(text, _MATHS, lambda m: _end_of(m) if m[1] else _CLOSINGS[m[0]], keep)
    return iter(found)


def without_formulas(text: str) -> str:
    """The text with blanks in place of formulas."""

    def blank(opening: re.Match[str], body: str) -> str:
        return _blank(opening[0] + body + (_end_of(opening) if opening[1] else _CLOSINGS[opening[0]]))

    return _spans(text, _MATHS, lambda m: _end_of(m) if m[1] else _CLOSINGS[m[0]], blank)


def _end_of(opening: re.Match[str]) -> str:
    return f"\\end{{{opening[1]}}}"


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
