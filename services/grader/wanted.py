"""Owns that nothing is handed out whose set was dropped since it came: asked when a run is taken in, and again when a runner is to have it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mesh.clock import Clock
from mesh.log import Log
from services.grader.bulletin import Bulletin
from services.grader.docket import Docket
from services.grader.handout import Handout
from services.grader.runs import Attempt, Run, Seeker


class Wanted:
    """Claims of what is still wanted. ``set_aside`` forgets a run that waits."""

    def __init__(self, handout: Handout, docket: Docket, bulletin: Bulletin, *, clock: Clock, log: Log, set_aside: Callable[[Run], None]) -> None:
        self._handout = handout
        self._docket = docket
        self._bulletin = bulletin
        self._clock = clock
        self._log = log
        self._set_aside = set_aside

    async def claim(self, seeker: Seeker, wait_s: float) -> Attempt | None:
        """As `Handout.claim`, passing over what nobody wants any more."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while True:
            attempt = await self._handout.claim(seeker, max(0.0, until - loop.time()))
            if attempt is None or not await self._is_dropped(attempt):
                return attempt
            self._set_aside(self._docket.take_back(attempt, self._clock.monotonic()))

    async def is_dropped(self, run: Run) -> bool:
        """Whether its set was, as far as is known."""
        if not run.order.rejudging or not await self._bulletin.is_dropped(run.order.rejudging):
            return False
        self._log.info("run-not-wanted", run=run.id, rejudging=run.order.rejudging)
        return True

    async def _is_dropped(self, attempt: Attempt) -> bool:
        """The same of one that is about to be handed out, unless it is lost meanwhile. A caller that goes away gives it back."""
        run = attempt.run
        try:
            return await self.is_dropped(run) and run.attempt is attempt
        except asyncio.CancelledError:
            if run.attempt is attempt:
                self._handout.offer(self._docket.take_back(attempt, self._clock.monotonic()))
            raise
