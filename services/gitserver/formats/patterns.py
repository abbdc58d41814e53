"""Owns the patterns that a package may write: globs of paths, and those of case numbers. Never gives one to `re`.

An expression that is tried back and forth holds every thread of the process for as long as it likes: here time grows with the length of
the pattern and the number of names, whatever is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_CHARACTERS: Final = 300
MOST_ALTERNATIVES: Final = 20
"""As many paths ``{a,b}{c,d}`` may stand for."""
_MOST_LEVELS: Final = 10
_DIGITS: Final = "0123456789"

_Reached = list[int]
"""Of every place in a name, the names (as bits) whose signs up to there are matched."""
_Node = Callable[[_Reached], _Reached]


class Glob:
    """A glob of paths: ``*`` anything within a name, ``{a,b}`` one of several. Raises: `ValueError` for what is too long or too many."""

    def __init__(self, written: str) -> None:
        self._paths = [[name.split("*") for name in path.split("/")] for path in _alternatives(written)]

    def matches(self, path: str) -> bool:
        """Whether it means the path, or a folder above it."""
        names = path.split("/")
        return any(len(one) <= len(names) and all(map(_is_like, one, names)) for one in self._paths)


def _is_like(pieces: Sequence[str], name: str) -> bool:
    """Whether the name is the pieces in order with anything between them: each is taken at its first place, which is as good as any."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return name == first
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in pieces[1:-1]:
        place = name.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True


def _alternatives(written: str) -> list[str]:
    """What a glob means without its braces. Raises: `ValueError`."""
    if len(written) > MOST_CHARACTERS:
        raise ValueError(f"more than {MOST_CHARACTERS} characters")
    levels: list[tuple[list[str], list[str]]] = [([], [""])]
    for sign in written + "}" * _left_open(written):
        done, current = levels[-1]
        if sign == "{":
            levels.append(([], [""]))
        elif sign == "," and len(levels) > 1:
            levels[-1] = ([*done, *current], [""])
        elif sign == "}" and len(levels) > 1:
            levels.pop()
            outer, before = levels[-1]
            levels[-1] = (outer, [left + right for left in before for right in {*done, *current}])
        else:
            levels[-1] = (done, [one + sign for one in current])
        if sum(map(len, levels[-1])) > MOST_ALTERNATIVES:
            raise ValueError(f"its braces stand for more than {MOST_ALTERNATIVES} paths")
    return levels[0][1]


def _left_open(written: str) -> int:
    """How many braces are never closed."""
    depth = 0
    for sign in written:
        depth += (sign == "{") - (sign == "}" and depth > 0)
    return depth


@dataclass(frozen=True, slots=True)
class Numbers:
    """Cases by their numbers, in order; ``having`` and ``ending`` say of every place which names have a digit there, or end there."""

    names: Sequence[str]
    having: list[dict[str, int]] = field(default_factory=list)
    ending: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, names: Sequence[str]) -> Numbers:
        """Looks at every name once."""
        longest = max(map(len, names), default=0)
        found = cls(names, [dict.fromkeys(_DIGITS, 0) for _ in range(longest)], [0] * (longest + 1))
        for index, name in enumerate(names):
            found.ending[len(name)] |= 1 << index
            for place, digit in enumerate(name):
                found.having[place][digit] |= 1 << index
        return found

    def like(self, pattern: str) -> list[str]:
        """The names that a `number_pattern` matches from their beginning on. Raises: `ValueError` when it is none."""
        start: _Reached = [(1 << len(self.names)) - 1, *[0] * len(self.having)]
        matched = 0
        for reached in _Reader(pattern, self).whole()(start):
            matched |= reached
        bits = f"{matched:b}"[::-1]
        return [name for name, bit in zip(self.names, bits, strict=False) if bit == "1"]


