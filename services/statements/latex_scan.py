"""Owns the reading of LaTeX source: commands, groups, environments, what is verbatim and what is maths. Never says what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Final

from services.statements.maths import to_mathml

MAX_GROUP_DEPTH: Final = 25
_VERBATIM = re.compile(r"\\begin\{(verbatim\*?|lstlisting|minted)\}(?:\[[^\]\n]{0,300}\])?(?:(?<=minted\})\{[^}\n]{0,40}\})?\n?")
_INLINE_VERBATIM = re.compile(r"\\(?:verb\*?|lstinline)([^\w\s*{])")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*)?")
_MATHS = re.compile(r"\\begin\{((?:equation|align|gather|eqnarray|multline|displaymath|math)\*?)\}|\\\[|\\\(|(?<!\\)\$\$?")
_TOKEN = re.compile(r"\\([a-zA-Z@]+\*?|.)|(\n[ \t]*\n\s*)|([{}~&\x00])|([^\\{}~&\n\x00]+|\n)", re.DOTALL)
_OPTION = re.compile(r"[ \t]*\[([^\]]{0,500})\]")
_ALIGNED = {"align", "align*", "eqnarray", "eqnarray*", "gather", "gather*", "multline", "multline*"}
_CLOSINGS: Final = {r"\[": r"\]", r"\(": r"\)", "$": "$", "$$": "$$"}


class Set:
    r"""Source with its verbatim parts and formulas set already, each behind a mark ``\0number\0``."""

    def __init__(self, source: str) -> None:
        self.pieces: list[tuple[str, bool]] = []
        text = source.replace("\0", "").replace("\r\n", "\n")
        text = _spans(text, _VERBATIM, lambda m: f"\\end{{{m[1]}}}", lambda _, body: self._keep(f"<pre>{escape(body)}</pre>", is_block=True))
        text = _spans(text, _INLINE_VERBATIM, lambda m: m[1], lambda _, body: self._keep(f"<code>{escape(body)}</code>"))
        text = _COMMENT.sub(r"\1", text)
        self.text = _spans(text, _MATHS, lambda m: f"\\end{{{m[1]}}}" if m[1] else _CLOSINGS[m[0]], self._set_maths)

    def _set_maths(self, opening: re.Match[str], body: str) -> str:
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


class Scanner:
    """Reads tokens of LaTeX source from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def token(self) -> tuple[str, str] | None:
        """The next as (kind, text): command, blank, mark, text; None at the end."""
        found = _TOKEN.match(self.text, self.place)
        if found is None:
            return None
        self.place = found.end()
        command, blank, mark, text = found.groups()
        if command is not None:
            return "command", command
        if blank is not None:
            return "blank", blank
        return ("mark", mark) if mark is not None else ("text", text)

    def argument(self) -> str:
        """The next braced group's inside, or the next single token; empty at the end."""
        self.skip_space()
        if self.text[self.place : self.place + 1] != "{":
            token = self.token()
            return "" if token is None else ("\\" + token[1] if token[0] == "command" else token[1][:1] and self._single(token[1]))
        depth, start = 0, self.place + 1
        while self.place < len(self.text):
            mark = self.text[self.place]
            if mark == "\\":
                self.place += 1
            elif mark in "{}":
                depth += 1 if mark == "{" else -1
                if depth == 0:
                    self.place += 1
                    return self.text[start : self.place - 1]
            self.place += 1
        return self.text[start:]

    def option(self) -> str:
        """The inside of ``[…]`` when it comes next, else empty."""
        found = _OPTION.match(self.text, self.place)
        if found is None:
            return ""
        self.place = found.end()
        return found[1]

    def environment(self, name: str) -> str:
        r"""Everything up to the ``\end`` that closes ``\begin{name}``, which has been read."""
        border = re.compile(rf"\\(begin|end)\{{{re.escape(name)}\}}")
        depth, start = 1, self.place
        for found in border.finditer(self.text, self.place):
            depth += 1 if found[1] == "begin" else -1
            if depth == 0:
                self.place = found.end()
                return self.text[start : found.start()]
        self.place = len(self.text)
        return self.text[start:]

    def number(self) -> int | None:
        """The number of the piece whose opening mark was just read."""
        end = self.text.find("\0", self.place)
        digits = self.text[self.place : end] if end >= 0 else ""
        if not digits.isdigit():
            return None
        self.place = end + 1
        return int(digits)

    def _single(self, text: str) -> str:
        self.place -= len(text) - 1
        return text[0]

    def skip_space(self) -> None:
        """Steps over blanks."""
        while self.place < len(self.text) and self.text[self.place] in " \t":
            self.place += 1


def split_outside_groups(text: str, mark: str) -> list[str]:
    r"""The parts of the text between marks (``&`` or ``\\``) that stand in no group."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        if depth == 0 and text.startswith(mark, place):
            parts.append(text[start:place])
            place += len(mark)
            start = place
            continue
        if text[place] == "\\":
            place += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        place += 1
    parts.append(text[start:])
    return parts
