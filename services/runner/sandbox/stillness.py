"""Owns whether the threads of a group run or wait, as the kernel tells at this moment. Never stops or wakes one.

A thread that waits for its turn on a busy machine runs, however long it waits; CPU time alone cannot tell it from one that sleeps.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from services.runner.sandbox.cgroup import read_file


class Stillness(enum.Enum):
    """What a group does: something runs, nothing runs but something sleeps for a time, all wait for others, nobody is left."""

    RUNS = "runs"
    SLEEPS = "sleeps"
    WAITS = "waits"
    GONE = "gone"


def stillness(threads: Iterable[str]) -> Stillness:
    """What the threads of these numbers do together. Where the kernel does not name what a thread waits for, who sleeps is said to wait."""
    found = Stillness.GONE
    for thread in threads:
        state = _state(thread)
        if state in "RD":  # also on a disk: it goes on by itself
            return Stillness.RUNS
        if state in "ZX":
            continue
        if "nanosleep" in _waits_in(thread):
            found = Stillness.SLEEPS
        elif found is Stillness.GONE:
            found = Stillness.WAITS
    return found


def _state(thread: str) -> str:
    """One letter, as in ``ps``; X for one that is over."""
    try:
        return read_file(f"/proc/{thread}/stat").rpartition(")")[2].split(maxsplit=1)[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def _waits_in(thread: str) -> str:
    """The function of the kernel in which it waits; empty when the kernel does not say."""
    try:
        return read_file(f"/proc/{thread}/wchan")
    except OSError:
        return ""
