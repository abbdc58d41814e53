"""Owns the rules of one contest and its phases as functions of time. Never reads a clock."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta


class Mode(enum.StrEnum):
    """How a contest is scored."""

    ICPC = "icpc"
    IOI = "ioi"


class Phase(enum.StrEnum):
    """Where a contest stands at a moment."""

    BEFORE = "before"
    RUNNING = "running"
    FROZEN = "frozen"
    ENDED = "ended"


class Audience(enum.StrEnum):
    """For whom a scoreboard is folded."""

    PUBLIC = "public"
    JURY = "jury"


@dataclass(frozen=True, slots=True)
class ContestRules:
    """The rules that scoring and visibility need. ``start`` is aware UTC; ``freeze_s`` counts back from the end.

    ``thawed_at`` is when the jury lifted the freeze, None while it stands.
    """

    mode: Mode
    start: datetime
    duration_s: int
    freeze_s: int = 0
    penalty_s: int = 20 * 60
    thawed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("start must be aware UTC")
        if self.duration_s <= 0:
            raise ValueError("duration_s must be positive")
        if not 0 <= self.freeze_s <= self.duration_s:
            raise ValueError("freeze_s must lie between 0 and duration_s")
        if self.penalty_s < 0:
            raise ValueError("penalty_s must not be negative")

    @property
    def end(self) -> datetime:
        """The first moment at which nothing may be submitted any more."""
        return self.start + timedelta(seconds=self.duration_s)

    @property
    def freeze_start(self) -> datetime | None:
        """From when on the public board hides verdicts, None without a freeze."""
        return self.end - timedelta(seconds=self.freeze_s) if self.freeze_s else None

    def phase(self, now: datetime) -> Phase:
        """The phase at ``now``; FROZEN is RUNNING with the public board frozen."""
        if now < self.start:
            return Phase.BEFORE
        if now >= self.end:
            return Phase.ENDED
        if self.freeze_start is not None and now >= self.freeze_start:
            return Phase.FROZEN
        return Phase.RUNNING

    def is_frozen(self, now: datetime) -> bool:
        """Whether the public board hides verdicts at ``now``: from the freeze until the jury thaws, also after the end."""
        if self.freeze_start is None or now < self.freeze_start:
            return False
        return self.thawed_at is None or now < self.thawed_at

    def hides(self, submitted_at: datetime) -> bool:
        """Whether a verdict on a submission of that time stays hidden from the public while the freeze stands."""
        return self.freeze_start is not None and self.thawed_at is None and submitted_at >= self.freeze_start
