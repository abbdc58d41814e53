"""Owns the reading of a program's pipe: as it comes, up to a limit. Never waits for the end of the file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

_READ_BYTES = 1 << 18


class Pump:
    """Reads one pipe on the loop, from `start` on, and hands the bytes to ``sink``, at most ``most`` of them.

    What comes after that is read and dropped, so that a program does not hang on a full pipe; ``on_overflow`` is called
    once. `finish` takes what is in the pipe already and closes it: a daemon that holds the other end keeps nobody waiting.
    """

    def __init__(self, fd: int, most: int, sink: Callable[[bytes], object], on_overflow: Callable[[], None] | None = None) -> None:
        self._fd = fd
        self._room = most
        self._sink = sink
        self._on_overflow = on_overflow
        self._loop = asyncio.get_running_loop()
        self.is_over = False
        self._is_reading = False
        os.set_blocking(fd, False)

    def start(self) -> None:
        """Begins to read, if that is not over by now."""
        if self._fd >= 0:
            self._loop.add_reader(self._fd, self._read)
            self._is_reading = True

    def _read(self) -> bool:
        try:
            piece = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return False
        if not piece:
            self.close()
            return False
        if len(piece) > self._room:
            piece = piece[: self._room]
            if not self.is_over:
                self.is_over = True
                if self._on_overflow:
                    self._on_overflow()
        self._room -= len(piece)
        if piece:
            self._sink(piece)
        return True

    def finish(self) -> None:
        """Takes what is in the pipe now, at most what a pipe can hold, and closes it."""
        rounds = 8
        while self._fd >= 0 and rounds and self._read():
            rounds -= 1
        self.close()

    def close(self) -> None:
        """Stops reading."""
        if self._fd >= 0:
            if self._is_reading:
                self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
