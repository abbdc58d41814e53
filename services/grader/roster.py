"""Owns who the runners are, as far as their claims and reports tell. Never trusts a name with anything. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.grader.runs import Attempt, Seeker
from wire.runners import RunnerStatus

REMEMBERED_S = 60.0
"""A runner that has not been heard of for so long is gone: claims are asked anew more often than that."""

_MOST_RUNNERS = 10_000


@dataclass(slots=True)
class _Known:
    languages: frozenset[str]
    seen_at: float


class Roster:
    """Runners by name, each with its languages and when it was last heard of (monotonic seconds)."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def saw(self, seeker: Seeker, now: float) -> None:
        """A runner asks for work, or its claim still stands."""
        if seeker.name in self._known or len(self._known) < _MOST_RUNNERS:
            self._known[seeker.name] = _Known(seeker.languages, now)

    def heard(self, runner: str, now: float) -> None:
        """A runner reports."""
        if runner in self._known:
            self._known[runner].seen_at = now

    def forget_silent(self, now: float) -> None:
        """Drops those who are gone."""
        self._known = {name: one for name, one in self._known.items() if now - one.seen_at <= REMEMBERED_S}

    def has_language(self, language: str, *, besides: str = "") -> bool:
        """Whether a runner, other than the one named, has that language."""
        return any(language in one.languages for name, one in self._known.items() if name != besides)

    def __len__(self) -> int:
        return len(self._known)

    def statuses(self, running: Iterable[Attempt], now: float) -> tuple[RunnerStatus, ...]:
        """Every runner, with one of the attempts that it works on."""
        busy = {attempt.runner: attempt for attempt in running}
        return tuple(
            RunnerStatus(
                name, tuple(sorted(one.languages)), round(now - one.seen_at, 3),
                attempt=busy[name].id if name in busy else "", submission=busy[name].run.order.submission if name in busy else "",
            )
            for name, one in sorted(self._known.items())
        )  # fmt: skip
