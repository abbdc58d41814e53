"""Owns the meaning of the LaTeX subset that problem statements use. Never runs TeX, never loses what it does not know.

Source: as `latex_words`. An unknown command is shown as it is written, and its arguments' text after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from services.statements.figures import LINKED, Beside
from services.statements.latex_sizes import places_of, share_of, size_of
from services.statements.latex_scan import MAX_GROUP_DEPTH, Scanner, split_outside_groups
from services.statements.latex_spans import Set, document_of, in_maths
from services.statements.latex_words import (
    ACCENTS, BREAKS, CENTRED, HEADINGS, LISTS, PLAIN, QUOTES, SAMPLE_MARKS, SECTIONS, SILENT, SKIPPED_ARGUMENTS, SWITCHES, TABLES, TEXTS, WRAPS,
)  # fmt: skip
from services.frontend.statements.marks import mark_of
from services.statements.maths import to_mathml

_TALL = re.compile(r"\s*\\multirow\{([1-9]\d?)\}(?:\[[^\]]*\])?\{[^}]*\}")
_ITEM = re.compile(r"\\item(?![a-zA-Z])")


def latex_to_html(source: str, beside: Beside | None = None) -> str:
    """HTML of a statement, not yet cleaned; ``beside`` are the files in which its figures lie."""
    document, preamble = document_of(source)
    return _Converter(_Source(Set(document, preamble), beside or Beside(), places_of(source))).blocks()


@dataclass(frozen=True, slots=True)
class _Source:
    """What all parts of one statement have in common: ``places`` are folders in which figures lie."""

    set: Set
    beside: Beside
    places: tuple[str, ...]


class _Converter:
    """Turns one source into blocks of HTML; nested text is given to converters of its own, so many levels and no more."""

    def __init__(self, source: _Source, text: str | None = None, depth: int = 0) -> None:
        self._source = source
        self._scanner = Scanner(source.set.text if text is None else text)
        self._depth = depth
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._open: list[str] = []

    def blocks(self) -> str:
        """Paragraphs, lists, tables, headings."""
        self._read()
        self.end_paragraph()
        return "\n".join(self._blocks)

    def inline(self) -> str:
        """One run of text; blocks inside it are set one after the other."""
        self._read()
        self._close_switches()
        return "".join([*self._blocks, *self._line]).strip()

    def _read(self) -> None:
        if self._depth > MAX_GROUP_DEPTH:
            self._line.append(escape(self._scanner.text))
            return
        while (token := self._scanner.token()) is not None:
            kind, text = token
            if kind == "command":
                self._command(text)
            elif kind == "blank":
                self.end_paragraph()
            elif kind == "text":
                self._line.append(_typeset(text))
            else:
                self._mark(text)

    def _mark(self, mark: str) -> None:
        if mark == "~":
            self._line.append("\u00a0")
        elif mark == "{":
            self._scanner.place -= 1
            self._line.append(self._nested(self._scanner.argument()))
        elif mark == "\0" and (number := self._scanner.number()) is not None and number < len(self._source.set.pieces):
            html, is_block = self._source.set.pieces[number]
            self._block(html) if is_block else self._line.append(html)
        elif mark == "&":
            self._line.append(" ")

    def _command(self, name: str) -> None:
        plain = name.rstrip("*")
        if plain in HEADINGS:
            tag = HEADINGS[plain]
            self._block(f"<{tag}>{self._nested(self._scanner.argument())}</{tag}>")
        elif name in WRAPS:
            self._line.append(f"<{WRAPS[name]}>{self._nested(self._scanner.argument())}</{WRAPS[name]}>")
        elif name in SWITCHES:
            self._line.append(f"<{SWITCHES[name]}>")
            self._scanner.skip_space()
            self._open.append(SWITCHES[name])
        elif name in TEXTS:
            self._line.append(escape(TEXTS[name]))
        elif name in SKIPPED_ARGUMENTS:
            self._scanner.option()
            for _ in range(SKIPPED_ARGUMENTS[name]):
                self._scanner.argument()
        elif name in SAMPLE_MARKS:
            self._block(mark_of(SAMPLE_MARKS[name]))
        elif (special := MEANINGS.get(name)) is not None:
            special(self)
        else:
            self._other(name)

    def _other(self, name: str) -> None:
        if name in ACCENTS:
            letter = self._nested(self._scanner.argument()).replace("\u0131", "i")
            self._line.append(letter[:1] + ACCENTS[name] + letter[1:])
        elif name in BREAKS:
            self._scanner.option()
            self._line.append("<br>")
        elif name.rstrip("*") not in SILENT:
            self._line.append(f"<code>\\{escape(name)}</code>")

    def begin(self) -> None:
        name = self._scanner.argument()
        body = self._scanner.environment(name)
        if name in LISTS or name == "description":
            self._block(self._list(name, body))
        elif name in TABLES:
            self._block(self._table(name, body))
        elif name in CENTRED:
            self._block(f'<div class="centred">{self._nested_blocks(_without_options(body))}</div>')
        elif name in QUOTES:
            self._block(f"<blockquote>{self._nested_blocks(body)}</blockquote>")
        elif name in SECTIONS:
            self._block(f"<h2>{SECTIONS[name]}</h2>\n{self._nested_blocks(body)}")
        else:
            self._block(self._nested_blocks(_without_options(body)))

    def _list(self, name: str, body: str) -> str:
        inner = Scanner(body)
        inner.option()
        shielded, lists = _shield_lists(body[inner.place :])
        items = []
        for part in _ITEM.split(shielded)[1:]:
            item = Scanner(_unshield(part, lists))
            term = item.option()
            content = self._nested_blocks(item.text[item.place :])
            content = re.sub(r"\A<p>(.*)</p>\Z", r"\1", content, flags=re.DOTALL) if content.count("<p>") == 1 else content
            items.append(f"<dt>{self._nested(term)}</dt><dd>{content}</dd>" if name == "description" else f"<li>{content}</li>")
        tag = "dl" if name == "description" else LISTS[name]
        return f"<{tag}>{''.join(items)}</{tag}>"

    def _table(self, name: str, body: str) -> str:
        scanner = Scanner(body)
        if name in {"tabular*", "tabularx"}:
            scanner.argument()
        scanner.option()
        columns = re.sub(r"[@!>pmb]\{[^}]{0,200}\}", "l", scanner.argument())
        alignments = [{"r": "right", "c": "center"}.get(mark, "left") for mark in columns if mark in "lrcX"]
        rest = body[scanner.place :]
        is_ruled = "|" in columns or r"\hline" in rest or "rule" in rest
        rest = re.sub(r"\\(?:hline|toprule|midrule|bottomrule)\b|\\cline\{[^}]{0,40}\}", "", rest)
        below: dict[int, int] = {}
        written = [row for row in split_outside_groups(rest, "\\\\") if row.strip()]
        rows = ["<tr>" + "".join(self._cells(split_outside_groups(row, "&"), alignments, below)) + "</tr>" for row in written]
        opening = '<table class="ruled">' if is_ruled else "<table>"
        return f"{opening}<tbody>{''.join(rows)}</tbody></table>"

    def _cells(self, cells: list[str], alignments: list[str], below: dict[int, int]) -> Iterator[str]:
        """The cells of a row; ``below`` says of each column for how many rows a cell above still reaches into it."""
        column = 0
        for cell in cells:
            if below.get(column, 0) and not cell.strip():
                below[column] -= 1
                column += 1
                continue
            tall = _TALL.match(cell)
            if tall is not None:
                below[column] = int(tall[1]) - 1
                inner = Scanner(cell[tall.end() :])
                yield f'<td rowspan="{tall[1]}" align="{(alignments[column : column + 1] or ["left"])[0]}">{self._nested(inner.argument())}</td>'
            else:
                yield self._cell(cell, alignments[column : column + 1])
            column += 1

    def _cell(self, text: str, alignment: list[str]) -> str:
        span = re.match(r"\s*\\multicolumn\{(\d{1,2})\}\{[^}]*\}(.*)", text, re.DOTALL)
        if span is not None:
            return f'<td colspan="{span[1]}" align="center">{self._nested(span[2])}</td>'
        return f'<td align="{alignment[0] if alignment else "left"}">{self._nested(text)}</td>'

    def image(self) -> None:
        size = size_of(self._scanner.option())
        self._line.append(self._picture(self._scanner.argument(), size, ""))

    def illustration(self) -> None:
        share, path, caption = self._scanner.argument(), self._scanner.argument(), self._nested(self._scanner.argument())
        picture = self._picture(path, f' width="{share_of(share)}"', re.sub("<[^>]*>", "", caption))
        self._block(f"<figure>{picture}<figcaption>{caption}</figcaption></figure>")

    def _picture(self, name: str, size: str, words: str) -> str:
        """The figure; a link to it when it is one that no browser draws."""
        found = self._source.beside.figure(name, self._source.places)
        if found.lower().endswith(LINKED):
            return f'<a href="{escape(quote(found))}">{escape(words or "Figure")} ({escape(found.rpartition("/")[2])})</a>'
        return f'<img src="{escape(found)}" alt="{escape(words)}"{size}>'

    def link(self) -> None:
        address = self._scanner.argument()
        self._line.append(f'<a href="{escape(address)}">{self._nested(self._scanner.argument())}</a>')

    def address(self) -> None:
        address = self._scanner.argument()
        self._line.append(f'<a href="{escape(address)}">{escape(address)}</a>')

    def caption(self) -> None:
        self._block(f"<p><small>{self._nested(self._scanner.argument())}</small></p>")

    def footnote(self) -> None:
        self._line.append(f" <small>({self._nested(self._scanner.argument())})</small>")

    def epigraph(self) -> None:
        words, whose = self._nested(self._scanner.argument()), self._nested(self._scanner.argument())
        self._block(f"<blockquote><p>{words}</p><p><small>{whose}</small></p></blockquote>")

    def definition(self) -> None:
        self._scanner.argument()
        self._scanner.argument()

    def formula(self) -> None:
        self._line.append(to_mathml(in_maths(self._scanner.argument())))

    def skipped(self) -> None:
        self._scanner.argument()

    def small_capitals(self) -> None:
        self._line.append(f'<span class="small-capitals">{self._nested(self._scanner.argument())}</span>')

    def _nested(self, text: str) -> str:
        return _Converter(self._source, text, self._depth + 1).inline()

    def _nested_blocks(self, text: str) -> str:
        return _Converter(self._source, text, self._depth + 1).blocks()

    def _block(self, html: str) -> None:
        self.end_paragraph()
        self._blocks.append(html)

    def _close_switches(self) -> None:
        while self._open:
            self._line.append(f"</{self._open.pop()}>")

    def end_paragraph(self) -> None:
        self._close_switches()
        text = "".join(self._line).strip()
        self._line.clear()
        if text:
            self._blocks.append(f"<p>{text}</p>")


MEANINGS: Final[dict[str, Callable[[_Converter], None]]] = {
    "begin": _Converter.begin, "includegraphics": _Converter.image, "illustration": _Converter.illustration,
    "href": _Converter.link, "url": _Converter.address, "caption": _Converter.caption, "footnote": _Converter.footnote,
    "textsc": _Converter.small_capitals, "epigraph": _Converter.epigraph, "def": _Converter.definition, "par": _Converter.end_paragraph,
    "graphicspath": _Converter.skipped, "end": _Converter.skipped, "ensuremath": _Converter.formula,
}  # fmt: skip


def _typeset(text: str) -> str:
    for written, shown in PLAIN.items():
        text = text.replace(written, shown)
    return escape(text, quote=False)


def _without_options(body: str) -> str:
    return re.sub(r"\A\s*(?:\[[^\]]*\]|\{[^}]*\})+", "", body)


def _shield_lists(text: str) -> tuple[str, list[str]]:
    r"""The text with inner lists behind marks, so that only its own ``\item`` are seen; and the inner lists."""
    kept: list[str] = []
    scanner, out, start = Scanner(text), [], 0
    opening = re.compile(r"\\begin\{(itemize|enumerate|description|compactitem|compactenum)\}")
    while (found := opening.search(text, start)) is not None:
        scanner.place = found.end()
        scanner.environment(found[1])
        out.append(text[start : found.start()] + f"\1{len(kept)}\1")
        kept.append(text[found.start() : scanner.place])
        start = scanner.place
    return "".join([*out, text[start:]]), kept


def _unshield(text: str, kept: list[str]) -> str:
    return re.sub(r"\x01(\d+)\x01", lambda found: kept[int(found[1])] if int(found[1]) < len(kept) else "", text)
