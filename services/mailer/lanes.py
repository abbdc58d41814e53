"""Owns how much of the mailer one receiver may take up, so that a slow one delays no other. Never calls anybody.

The window of the queue is the scarce thing: what waits for a receiver that hangs lies in it. So one receiver, and one account,
hold a share of it at most; the rest is put off to the queue's ladder. A receiver that let a call time out is slow for a while:
one call at a time goes there, to see whether it is back, and everything else counts as a try that failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from mesh.clock import Clock

_MOST_SLOW: Final = 10_000


class PutOff(Exception):
    """Not now. ``counts``: the receiver's own fault, and a try."""

    def __init__(self, reason: str, *, counts: bool) -> None:
        super().__init__(reason)
        self.counts = counts


@dataclass(slots=True)
class _Lane:
    gate: asyncio.Semaphore
    held: int = 0
    in_flight: int = field(default=0)


class Lanes:
    """The ways to every receiver; ``host`` is its name and port. Times are the clock's monotonic seconds."""

    def __init__(self, clock: Clock, *, in_flight: int, held: int, slow_s: float) -> None:
        self._clock = clock
        self._in_flight = in_flight
        self._held = held
        self._slow_s = slow_s
        self._lanes: dict[str, _Lane] = {}
        self._accounts: dict[str, int] = {}
        self._slow_until: dict[str, float] = {}

    @property
    def slow_count(self) -> int:
        """How many receivers are slow now."""
        now = self._clock.monotonic()
        return sum(until > now for until in self._slow_until.values())

    def timed_out(self, host: str) -> None:
        """It is slow from now on, for a while."""
        self._slow_until.pop(host, None)
        self._slow_until[host] = self._clock.monotonic() + self._slow_s
        if len(self._slow_until) > _MOST_SLOW:
            del self._slow_until[next(iter(self._slow_until))]

    def answered(self, host: str) -> None:
        """It is slow no more."""
        self._slow_until.pop(host, None)

    @asynccontextmanager
    async def through(self, host: str, username: str) -> AsyncIterator[None]:
        """Waits for a place on the way to a receiver and holds it. Raises: `PutOff` when there is none to wait for."""
        lane = self._lanes.get(host)
        self._check_slow(host, lane)
        if lane is None:
            lane = self._lanes[host] = _Lane(asyncio.Semaphore(self._in_flight))
        if lane.held >= self._held:
            raise PutOff("the receiver takes its calls too slowly: this one waits in the queue", counts=False)
        if self._accounts.get(username, 0) >= self._held:
            raise PutOff("other calls of this account are under way: this one waits in the queue", counts=False)
        lane.held += 1
        self._accounts[username] = self._accounts.get(username, 0) + 1
        try:
            async with lane.gate:
                self._check_slow(host, lane)
                lane.in_flight += 1
                try:
                    yield
                finally:
                    lane.in_flight -= 1
        finally:
            self._leave(host, lane, username)

    def _leave(self, host: str, lane: _Lane, username: str) -> None:
        lane.held -= 1
        if not lane.held:
            del self._lanes[host]
        self._accounts[username] -= 1
        if not self._accounts[username]:
            del self._accounts[username]

    def _check_slow(self, host: str, lane: _Lane | None) -> None:
        until = self._slow_until.get(host)
        if until is None:
            return
        if until <= self._clock.monotonic():
            del self._slow_until[host]
        elif lane is not None and lane.in_flight:
            raise PutOff("not called: the receiver let another call time out a moment ago", counts=True)
