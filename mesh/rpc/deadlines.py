"""Owns the ending of calls whose time is over: one timer for all of them, armed for the nearest. Never says what that means.

A timer of its own for each call costs a tenth of the call; nearly all calls end long before their deadline.
"""

from __future__ import annotations

import asyncio
from math import inf
from types import TracebackType
from typing import Self


class Deadlines:
    """The deadlines of one loop's calls. `until` is used as `asyncio.timeout_at` would be, in a plain ``with``."""

    def __init__(self) -> None:
        self._limits: set[Limit] = set()
        self._armed_for = inf
        self._timer: asyncio.TimerHandle | None = None

    def until(self, ends: float) -> Limit:
        """Cancels the task that enters it when the loop's clock reaches ``ends``; leaving it raises TimeoutError then."""
        return Limit(self, ends)

    def add(self, limit: Limit) -> None:
        """A limit was entered."""
        self._limits.add(limit)
        if limit.ends < self._armed_for:
            self._arm(limit.ends)

    def remove(self, limit: Limit) -> None:
        """It was left. The timer stays: firing in vain once is cheaper than moving it each time."""
        self._limits.discard(limit)

    def _arm(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = moment
        self._timer = asyncio.get_running_loop().call_at(moment, self._look)

    def _look(self) -> None:
        self._timer, self._armed_for = None, inf
        now = asyncio.get_running_loop().time()
        for limit in [each for each in self._limits if each.ends <= now]:
            self._limits.discard(limit)
            limit.expire()
        nearest = min((each.ends for each in self._limits), default=inf)
        if nearest < inf:
            self._arm(nearest)


class Limit:
    """One deadline around one block. Entered once, by the task that it may cancel."""

    __slots__ = ("_cancelling", "_deadlines", "_task", "ends", "has_expired")

    def __init__(self, deadlines: Deadlines, ends: float) -> None:
        self._deadlines = deadlines
        self.ends = ends
        self.has_expired = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "a deadline belongs to a task"
        self._task = task
        self._cancelling = task.cancelling()
        self._deadlines.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._deadlines.remove(self)
        if self.has_expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """The time is over."""
        self.has_expired = True
        self._task.cancel()
