"""Owns how long a group waited for a core that others had, as the kernel counts it. Never gives anybody more time.

On a crowded machine the clock goes on while a program stands in the queue for its core: that time is not the program's own.
Source: ``/proc/PID/schedstat`` (Documentation/scheduler/sched-stats): time on a core, time ready to run but waiting, turns.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.runner.sandbox.cgroup import read_file


def waited_ns(threads: Iterable[str], spent_ns: int) -> int:
    """How long the thread that waited longest stood in the queue behind others than its own group, in nanoseconds.

    ``threads`` are numbers of those that live; ``spent_ns`` is the CPU time of the whole group: while a thread waited the others of its
    group may have run, so what they used is not counted. 0 where the kernel does not tell.
    """
    return max((0, *(waited - max(0, spent_ns - own) for own, waited in map(_turns, threads))))


def _turns(thread: str) -> tuple[int, int]:
    """Time on a core and time in the queue, in nanoseconds; nothing of one that is gone."""
    try:
        own, waited, _ = read_file(f"/proc/{thread}/schedstat").split()
    except (OSError, ValueError):
        return 0, 0
    return int(own), int(waited)
