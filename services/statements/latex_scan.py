"""Owns the reading of LaTeX source from left to right: commands, groups, environments. Never says what they mean."""

from __future__ import annotations

import re
from typing import Final

MAX_GROUP_DEPTH: Final = 25
_TOKEN = re.compile(r"\\([a-zA-Z@]+\*?|.)|(\n[ \t]*\n\s*)|([{}~&\x00])|([^\\{}~&\n\x00]+|\n)", re.DOTALL)
_OPTION = re.compile(r"[ \t]*\[([^\]]{0,500})\]")


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
