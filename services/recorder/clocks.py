"""Owns what submissions tell of clocks: one from the future was refused, so somebody's clock is wrong. Never sets a clock, never refuses."""

from __future__ import annotations

from typing import Final

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from wire.commands import Command, Outcome

CODE: Final = "clock-ahead"
_TOLD_FOR_S: Final = 300.0
_AGAIN_S: Final = 60.0


class Clocks:
    """Tells operators by how much clocks differ: in a warning once a minute, in figures, and for five minutes after the last in health."""

    def __init__(self, clock: Clock, *, metrics: Metrics, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._ahead_s = 0.0
        self._seen_at: float | None = None
        self._told_at: float | None = None
        self._refused = metrics.counter("clock_ahead_total")
        self._ahead = metrics.gauge("clock_ahead_seconds")

    def note(self, command: Command, outcome: Outcome) -> None:
        """Hears what became of a command that was decided now."""
        if outcome.code != CODE:
            return
        now = self._clock.monotonic()
        self._ahead_s, self._seen_at = (command.at - self._clock.now()).total_seconds(), now
        self._refused.inc()
        self._ahead.set(self._ahead_s)
        if self._told_at is None or now - self._told_at >= _AGAIN_S:
            self._told_at = now
            self._log.warning("clock-wrong", ahead_s=round(self._ahead_s, 1), kind=command.kind, command=command.id, actor=command.actor)

    async def health(self) -> str:
        """What is wrong, empty when nothing is."""
        if self._seen_at is None or self._clock.monotonic() - self._seen_at > _TOLD_FOR_S:
            return ""
        return (
            f"submissions are refused ({CODE}): the last came {self._ahead_s:.0f} s from the future, so the clock of a frontend, "
            "or of this recorder, is wrong; compare them (NTP)"
        )