def is_number_pattern(text: str) -> bool:
    """Whether it is a pattern of case numbers: digits, ``.``, ``[0-4]``, ``|``, groups, ``^``, ``$``, ``?``, and ``*`` or ``+`` after one sign."""
    try:
        Numbers.of(()).like(text)
    except ValueError:
        return False
    return True


class _Reader:
    """Makes of a pattern what follows it through all names at once, a place after the other."""

    def __init__(self, text: str, numbers: Numbers) -> None:
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"more than {MOST_CHARACTERS} characters")
        self._signs, self._numbers, self._depth = [*text], numbers, 0
        self._signs.reverse()

    def whole(self) -> _Node:
        """The whole pattern."""
        node = self._either()
        if self._signs:
            raise ValueError("a group is closed that was never opened")
        return node

    def _next(self) -> str:
        return self._signs[-1] if self._signs else ""

    def _either(self) -> _Node:
        choices = [self._row()]
        while self._next() == "|":
            self._signs.pop()
            choices.append(self._row())
        return lambda reached: [_any_of(places) for places in zip(*[choice(reached) for choice in choices], strict=True)]

    def _row(self) -> _Node:
        steps: list[_Node] = []
        while self._next() not in {"", "|", ")"}:
            steps.append(self._repeated())

        def follow(reached: _Reached) -> _Reached:
            for step in steps:
                reached = step(reached)
            return reached

        return follow

    def _repeated(self) -> _Node:
        is_one = self._next() in {*_DIGITS, ".", "["}
        node = self._one()
        if self._next() not in {"?", "*", "+"} or not self._next():
            return node
        mark = self._signs.pop()
        if mark != "?" and not is_one:
            raise ValueError("only a single sign may stand many times")
        if mark == "?":
            return lambda reached: [before | after for before, after in zip(reached, node(reached), strict=True)]

        def many(reached: _Reached) -> _Reached:
            found = reached if mark == "*" else node(reached)
            for _ in self._numbers.having:
                found = [before | after for before, after in zip(found, node(found), strict=True)]
            return found

        return many

    def _one(self) -> _Node:
        sign = self._signs.pop()
        if sign == "(":
            return self._group()
        if sign == "^":
            return lambda reached: [reached[0], *[0] * (len(reached) - 1)]
        if sign == "$":
            return lambda reached: [here & ends for here, ends in zip(reached, self._numbers.ending, strict=True)]
        digits = _DIGITS if sign == "." else self._class() if sign == "[" else sign
        if not set(digits) <= set(_DIGITS):
            raise ValueError(f"{sign!r} is no part of a number")
        having = [_any_of(place[digit] for digit in digits) for place in self._numbers.having]
        return lambda reached: [0, *[here & has for here, has in zip(reached[:-1], having, strict=True)]]

    def _group(self) -> _Node:
        self._depth += 1
        if self._depth > _MOST_LEVELS:
            raise ValueError(f"more than {_MOST_LEVELS} groups in one another")
        node = self._either()
        if self._next() != ")":
            raise ValueError("a group is not closed")
        self._signs.pop()
        self._depth -= 1
        return node

    def _class(self) -> str:
        written = ""
        while self._next() not in {"", "]"}:
            written += self._signs.pop()
        if not self._signs or not written.removeprefix("^"):
            raise ValueError("a [ is not closed, or has nothing in it")
        self._signs.pop()
        is_other, written, found = written.startswith("^"), written.removeprefix("^"), ""
        while written:
            first, last, rest = (written[0], written[2], written[3:]) if written[1:2] == "-" and written[2:] else (written[0], written[0], written[1:])
            if not {first, last} <= set(_DIGITS) or first > last:
                raise ValueError(f"[{first}-{last}] is no range of digits")
            found, written = found + _DIGITS[int(first) : int(last) + 1], rest
        return "".join(digit for digit in _DIGITS if (digit in found) != is_other)


def _any_of(bits: Iterable[int]) -> int:
    found = 0
    for one in bits:
        found |= one
    return found
