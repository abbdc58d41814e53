"""Owns reading an open file from its start without touching the offset that others share. Never opens or closes it."""

from __future__ import annotations

import io
import os
from typing import Protocol


class Reader(Protocol):
    """Bytes that can be read in pieces, and from the start again."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end."""
        ...

    def seek(self, place: int, /) -> int:
        """Goes to a place, counted from the start."""
        ...


class FileReader(Reader):
    """A reader over a descriptor with an offset of its own."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._at = 0

    def read(self, size: int) -> bytes:
        piece = os.pread(self._fd, size, self._at)
        self._at += len(piece)
        return piece

    def seek(self, place: int) -> int:
        self._at = place
        return place


def bytes_reader(content: bytes) -> Reader:
    """A reader over bytes in memory."""
    return io.BytesIO(content)
