"""Owns the place of a new archive: its name while it is written, and its own name at the end. Never writes over anything."""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from mesh.errors import Conflict

_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})
"""A file system that has no hard links says one of these."""


def taken(path: Path) -> Conflict:
    """What is told to whoever names something that is there."""
    return Conflict(f"{path} is there already, and nothing was written: choose another name, or name a folder, where every backup gets one of its own", code="backup-exists")


def opened_beside(path: Path) -> tuple[Path, int]:
    """A file beside this place that nobody else writes, and its descriptor; what killed runs left there is gone.

    Who writes one holds its lock. One that is not locked yet may be taken for a leftover: then the next is made.

    Raises: OSError.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*partial"):
        _forget_leftover(left)
    while True:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with suppress(OSError):  # where there are no locks nobody takes it for a leftover
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return partial, descriptor
        os.close(descriptor)


def put(partial: Path, path: Path) -> bool:
    """Gives the file this name; False when something else has it. Raises: OSError."""
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    except OSError as wrong:
        if wrong.errno not in _NO_LINKS:
            raise
        return _is_moved(partial, path)
    return True


def _forget_leftover(partial: Path) -> None:
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_NOFOLLOW)
    except OSError:
        return  # it is gone by now, or somebody else's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        partial.unlink(missing_ok=True)
    except OSError:
        return  # it is being written, or there are no locks here and nobody can tell
    finally:
        os.close(descriptor)


def _is_moved(partial: Path, path: Path) -> bool:
    """The same without hard links: an empty file of our own takes the name first, and then the archive its place."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    try:
        partial.replace(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True
