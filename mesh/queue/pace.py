"""Owns the declared rate of a queue: even steps, no bursts. Never holds a message.

`Pace` holds within one process: enough for the embedded queues, which are one process. `SharedGait` is kept by the state that
all processes share, so that two consumers together keep the rate of one.
"""

from __future__ import annotations

from typing import Protocol

from mesh.cache.contract import Cache, Rate
from mesh.clock import Clock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.queue.contract import Declaration


class Pace:
    """So many a minute; None: as many as there are. Times are monotonic seconds."""

    def __init__(self, per_minute: int | None) -> None:
        self._step_s = 60 / per_minute if per_minute else 0.0
        self.next_at = 0.0

    def may_step(self, now: float) -> bool:
        """Whether another may go now."""
        return now >= self.next_at

    def step(self, now: float) -> None:
        """One went."""
        if self._step_s:
            self.next_at = max(now, self.next_at) + self._step_s


class Gait(Protocol):
    """A rate that is asked before each message."""

    async def step(self) -> float:
        """Takes a step and answers 0; or takes none, and says in how many seconds to ask again."""
        ...


class OwnGait:
    """A rate that this process keeps by itself."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._pace = Pace(per_minute)
        self._clock = clock

    async def step(self) -> float:
        now = self._clock.monotonic()
        if not self._pace.may_step(now):
            return self._pace.next_at - now
        self._pace.step(now)
        return 0.0


class SharedGait:
    """A rate that every process keeps together, by a limit in the state; while the state is away each keeps it by itself."""

    def __init__(self, queue: str, per_minute: int, state: Cache, clock: Clock, log: Log) -> None:
        self._queue = queue
        self._key = f"pace:{queue}"
        self._rate = Rate(per_minute, 60.0, burst=1)
        self._state = state
        self._alone = OwnGait(per_minute, clock)
        self._log = log
        self._is_alone = False

    async def step(self) -> float:
        try:
            allowance = (await self._state.allow({self._key: self._rate}))[self._key]
        except Unavailable as away:
            if not self._is_alone:
                self._log.warning("pace-kept-alone", queue=self._queue, cause=away)
            self._is_alone = True
            return await self._alone.step()
        self._is_alone = False
        return 0.0 if allowance.is_allowed else max(allowance.retry_after_s, 0.001)


def gait_of(declaration: Declaration, state: Cache | None, clock: Clock, log: Log) -> Gait | None:
    """How a queue's declared rate is kept; None where it has none."""
    per_minute = declaration.rate_per_minute
    if not per_minute:
        return None
    if state is None:
        return OwnGait(per_minute, clock)
    return SharedGait(declaration.name, per_minute, state, clock, log)
