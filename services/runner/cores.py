"""Owns which core each slot's programs are bound to: one that no other runner of this machine has. Never binds anything.

A core is taken by a name in the kernel (an abstract socket), so that two runners never have the same one, whoever they belong to, and
that a runner that dies has given its cores back. The first core that this process may use is left to the services as long as others are free.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager


@contextmanager
def reserved_cores(slots: int, *, is_pinned: bool, allowed: Sequence[int] | None = None) -> Iterator[tuple[int | None, ...]]:
    """The core of each slot for the length of a block; None: no core of its own is left, it runs wherever there is room.

    ``slots`` 0: one less than there are cores, at least one. ``allowed``: the cores to choose from; those of this process unless given.
    """
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    count = slots or max(1, len(cores) - 1)
    if not is_pinned or len(cores) == 1:
        yield (None,) * count
        return
    with ExitStack() as held:
        mine: list[int | None] = []
        for core in (*cores[1:], cores[0]):
            if len(mine) < count and _take(core, held):
                mine.append(core)
        yield (*mine, *(None,) * (count - len(mine)))


def _take(core: int, held: ExitStack) -> bool:
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        name.bind(f"\0palestra-core-{core}")
    except OSError:
        name.close()
        return False
    held.enter_context(name)
    return True
