"""Owns the meeting of runners that wait for work and runs that wait for a runner. Never decides what an attempt's end means."""

from __future__ import annotations

import asyncio

from mesh.clock import Clock
from services.grader.docket import Docket
from services.grader.roster import Roster
from services.grader.runs import Attempt, Run, Seeker, Stage


class Handout:
    """Claims that stand open. Each gets at most one attempt; one whose caller has gone gives it back untouched."""

    def __init__(self, docket: Docket, roster: Roster, clock: Clock) -> None:
        self._docket = docket
        self._roster = roster
        self._clock = clock
        self._standing: dict[_Claim, None] = {}
        self._is_open = True

    async def claim(self, seeker: Seeker, wait_s: float) -> Attempt | None:
        """An attempt for this runner, as soon as there is one; None when none came up in time. Safe to cancel."""
        claim = _Claim(seeker)
        self._serve(claim)
        if claim.attempt is not None or (seeker.facts is not None and self._roster.direction_for(seeker) is not None):
            return claim.attempt
        self._standing[claim] = None
        try:
            async with asyncio.timeout(wait_s):
                await claim.answered.wait()
        except TimeoutError:
            pass  # an attempt that came at the last moment is there all the same
        except asyncio.CancelledError:
            if claim.attempt is not None:
                self.offer(self._docket.take_back(claim.attempt, self._clock.monotonic()))
            raise
        finally:
            self._standing.pop(claim, None)
        return claim.attempt

    def offer(self, run: Run) -> None:
        """A run waits: if a standing claim suits, it is served, one that has the inputs first, then who has waited longest."""
        if run.stage is not Stage.WAITING:
            return
        for claim in sorted(self._standing, key=lambda one: run.order.version not in one.seeker.warm):
            if run.order.language in claim.seeker.languages:
                self._serve(claim)
            if run.stage is not Stage.WAITING:
                return

    def look_again(self) -> None:
        """Serves what time has made possible; notes that who stands here is alive."""
        now = self._clock.monotonic()
        for claim in list(self._standing):
            self._roster.saw(claim.seeker, now)
            self._serve(claim)

    def call_home(self, host: str) -> None:
        """Answers the claims of one runner: there is something to tell it."""
        for claim in self._standing:
            if claim.seeker.host == host:
                claim.answered.set()

    def close(self) -> None:
        """Hands nothing out any more."""
        self._is_open = False

    def send_home(self) -> None:
        """Answers every standing claim with nothing."""
        self.close()
        for claim in self._standing:
            claim.answered.set()

    def _serve(self, claim: _Claim) -> None:
        if not self._is_open or claim.attempt is not None or self._roster.is_out(claim.seeker):
            return
        claim.attempt = self._docket.claim(claim.seeker, self._clock.monotonic(), has_others=self._has_others)
        if claim.attempt is not None:
            claim.answered.set()

    def _has_others(self, run: Run) -> bool:
        return self._roster.has_language(run.order.language, besides=run.failed_on)


class _Claim:
    __slots__ = ("answered", "attempt", "seeker")

    def __init__(self, seeker: Seeker) -> None:
        self.seeker = seeker
        self.attempt: Attempt | None = None
        self.answered = asyncio.Event()
