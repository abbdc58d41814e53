"""Owns the comparison of two outputs by tokens, as the ICPC default validator does it. Pure and streaming: memory is bounded.

Tokens are runs of non-space; upper and lower case are equal unless ``case_sensitive``. With a tolerance, an answer token that
is a decimal number takes any number that lies within the absolute or within the relative tolerance, borders included, and
nothing that is no number. With ``space_change_sensitive`` every white space must be the same byte. Differences to the
original: numbers are compared exactly, not as binary floats, and hexadecimal floats are words.

Source: ICPC problem package format, "default output validator"; Kattis problemtools ``default_validator.cc``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.runner.checkers.numbers import Tolerance, is_number
from services.runner.sandbox.reading import Reader

CHUNK_BYTES = 1 << 16
LONGEST_BYTES = 1 << 16
"""A longer token is compared in pieces of this size, as text."""
_SHOWN_BYTES = 60
_SPACE = b" \t\n\r\x0b\x0c"
_ONLY_NUMBERS = bytes(byte if byte in b"0123456789.-\n" else 0x20 for byte in range(256))
_WORD_OR_SPACE = re.compile(rb"[ \t-\r]+|[^ \t-\r]+")


@dataclass(frozen=True, slots=True)
class TokenRules:
    """How tokens are compared. Tolerances are exact and not negative; None means that it is not set.

    ``numbers_only``: whatever is neither digit nor point nor minus counts as space. Source: omegaup/quark ``runner/tokenizer.go``.
    """

    case_sensitive: bool = False
    space_change_sensitive: bool = False
    float_absolute: Decimal | None = None
    float_relative: Decimal | None = None
    numbers_only: bool = False

    @property
    def tolerance(self) -> Tolerance | None:
        """The tolerance for numbers, None when numbers are words."""
        if self.float_absolute is None and self.float_relative is None:
            return None
        return Tolerance(self.float_absolute, self.float_relative)


def difference(output: Reader, answer: Reader, rules: TokenRules) -> str:
    """What is wrong with the output, in words for the jury; empty when it is right. Both are read whole."""
    if _are_equal(output, answer):
        return ""
    if rules.numbers_only:
        output, answer = _Numbers(output), _Numbers(answer)
    output.seek(0)
    answer.seek(0)
    given = _Stream(_pieces(output, keeps_space=rules.space_change_sensitive))
    wanted = _Stream(_pieces(answer, keeps_space=rules.space_change_sensitive))
    tolerance = rules.tolerance
    number = 0
    while True:
        ours, theirs = given.batch(), wanted.batch()
        count = min(len(ours), len(theirs))
        if count == 0:
            return _at_end(ours, theirs, output, number, rules)
        if ours[:count] != theirs[:count]:
            for place in range(count):
                if not _is_same(ours[place], theirs[place], rules, tolerance):
                    where = _place(output, number + place, rules)
                    return f"{where}: wanted {_shown(theirs[place])}, got {_shown(ours[place])}"
        number += count
        given.advance(count)
        wanted.advance(count)


def _is_same(given: bytes, wanted: bytes, rules: TokenRules, tolerance: Tolerance | None) -> bool:
    if given == wanted:
        return True
    if tolerance is not None and is_number(wanted):
        return is_number(given) and tolerance.accepts(given, wanted)
    return not rules.case_sensitive and given.lower() == wanted.lower()


def _at_end(ours: list[bytes], theirs: list[bytes], output: Reader, number: int, rules: TokenRules) -> str:
    if ours:
        return f"{_place(output, number, rules)}: {_shown(ours[0])} is too much, the answer ends before it"
    return f"the output ends after {number} tokens, wanted {_shown(theirs[0])}" if theirs else ""


class _Numbers(Reader):
    """A reader that gives space for all that is no part of a number; lines stay lines."""

    def __init__(self, source: Reader) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        return self._source.read(size).translate(_ONLY_NUMBERS)

    def seek(self, place: int) -> int:
        return self._source.seek(place)


class _Stream:
    """Pieces in batches: what is left of the last batch, or the next one; empty at the end."""

    def __init__(self, batches: Iterator[list[bytes]]) -> None:
        self._batches = batches
        self._held: list[bytes] = []
        self._at = 0

    def batch(self) -> list[bytes]:
        if self._at >= len(self._held):
            self._held = next(self._batches, [])
        elif self._at:
            self._held = self._held[self._at :]
        self._at = 0
        return self._held

    def advance(self, count: int) -> None:
        self._at += count


def _pieces(source: Reader, *, keeps_space: bool) -> Iterator[list[bytes]]:
    """Tokens (and runs of space, if kept) in batches that are never empty.

    What is longer than the limit comes as pieces of full length and then what is left, which may be nothing: so equal pieces
    mean equal tokens, wherever the chunks happen to end.
    """
    rest = b""
    cut: bytes | None = None  # the first byte of what has been cut already and goes on
    while chunk := source.read(CHUNK_BYTES):
        whole = rest + chunk
        found = _WORD_OR_SPACE.findall(whole) if keeps_space else whole.split()
        batch: list[bytes] = []
        goes_on = cut is not None and _is_space(whole[:1]) == _is_space(cut)
        if cut is not None and not goes_on:
            batch.append(b"")
        rest = found.pop() if found and (keeps_space or not _is_space(whole[-1:])) else b""
        for piece in found:
            batch += _cut(piece)
        if found or not goes_on or not rest:
            cut = None
        if len(rest) >= LONGEST_BYTES:
            cut = rest[:1]
            *full, rest = _cut(rest)
            batch += full
        if batch:
            yield batch
    if rest or cut is not None:
        yield [rest]


def _cut(piece: bytes) -> list[bytes]:
    if len(piece) < LONGEST_BYTES:
        return [piece]
    return [piece[at : at + LONGEST_BYTES] for at in range(0, len(piece) + 1, LONGEST_BYTES)]


def _is_space(byte: bytes) -> bool:
    return byte in _SPACE


def _are_equal(output: Reader, answer: Reader) -> bool:
    while True:
        ours, theirs = output.read(CHUNK_BYTES), answer.read(CHUNK_BYTES)
        if ours != theirs:
            return False
        if not ours:
            return True


def _place(output: Reader, number: int, rules: TokenRules) -> str:
    """Where the piece of that number stands: its line, and which token of the output it is, counted from 1."""
    output.seek(0)
    line, left = 1, number
    for batch in _pieces(output, keeps_space=True):
        for piece in batch:
            if rules.space_change_sensitive or not _is_space(piece[:1] or b"x"):
                if left == 0:
                    return f"line {line}, token {number + 1}" if not rules.space_change_sensitive else f"line {line}"
                left -= 1
            line += piece.count(b"\n")
    return f"line {line}"


def _shown(piece: bytes) -> str:
    text = repr(piece[:_SHOWN_BYTES].decode("utf-8", errors="replace"))
    return f"{text}…" if len(piece) > _SHOWN_BYTES else text
