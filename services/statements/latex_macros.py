r"""Owns the commands that a LaTeX source makes for itself: ``\newcommand``, ``\def``, ``\let``, ``\DeclareMathOperator``. Never runs TeX.

What is made is put in where it is used, so many times, so deep and so long at the most: what is beyond stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from services.statements.latex_scan import Scanner
from services.statements.latex_words import is_known

MOST_MACROS: Final = 300
MOST_USES: Final = 4_000
MOST_DEPTH: Final = 12
MOST_ADDED_CHARS: Final = 40_000
"""By so much a text may grow."""

_MAKER = re.compile(r"\\(newcommand|renewcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|def|edef|gdef|let)\*?(?![a-zA-Z@])")
_NAME = re.compile(r"\s*(?:\{\s*\\([a-zA-Z@]+|.)\s*\}|\\([a-zA-Z@]+|.))", re.DOTALL)
_COUNT = re.compile(r"\s*\[([0-9])\]")
_DEFAULT = re.compile(r"\s*\[([^\]\n]{0,300})\]")
_PARAMETERS = re.compile(r"\s*((?:#[1-9]\s*)*)(?=\{)")
_EQUALS = re.compile(r"\s*=?\s*\\([a-zA-Z@]+|.)")
_USE = re.compile(r"\\([a-zA-Z@]+|.)", re.DOTALL)
_PLACE = re.compile(r"(\\[a-zA-Z@]+)?#([1-9])")


@dataclass(frozen=True, slots=True)
class Macro:
    """What a command stands for: ``body`` with #1 to #9 for its arguments; ``default`` makes the first one an option."""

    arguments: int
    body: str
    default: str | None = None


@dataclass(slots=True)
class Macros:
    """The commands of one source. ``take`` first, then ``expand``."""

    known: dict[str, Macro] = field(default_factory=dict)
    _uses: int = MOST_USES
    _chars: int = MOST_ADDED_CHARS

    def take(self, text: str) -> str:
        """The text without what makes commands. Those that a page has a meaning for keep that."""
        return self._taken(text, lambda _gone: "")

    def take_in_place(self, text: str) -> str:
        """The same with blanks for what is taken away: every other sign stays where it is."""
        return self._taken(text, lambda gone: re.sub(r"[^\n]", " ", gone))

    def _taken(self, text: str, blank: Callable[[str], str]) -> str:
        out, place = [], 0
        while (found := _MAKER.search(text, place)) is not None:
            made = _made(text, found)
            if made is None:
                out.append(text[place : found.end()])
                place = found.end()
                continue
            name, macro, end = made
            out.append(text[place : found.start()] + blank(text[found.start() : end]))
            place = end
            if not is_known(name) and len(self.known) < MOST_MACROS:
                self.known[name] = macro
        return "".join([*out, text[place:]])

    def expand(self, text: str) -> str:
        """The text with every use replaced by what it stands for."""
        return "".join(self._expanded(text, 0)) if self.known else text

    def _expanded(self, text: str, depth: int) -> Iterator[str]:
        place = 0
        while (found := _USE.search(text, place)) is not None:
            macro = self.known.get(found[1])
            yield text[place : found.start()]
            place = found.end()
            inner = self._used(text, place, macro) if macro is not None and depth < MOST_DEPTH else None
            if inner is None:
                yield found[0]
                continue
            body, place = inner
            yield from self._expanded(body, depth + 1)
        yield text[place:]

    def _used(self, text: str, place: int, macro: Macro) -> tuple[str, int] | None:
        """What stands for a use whose arguments begin at a place, and where they end; None when it would be too much."""
        if self._uses <= 0:
            return None
        self._uses -= 1
        scanner, given = Scanner(text), list[str]()
        scanner.place = place
        if macro.default is not None:
            option = _DEFAULT.match(text, place)
            given.append(option[1] if option is not None else macro.default)
            scanner.place = option.end() if option is not None else place
        while len(given) < macro.arguments:
            given.append(scanner.argument())
        used = [given[int(one[2]) - 1] for one in _PLACE.finditer(macro.body) if int(one[2]) <= len(given)]
        added = len(macro.body) + sum(map(len, used)) - (scanner.place - place)
        if added > self._chars:
            self._uses = 0
            return None
        self._chars -= max(0, added)
        return _PLACE.sub(lambda one: _put(one, given), macro.body), scanner.place


def _put(place: re.Match[str], given: list[str]) -> str:
    """An argument where it belongs; its letters are no part of the command before it."""
    text, command = given[int(place[2]) - 1] if int(place[2]) <= len(given) else "", place[1] or ""
    return f"{command} {text}" if command and text[:1].isalpha() else command + text


def _made(text: str, found: re.Match[str]) -> tuple[str, Macro, int] | None:
    """The name, what it stands for, and where that ends; None when it is not written as it should be."""
    named = _NAME.match(text, found.end())
    if named is None:
        return None
    name = named[1] or named[2]
    if found[1] == "let":
        other = _EQUALS.match(text, named.end())
        return None if other is None else (name, Macro(0, f"\\{other[1]}"), other.end())
    scanner = Scanner(text)
    scanner.place = named.end()
    arguments, default = 0, None
    if found[1].endswith("def"):
        parameters = _PARAMETERS.match(text, scanner.place)
        if parameters is None:
            return None
        arguments, scanner.place = parameters[1].count("#"), parameters.end()
    elif (count := _COUNT.match(text, scanner.place)) is not None:
        arguments, scanner.place = int(count[1]), count.end()
        if (usual := _DEFAULT.match(text, scanner.place)) is not None:
            default, scanner.place = usual[1], usual.end()
    scanner.skip_space()
    while scanner.text[scanner.place : scanner.place + 1] == "\n":
        scanner.place += 1
        scanner.skip_space()
    body = scanner.argument()
    if found[1] == "DeclareMathOperator":
        body = f"\\operatorname{{{body}}}"
    return name, Macro(arguments, body, default), scanner.place
