"""Owns the ends of pipes between two programs, until the programs have them. Never reads or writes one."""

from __future__ import annotations

import os


class PipeEnd:
    """One end. Whoever made it closes it; an execution that hands it to a program closes it at once. Closing twice is fine."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def close(self) -> None:
        """Lets go: the other side hears of the end of the file when the last holder has."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def open_pipe() -> tuple[PipeEnd, PipeEnd]:
    """The reading and the writing end of a pipe that a program may open again by its name in ``/proc``. Raises: OSError."""
    read, write = os.pipe2(os.O_CLOEXEC)
    os.fchmod(read, 0o666)  # one inode: the program has another uid
    return PipeEnd(read), PipeEnd(write)
