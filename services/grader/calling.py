"""Owns the telling of slots that they are wanted: those at work here on what yields, and those that stand by for us meanwhile.

Who is told is the docket's to say. Looked at whenever something urgent comes in or a slot stands by, and again and again: who was called may not come.
"""

from __future__ import annotations

from dataclasses import replace

from mesh.clock import Clock
from services.grader.docket import Docket
from services.grader.figures import Figures
from services.grader.lines import Lines
from services.grader.roster import Roster
from services.grader.runs import Run, Seeker, Standby


class Calling:
    """The calls of one grader. Silent when closed: who leaves wants nobody."""

    def __init__(self, docket: Docket, roster: Roster, lines: Lines, figures: Figures, clock: Clock) -> None:
        self._docket = docket
        self._roster = roster
        self._lines = lines
        self._figures = figures
        self._clock = clock
        self._is_open = True

    def close(self) -> None:
        """Calls nobody any more."""
        self._is_open = False

    async def until_called(self, seeker: Seeker, until: float) -> bool:
        """Whether something urgent wants this slot before that time of the loop; it works for another grader."""
        languages = frozenset[str]() if self._roster.is_out(seeker) else seeker.languages
        standby = self._docket.stand_by(replace(seeker, languages=languages), self._clock.monotonic())
        try:
            self.look()
            if not standby.is_called:
                await self._lines.until_stirred(standby.id, until)
            return standby.is_called
        finally:
            self._docket.stand_down(standby, self._clock.monotonic())

    def look(self) -> None:
        """Calls for everything urgent that waits."""
        for run in {run.order.language: run for run in self._docket.waiting() if not run.yields}.values():
            while self.call_for(run):
                pass

    def call_for(self, run: Run) -> bool:
        """Calls somebody for this run; whether there was somebody left to call."""
        called = self._docket.call_for(run, self._clock.monotonic()) if self._is_open else None
        if called is not None:
            self._figures.called("another" if isinstance(called, Standby) else "ours")
            self._lines.stir(called.id)
        return called is not None
