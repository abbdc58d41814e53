"""Owns the two clocks over an execution: CPU time of its group, and the wall. Never kills by itself: it calls.

The wall's clock stands still while the program waits for a core that others have (`waiting`): who has only waited is not late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from contest.limits import Limits
from services.runner.sandbox.cgroup import RunGroup
from services.runner.sandbox.execution import KilledBy
from services.runner.sandbox.waiting import waited_ns

_LEAST_WAIT_S = 0.001
_LATE_S = 0.0005
MOST_HELD_UP = 4
"""So many times its wall limit, on top of it, a program is let wait for its core; a machine that is more crowded judges nobody rightly."""


class Watch:
    """Looks at the CPU counter as seldom as the budget allows: sleeps for what is left, divided by the cores, and looks again.

    ``held_up_ns`` is what was added to the wall limit, since the program had waited for its core so long.
    """

    def __init__(self, group: RunGroup, limits: Limits, overtime_ms: int, cores: int, on_limit: Callable[[KilledBy], None]) -> None:
        self._group = group
        self._limits = limits
        self._cores = max(1, min(cores, limits.processes))
        self._on_limit = on_limit
        self._loop = asyncio.get_running_loop()
        most_ms = limits.cpu_ms + overtime_ms
        self._base_ns = group.cpu_ns()
        self._end_ns = self._base_ns + most_ms * 1_000_000
        self._began = self._loop.time()
        self.held_up_ns = 0
        self._wall = self._loop.call_later(limits.wall_ms / 1000, self._look_at_wall)
        self._cpu = self._loop.call_later(most_ms / 1000 / self._cores + _LATE_S, self._look)

    def _look(self) -> None:
        left_ns = self._end_ns - self._group.cpu_ns()
        if left_ns < 0:
            self._on_limit(KilledBy.CPU)
            return
        self._cpu = self._loop.call_later(max(left_ns / 1e9 / self._cores, _LEAST_WAIT_S) + _LATE_S, self._look)

    def _look_at_wall(self) -> None:
        waited = waited_ns(self._group.threads(), self._group.cpu_ns() - self._base_ns)
        self.held_up_ns = max(self.held_up_ns, min(waited, MOST_HELD_UP * self._limits.wall_ms * 1_000_000))
        left_s = self._limits.wall_ms / 1000 + self.held_up_ns / 1e9 - (self._loop.time() - self._began)
        if left_s <= _LEAST_WAIT_S:
            self._on_limit(KilledBy.WALL)
        else:
            self._wall = self._loop.call_later(left_s, self._look_at_wall)

    def stop(self) -> None:
        """Takes both clocks down."""
        self._wall.cancel()
        self._cpu.cancel()
