"""Owns what becomes of runs in a language that no runner has: they wait, and who asks is told; in a full window they make room. Pure.

A runner that is held, out or away for a moment may come back: its languages are not given up for gone. A submission never gets a verdict for
want of a runner: what makes room is acknowledged, and the record, which sees no verdict, sends it again.
"""

from __future__ import annotations

from collections import Counter

from services.grader.docket import Docket
from services.grader.roster import Roster
from services.grader.runs import Run
from wire.queues import SUBMISSIONS

_ERRAND_WAIT_S = 60.0
"""A trial says that a language is missing rather than waiting long for it; longer than a runner needs to be started again."""


class Shortage:
    """Looks at runs that wait. ``wait_s`` is how long one may wait for its language before it makes room."""

    def __init__(self, docket: Docket, roster: Roster, wait_s: float) -> None:
        self._docket = docket
        self._roster = roster
        self._wait_s = wait_s

    def lacking(self) -> dict[str, int]:
        """How many runs wait in each language that no runner in service has."""
        counts = Counter(run.order.language for run in self._docket.waiting() if run.errand is None)
        return {language: counts[language] for language in sorted(counts) if not self._roster.has_language(language)}

    async def told(self) -> str:
        """The same in words, trials included; empty when there is none."""
        wanted = sorted({run.order.language for run in self._docket.waiting() if not self._roster.has_language(run.order.language)})
        return f"runs wait for a runner with {', '.join(wanted)}" if wanted else ""

    def hopeless(self, now: float) -> list[Run]:
        """Those to be given up: trials, after a while; others where their level's window is full, so that what could be judged lies behind them."""
        if not len(self._roster):
            return []
        return [run for run in self._docket.waiting() if self._has_waited(run, now) and not self._roster.knows_language(run.order.language)]

    def _has_waited(self, run: Run, now: float) -> bool:
        wait_s = self._wait_s if run.errand is None else min(self._wait_s, _ERRAND_WAIT_S)
        return now - run.waits_since >= wait_s and (run.errand is not None or self._is_full(run.priority))

    def _is_full(self, priority: str) -> bool:
        taken = sum(len(run.deliveries) for run in self._docket.held() if run.priority == priority)
        return taken >= SUBMISSIONS[priority].prefetch
