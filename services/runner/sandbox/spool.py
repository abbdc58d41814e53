"""Owns the bytes that a program wrote: here while they are few, in a nameless file in memory when they are many. Never a path.

How many there can be is bounded by the limit on output, times the slots.
"""

from __future__ import annotations

import fcntl
import os

from services.runner.sandbox.reading import FileReader, Reader, bytes_reader

KEPT_BYTES = 1 << 20


class Spool:
    """Takes bytes, then gives them back through a descriptor. Closed by whoever it was made for; closing twice is fine."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._fd = -1
        self.size = 0

    @classmethod
    def over(cls, fd: int, size_bytes: int) -> Spool:
        """A spool over a file that there is already, for reading only. Raises: OSError."""
        made = cls()
        made._fd = os.dup(fd)
        made.size = size_bytes
        return made

    def write(self, piece: bytes | memoryview) -> None:
        """Appends."""
        self.size += len(piece)
        if self._fd < 0 and self.size <= KEPT_BYTES:
            self._kept += piece
            return
        if self._fd < 0:
            self._move_out()
        write_all(self._fd, piece)

    def fd(self) -> int:
        """A descriptor at the start of the bytes, for reading, shown to a program as read-only. Stays the spool's own."""
        if self._fd < 0:
            self._move_out()
        os.lseek(self._fd, 0, os.SEEK_SET)
        return self._fd

    def reader(self) -> Reader:
        """The bytes from the start; valid until the spool is closed."""
        return bytes_reader(bytes(self._kept)) if self._fd < 0 else FileReader(self._fd)

    def head(self, most: int) -> bytes:
        """The first bytes."""
        return bytes(self._kept[:most]) if self._fd < 0 else os.pread(self._fd, most, 0)

    def tail(self, most: int) -> bytes:
        """The last bytes."""
        start = max(0, self.size - most)
        return bytes(self._kept[start:]) if self._fd < 0 else os.pread(self._fd, most, start)

    def close(self) -> None:
        """Forgets the bytes."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._kept = bytearray()
        self.size = 0

    def _move_out(self) -> None:
        self._fd = os.memfd_create("output", os.MFD_CLOEXEC)
        os.fchmod(self._fd, 0o444)
        write_all(self._fd, self._kept)
        self._kept = bytearray()


def sealed(content: bytes, name: str = "file") -> int:
    """A descriptor of a nameless file in memory with this content, mode 0444, that nobody can change. The caller closes it."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.fchmod(fd, 0o444)
    write_all(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    seal(fd)
    return fd


def seal(fd: int) -> None:
    """From now on nobody can change the file in memory, nor take the seals off."""
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)


def write_all(fd: int, piece: bytes | bytearray | memoryview) -> None:
    """Writes every byte. Raises: OSError."""
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(fd, rest) :]
