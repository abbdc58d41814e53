"""Owns who gives way to whom: runs that nobody waits for, to runs that somebody waits for. Pure; never moves a run by itself.

A run of a level that yields is never taken away: its runner is told, ends the case that is running, and hands back what it has; the next
attempt begins behind it. So what comes in waits for one case at most, and a set of a thousand rejudges still gets its share, case by case.
A slot may be told that works for another grader: it stands by here for as long as what it does there yields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.grader.runs import Attempt, Run, Seeker, Standby

COMING_S = 2.0
"""A slot that was told and is free has asked for work by then, or is not counted on any more."""


QUIET_S = 30.0
"""Nothing urgent had to call anybody for so long: what takes long and may not be in its way is tried again."""


class Precedence:
    """Which slots were told to give way, and have not been given what they made room for."""

    def __init__(self) -> None:
        self._urgent_at = -QUIET_S
        self._coming: dict[str, float] = {}
        self._standbys: dict[str, Standby] = {}

    # ── slots that work for another grader ────────────────────────────────────────────────────────────────────────

    def stand_by(self, seeker: Seeker, now: float) -> Standby:
        """A line is opened by a slot that works on what yields, for another grader. `stand_down` ends it."""
        standby = self._standbys.setdefault(seeker.name, Standby(seeker, now))
        standby.seeker = seeker
        standby.lines += 1
        return standby

    @staticmethod
    def stand_down(standby: Standby, now: float) -> None:
        """The line is over; its slot may open another at once, or ask for work."""
        standby.lines -= 1
        standby.left_at = now

    def arrived(self, slot: str, now: float) -> None:
        """A slot asks for work: it stands by no more, and gets something urgent if it was called."""
        standby = self._standbys.pop(slot, None)
        if standby is not None and standby.is_called:
            self._coming[slot] = now + COMING_S

    def is_quiet(self, now: float) -> bool:
        """Whether nothing urgent was in need of a slot for a while."""
        return now - self._urgent_at >= QUIET_S

    # ── who gives way ─────────────────────────────────────────────────────────────────────────────────────────────

    def call_for(self, run: Run, waiting: Iterable[Run], attempts: Iterable[Attempt], now: float) -> Attempt | Standby | None:
        """Who shall give way to a run that found no free runner; None when there is nobody, or enough do already."""
        if run.yields:
            return None
        self._forget_late(now)
        self._urgent_at = now
        urgent = sum(not one.yields for one in waiting)
        live: list[Attempt | Standby] = [*attempts, *self._standbys.values()]
        if sum(one.is_called for one in live) + len(self._coming) >= urgent:
            return None
        able = [one for one in live if one.yields and not one.is_called and run.order.language in one.languages]
        if not able:
            return None
        called = max(able, key=lambda one: one.began)
        called.is_called = True
        return called

    def gave_way(self, attempt: Attempt, now: float) -> None:
        """A runner handed back what it was told to, here or by another grader: the next that asks gets something urgent."""
        self._urgent_at = now
        if attempt.is_called:
            self._coming[attempt.runner] = now + COMING_S

    def narrowed(self, suits: Callable[[Run], bool], waiting: Iterable[Run], seeker: Seeker, now: float) -> Callable[[Run], bool]:
        """What suits a claim; only what is urgent while something of that kind is owed, or where that is asked for first."""
        self._forget_late(now)
        is_awaited = any(not run.yields and suits(run) for run in waiting)
        if not is_awaited:
            self._coming.pop(seeker.name, None)
            return (lambda _: False) if seeker.is_choosy else suits
        if not self._coming:
            return suits
        self._coming.pop(seeker.name if seeker.name in self._coming else next(iter(self._coming)))
        return lambda run: not run.yields and suits(run)

    @staticmethod
    def note_claim(attempt: Attempt, suits: Callable[[Run], bool], waiting: Iterable[Run]) -> None:
        """A run that yields was its level's turn while something urgent waits: it is given one case."""
        attempt.is_called = attempt.yields and any(not run.yields and suits(run) for run in waiting)

    def _forget_late(self, now: float) -> None:
        """Who should have come is not counted on for ever: it may have died, or work for somebody else."""
        self._coming = {slot: until for slot, until in self._coming.items() if until > now}
        self._standbys = {name: one for name, one in self._standbys.items() if one.lines or one.left_at + COMING_S > now}
