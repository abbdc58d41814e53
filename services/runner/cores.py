"""Owns which core each slot's programs are bound to: one that no other runner of this machine has. Never binds anything.

A core is taken by a name in the kernel (an abstract socket), so that two runners never have the same one, whoever they belong to, and
that a runner that dies has given its cores back. The first core that this process may use is left to the services as long as others are free.
Two threads of one core disturb each other's times: of each core one thread is taken, and the others only when more slots are asked for than
there are cores.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")


@contextmanager
def reserved_cores(
    slots: int, *, is_pinned: bool, allowed: Sequence[int] | None = None, topology: Path = _CPUS
) -> Iterator[tuple[int | None, ...]]:
    """The core of each slot for the length of a block; None: no core of its own is left, it runs wherever there is room.

    ``slots`` 0: one less than there are cores, at least one. ``allowed``: what the kernel counts as cores, to choose from; those of this process
    unless given. ``topology``: the kernel's folder that says which of them are threads of one core.
    """
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    whole = _one_of_each(cores, topology)
    count = slots or max(1, len(whole) - 1)
    if not is_pinned or len(cores) == 1:
        yield (None,) * count
        return
    with ExitStack() as held:
        mine: list[int | None] = []
        for core in (*whole[1:], whole[0], *(core for core in cores if core not in whole)):
            if len(mine) < count and _take(core, held):
                mine.append(core)
        yield (*mine, *(None,) * (count - len(mine)))


def _one_of_each(cores: Sequence[int], topology: Path) -> list[int]:
    """The first thread of each core that can be used; all of them where the kernel does not say who shares one."""
    seen: dict[str, int] = {}
    for core in cores:
        try:
            shared = (topology / f"cpu{core}/topology/thread_siblings_list").read_text(encoding="ascii").strip()
        except OSError:
            shared = str(core)
        seen.setdefault(shared, core)
    return list(seen.values())


def _take(core: int, held: ExitStack) -> bool:
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        name.bind(f"\0palestra-core-{core}")
    except OSError:
        name.close()
        return False
    held.enter_context(name)
    return True
