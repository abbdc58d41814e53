"""Owns the words that an .idl is made of, each with its line. Never knows what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

MOST_WORD_CHARACTERS: Final = 100
"""So that a message can name a word, and no number is longer than Python converts."""

_TOKEN = re.compile(r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<word>[A-Za-z_]\w*)|(?P<number>-?\d+)|(?P<sign>[(){}\[\],;])", re.DOTALL | re.ASCII)


class Wrong(Exception):
    """Ends the reading of a file, at a line."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line


def words_of(text: str) -> Iterator[tuple[int, str]]:
    """Each word with its line; at the end empty ones for ever. Raises: `Wrong`."""
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Wrong(line, f"{text[at : at + 1]!r} has no meaning here")
        if match.lastgroup != "space":
            if match.end() - at > MOST_WORD_CHARACTERS:
                raise Wrong(line, f"more than {MOST_WORD_CHARACTERS} characters in one word")
            yield line, match[0]
        line += match[0].count("\n")
        at = match.end()
    while True:
        yield line, ""
