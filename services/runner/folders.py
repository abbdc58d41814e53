"""Owns the reading of a folder that a program in a box has filled, as the archive that ``tar`` makes of it. Never writes a file.

Whoever filled it is a stranger: names are checked, everything but files is left out, and nothing that the archive says of itself is believed
beyond its own length. Source: POSIX, pax, "ustar Interchange Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_FILES = 2_000
MOST_PATH_CHARACTERS = 200
_BLOCK = 512
_FILES = frozenset({b"0", b"\0"})


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a folder: ``path`` inside it; whether its owner may execute it."""

    path: str
    content: bytes
    is_executable: bool


def read_folder(archive: bytes) -> tuple[Member, ...]:
    """The files of a folder. Raises: ValueError, with what is wrong, for what is no such archive or cannot be laid into a box again."""
    found = tuple(_members(archive))
    if len(found) > MOST_FILES:
        raise ValueError(f"more than {MOST_FILES} files")
    return found


def _members(archive: bytes) -> Iterator[Member]:
    at = 0
    while at + _BLOCK <= len(archive):
        header = archive[at : at + _BLOCK]
        if not header.strip(b"\0"):
            return
        size, at = _octal(header[124:136]), at + _BLOCK
        if header[156:157] in _FILES:
            content = archive[at : at + size]
            if len(content) != size:
                break
            yield Member(_path(header), content, is_executable=bool(_octal(header[100:108]) & 0o100))
        at += -(-size // _BLOCK) * _BLOCK
    raise ValueError("its archive is cut off")


def _path(header: bytes) -> str:
    """The path of a member. Raises: ValueError."""
    prefix, name = (field.partition(b"\0")[0] for field in (header[345:500], header[:100]))
    path = (prefix + b"/" + name if prefix else name).decode(errors="replace").removeprefix("./")
    is_plain = path.isprintable() and "\N{REPLACEMENT CHARACTER}" not in path and len(path) <= MOST_PATH_CHARACTERS
    if not is_plain or any(part in {"", ".", ".."} for part in path.split("/")):
        shown = "".join(letter if letter.isprintable() else "?" for letter in path)[:80]
        raise ValueError(f"{shown!r} cannot be the path of a file: UTF-8, printable, at most {MOST_PATH_CHARACTERS} characters")
    return path


def _octal(field: bytes) -> int:
    digits = field.strip(b"\0 ")
    if len(digits) > len(field) - 1 or not all(digit in b"01234567" for digit in digits):
        raise ValueError("its archive is damaged")
    return int(digits or b"0", 8)
