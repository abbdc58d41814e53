r"""Owns the putting in of other files where a LaTeX source says ``\input`` or ``\include``. Never reads a file: it is given their texts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.statements.figures import public_path
from services.statements.latex_spans import without_comments

MOST_DEPTH: Final = 5
MOST_INPUTS: Final = 50
_INPUT = re.compile(r"\\(?:input|include)(?![a-zA-Z@])\s*(?:\{\s*([^{}\n]{1,200}?)\s*\}|([^\s{}\\]{1,200}))")


def inputs_of(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each one stands, from and to, and the name that it has there."""
    for found in _INPUT.finditer(without_comments(text)):
        yield found.start(), found.end(), found[1] or found[2]


def input_named(name: str, folder: str, known: Callable[[str], bool]) -> str | None:
    """The path of the file that is meant, as it is written or with .tex; None when there is none in the public tree."""
    for one in (name, f"{name}.tex"):
        path = public_path(one, folder)
        if path is not None and known(path):
            return path
    return None


@dataclass(slots=True)
class Inputs:
    """Puts texts in; ``texts`` by their path in the public tree. What is not among them, too deep or too much stays as it is written."""

    texts: Mapping[str, str]
    most_chars: int
    left: int = field(default=MOST_INPUTS)

    def put_into(self, text: str, path: str, depth: int = 0) -> str:
        """The text of the file ``path`` with those that it asks for. LaTeX reads names from the folder of the first file, and so is done here."""
        return self._filled(text, posixpath.dirname(path), depth)

    def _filled(self, text: str, folder: str, depth: int) -> str:
        if depth >= MOST_DEPTH or len(text) > self.most_chars:
            return text
        out, place = [], 0
        for start, end, name in inputs_of(text):
            path = input_named(name, folder, self.texts.__contains__)
            if path is None or self.left <= 0 or len(self.texts[path]) > self.most_chars:
                continue
            self.left -= 1
            self.most_chars -= len(self.texts[path])
            out.append(text[place:start] + self._filled(self.texts[path], folder, depth + 1))
            place = end
        return "".join([*out, text[place:]])
