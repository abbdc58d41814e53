"""Owns who the runners are, as far as their claims and reports tell, and what operators said of them that they do not know yet.

A runner keeps an operator's word itself and says so with each claim: what is kept here is only on its way. So it outlives this grader, and
several graders agree. Never trusts a name with anything. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.grader.runs import Attempt, Seeker
from wire.runners import DirectRunner, RunnerStatus

REMEMBERED_S = 60.0
"""A runner that has not been heard of for so long is gone: claims are asked anew more often than that."""

_MOST_RUNNERS = 10_000
_MOST_DIRECTIONS = 1_000


@dataclass(slots=True)
class _Known:
    seeker: Seeker
    seen_at: float
    judged: int = 0
    judge_errors: int = 0


class Roster:
    """Slots of runners by name: what each says of itself, when it was last heard of (monotonic seconds), how its attempts ended."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._directions: dict[str, DirectRunner] = {}

    def saw(self, seeker: Seeker, now: float) -> None:
        """A runner asks for work, or its claim still stands."""
        known = self._known.get(seeker.name)
        if known is not None:
            known.seeker, known.seen_at = seeker, now
        elif len(self._known) < _MOST_RUNNERS:
            self._known[seeker.name] = _Known(seeker, now)
        self._strike_off(seeker)

    def heard(self, runner: str, now: float) -> None:
        """A runner reports."""
        if runner in self._known:
            self._known[runner].seen_at = now

    def ended(self, runner: str, outcome: str) -> None:
        """An attempt of that runner came to its end."""
        known = self._known.get(runner)
        if known is not None:
            known.judged += outcome not in {"handed-back", "judge-error"}
            known.judge_errors += outcome == "judge-error"

    def direct(self, direction: DirectRunner) -> bool:
        """Takes an operator's word, to be told to that runner; False, and nothing, when it was not heard of lately.

        The later word counts; this one is later than what the runner knows, whatever the clocks of two frontends say.
        """
        slots = [known.seeker for known in self._known.values() if known.seeker.host == direction.host]
        known_us = max((seeker.facts.directed_us for seeker in slots if seeker.facts is not None), default=0)
        direction = replace(direction, at_us=max(direction.at_us, known_us + 1))
        said = self._directions.get(direction.host)
        if slots and (said is None or said.at_us < direction.at_us):
            self._directions[direction.host] = direction
            if len(self._directions) > _MOST_DIRECTIONS:
                self._directions.pop(next(iter(self._directions)))
        return bool(slots)

    def direction_for(self, seeker: Seeker) -> DirectRunner | None:
        """What an operator said of it that it does not know yet."""
        return self._directions.get(seeker.host)

    def is_out(self, seeker: Seeker) -> bool:
        """Whether it gets no work: as it says itself, or as an operator said since."""
        direction = self._directions.get(seeker.host)
        return seeker.is_out if direction is None else direction.is_held

    def forget_silent(self, now: float) -> None:
        """Drops those who are gone."""
        self._known = {name: one for name, one in self._known.items() if now - one.seen_at <= REMEMBERED_S}

    def has_language(self, language: str, *, besides: str = "") -> bool:
        """Whether a runner in service, other than the one named, has that language."""
        return any(
            name != besides and language in one.seeker.languages and not self.is_out(one.seeker) for name, one in self._known.items()
        )

    def knows_language(self, language: str) -> bool:
        """Whether a runner has it, in service or not: one that is out may come back."""
        return any(language in one.seeker.languages for one in self._known.values())

    def __len__(self) -> int:
        return len(self._known)

    @property
    def in_service(self) -> int:
        """How many get work."""
        return sum(not self.is_out(one.seeker) for one in self._known.values())

    def statuses(self, running: Iterable[Attempt], now: float) -> tuple[RunnerStatus, ...]:
        """Every slot, with one of the attempts that it works on."""
        busy = {attempt.runner: attempt for attempt in running}
        return tuple(
            RunnerStatus(
                name, tuple(sorted(one.seeker.languages)), round(now - one.seen_at, 3),
                attempt=busy[name].id if name in busy else "", submission=busy[name].run.order.submission if name in busy and busy[name].run.errand is None else "",
                facts=one.seeker.facts, judged=one.judged, judge_errors=one.judge_errors, is_held=self._is_held(one.seeker),
            )
            for name, one in sorted(self._known.items())
        )  # fmt: skip

    def _is_held(self, seeker: Seeker) -> bool:
        direction = self._directions.get(seeker.host)
        if direction is not None:
            return direction.is_held
        return seeker.facts is not None and seeker.facts.is_held

    def _strike_off(self, seeker: Seeker) -> None:
        """A word that the runner knows, or that a later one overtook, is not told again."""
        direction = self._directions.get(seeker.host)
        if direction is not None and seeker.facts is not None and seeker.facts.directed_us >= direction.at_us:
            del self._directions[seeker.host]
