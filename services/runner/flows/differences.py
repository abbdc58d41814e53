"""Owns how an output and its answer are set side by side for people: the first line that differs, and the one before. Never judges.

Pure, and bounded: no more than `SEARCHED_BYTES` of either are looked through, and what is said fits `SAID_BYTES`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from services.runner.sandbox.reading import Reader

SEARCHED_BYTES = 2 << 20
SAID_BYTES = 2 << 10
_CHUNK_BYTES = 1 << 16
_LINE_BYTES = 240
_BEFORE_BYTES = 60
_NEAR = 1e-6


def side_by_side(output: Reader, answer: Reader) -> str:
    """Where the first difference is, then the line before it, after two spaces, what was wanted, after ``-``, and what was found, after ``+``.

    White space, upper and lower case and the last digits of decimal fractions make no difference here: people look for the mistake.
    """
    ours, theirs = _Lines(output), _Lines(answer)
    before: bytes | None = None
    while True:
        found, wanted = ours.next(), theirs.next()
        if found is None and wanted is None:
            return "no difference but in white space, case or last digits" if ours.is_whole and theirs.is_whole else _not_found()
        if (found is None and not ours.is_whole) or (wanted is None and not theirs.is_whole):
            return _not_found()
        if found is None or wanted is None or not _is_same(found, wanted):
            return _said(ours.number, before, found, wanted)
        before = found


def _is_same(found: bytes, wanted: bytes) -> bool:
    ours, theirs = found.lower().split(), wanted.lower().split()
    return ours == theirs or (len(ours) == len(theirs) and all(map(_is_alike, ours, theirs)))


def _is_alike(ours: bytes, theirs: bytes) -> bool:
    if ours == theirs or b"." not in theirs:
        return ours == theirs
    try:
        return math.isclose(float(ours), float(theirs), rel_tol=_NEAR, abs_tol=_NEAR)
    except ValueError:
        return False


def _not_found() -> str:
    return f"no difference in the first {SEARCHED_BYTES >> 20} MiB"


def _said(number: int, before: bytes | None, found: bytes | None, wanted: bytes | None) -> str:
    start = max(0, _first_difference(found or b"", wanted or b"") - _BEFORE_BYTES)
    lines = [f"line {number}" + (f", from byte {start + 1} of it" if start else "")]
    if before is not None:
        lines.append("  " + _shown(before, 0))
    lines.append("- " + _shown(wanted, start) if wanted is not None else "- [the answer ends here]")
    lines.append("+ " + _shown(found, start) if found is not None else "+ [the output ends here]")
    return "\n".join(lines)


def _first_difference(found: bytes, wanted: bytes) -> int:
    return next((place for place, (ours, theirs) in enumerate(zip(found, wanted, strict=False)) if ours != theirs), min(len(found), len(wanted)))


def _shown(line: bytes, start: int) -> str:
    text = line[start : start + _LINE_BYTES].decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    return ("…" if start else "") + text + ("…" if len(line) > start + _LINE_BYTES else "")


class _Lines:
    """The lines of a source that are not blank, without their ends. ``number`` is that of the last one, counted from 1."""

    def __init__(self, source: Reader) -> None:
        self.number = 0
        self.is_whole = True
        self._lines = self._read(source)

    def next(self) -> bytes | None:
        return next(self._lines, None)

    def _read(self, source: Reader) -> Iterator[bytes]:
        source.seek(0)
        rest, left = b"", SEARCHED_BYTES
        while chunk := source.read(min(_CHUNK_BYTES, left)):
            left -= len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                self.number += 1
                if line.strip():
                    yield line
            if not left:
                self.is_whole = not source.read(1)
                break
        self.number += 1
        if self.is_whole and rest.strip():
            yield rest
