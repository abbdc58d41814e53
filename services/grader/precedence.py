"""Owns who gives way to whom: runs that nobody waits for, to runs that somebody waits for. Pure; never moves a run by itself.

A run of a level that yields is never broken off: its runner is told, ends the case that is running, and hands back what it has; the next
attempt begins behind it. So what comes in waits for one case at most, and a set of a thousand rejudges still gets its share, case by case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.grader.runs import Attempt, Run

YIELDING = frozenset({"low"})
"""Rejudges and trials of packages. Every other level has somebody who waits."""


class Precedence:
    """How many runners were told to give way, and have not been given what they made room for."""

    def __init__(self) -> None:
        self._owed = 0

    def call_for(self, run: Run, waiting: Iterable[Run], attempts: Iterable[Attempt]) -> Attempt | None:
        """The attempt that shall give way to a run that found no free runner; None when there is none, or enough do already."""
        live = list(attempts)
        if run.priority in YIELDING:
            return None
        urgent = sum(one.priority not in YIELDING for one in waiting)
        if sum(attempt.is_called for attempt in live) + self._owed >= urgent:
            return None
        able = [one for one in live if one.run.priority in YIELDING and not one.is_called and run.order.language in one.languages]
        if not able:
            return None
        called = max(able, key=lambda attempt: attempt.began)
        called.is_called = True
        return called

    def gave_way(self, attempt: Attempt) -> None:
        """A runner handed back what it was told to: the next that asks gets something urgent."""
        if attempt.is_called:
            self._owed += 1

    def narrowed(self, suits: Callable[[Run], bool], waiting: Iterable[Run]) -> Callable[[Run], bool]:
        """What suits a claim; only what is urgent while something of that kind is owed."""
        if not self._owed:
            return suits
        if not any(run.priority not in YIELDING and suits(run) for run in waiting):
            self._owed = 0
            return suits
        self._owed -= 1
        return lambda run: run.priority not in YIELDING and suits(run)

    @staticmethod
    def note_claim(attempt: Attempt, suits: Callable[[Run], bool], waiting: Iterable[Run]) -> None:
        """A run that yields was its level's turn while something urgent waits: it is given one case."""
        attempt.is_called = attempt.run.priority in YIELDING and any(run.priority not in YIELDING and suits(run) for run in waiting)
