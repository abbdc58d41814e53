"""Owns the meaning of the LaTeX subset that problem statements use. Never runs TeX, never loses what it does not know.

Source: as `latex_words`. An unknown command is shown as it is written, and its arguments' text after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from services.statements.latex_scan import MAX_GROUP_DEPTH, Scanner, Set, split_outside_groups
from services.statements.latex_words import (
    ACCENTS, HEADINGS, LISTS, PLAIN, SAMPLE_MARKS, SECTIONS, SILENT, SKIPPED_ARGUMENTS, SWITCHES, TEXTS, WRAPS,
)  # fmt: skip
from services.frontend.statements.marks import mark_of

_TALL = re.compile(r"\s*\\multirow\{([1-9]\d?)\}(?:\[[^\]]*\])?\{[^}]*\}")
_ITEM = re.compile(r"\\item(?![a-zA-Z])")
_WIDTH = re.compile(r"width\s*=\s*([\d.]*)\s*\\(?:text|line|column)width")


def latex_to_html(source: str) -> str:
    """HTML of a statement, not yet cleaned."""
    document = re.search(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", source, re.DOTALL)
    return _Converter(Set(document[1] if document else source)).blocks()


class _Converter:
    """Turns one source into blocks of HTML; nested text is given to converters of its own, so many levels and no more."""

    def __init__(self, source: Set, text: str | None = None, depth: int = 0) -> None:
        self._source = source
        self._scanner = Scanner(source.text if text is None else text)
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
        elif mark == "\0" and (number := self._scanner.number()) is not None and number < len(self._source.pieces):
            html, is_block = self._source.pieces[number]
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
        elif (special := _SPECIAL.get(name)) is not None:
            special(self)
        else:
            self._other(name)

    def _other(self, name: str) -> None:
        if name in ACCENTS:
            letter = self._nested(self._scanner.argument()).replace("\u0131", "i")
            self._line.append(letter[:1] + ACCENTS[name] + letter[1:])
        elif name in {"\\", "newline", "linebreak"}:
            self._scanner.option()
            self._line.append("<br>")
        elif name.rstrip("*") not in SILENT:
            self._line.append(f"<code>\\{escape(name)}</code>")

    def begin(self) -> None:
        name = self._scanner.argument()
        body = self._scanner.environment(name)
        if name in LISTS or name == "description":
            self._block(self._list(name, body))
        elif name in {"tabular", "tabular*", "tabularx", "array"}:
            self._block(self._table(name, body))
        elif name in {"center", "figure", "figure*", "wrapfigure", "table"}:
            self._block(f'<div class="centred">{self._nested_blocks(_without_options(body))}</div>')
        elif name in {"quote", "quotation", "verse"}:
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
        width = _WIDTH.search(self._scanner.option())
        self._line.append(_picture(self._scanner.argument(), width[1] if width else "", ""))

    def illustration(self) -> None:
        width, path, caption = self._scanner.argument(), self._scanner.argument(), self._nested(self._scanner.argument())
        self._block(f"<figure>{_picture(path, width, re.sub('<[^>]*>', '', caption))}<figcaption>{caption}</figcaption></figure>")

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


_SPECIAL: Final[dict[str, Callable[[_Converter], None]]] = {
    "begin": _Converter.begin, "includegraphics": _Converter.image, "illustration": _Converter.illustration,
    "href": _Converter.link, "url": _Converter.address, "caption": _Converter.caption, "footnote": _Converter.footnote,
    "textsc": _Converter.small_capitals, "epigraph": _Converter.epigraph, "def": _Converter.definition, "par": _Converter.end_paragraph,
}  # fmt: skip


def _typeset(text: str) -> str:
    for written, shown in PLAIN.items():
        text = text.replace(written, shown)
    return escape(text, quote=False)


def _picture(path: str, width: str, words: str) -> str:
    share = f' width="{min(100, max(1, round(float(width or 1) * 100)))}%"' if re.fullmatch(r"\d?(\.\d+)?", width or "1") else ""
    return f'<img src="{escape(path.strip())}" alt="{escape(words)}"{share}>'


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
