"""Owns the declared rate of a queue: even steps, no bursts. Holds within one consumer's process, not across replicas."""

from __future__ import annotations


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
