"""Owns what is said beside the button to submit while something behind it is away. Never refuses: the queue itself does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mesh.clock import Clock
from mesh.errors import MeshError
from mesh.queue.contract import Queue
from services.frontend.freshness import Fresh
from services.frontend.judging import Judging
from services.frontend.languages import name_of
from wire.runners import RunnerStatus

_LOOK_LIMIT_S: Final = 1.0
_SHORT_LIMIT_S: Final = 0.25
_FRESH_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is not as it should be: what, why, and what becomes of a submission. ``blocks`` when none can be taken."""

    title: str
    text: str
    blocks: bool = False


QUEUE_AWAY: Final = Condition(
    "Submissions cannot be taken just now.",
    "The queue that keeps them safe does not answer. Your program stays in this browser; this notice goes when submitting works again.",
    blocks=True,
)
RECORD_AWAY: Final = Condition(
    "Verdicts come later.", "The record does not answer. What you submit is kept safely, and is recorded and judged when it is back."
)
GRADER_AWAY: Final = Condition("Judging pauses.", "The judges do not answer. What you submit is kept safely, and is judged when they are back.")
NO_RUNNER: Final = Condition("Judging pauses.", "No machine judges at the moment. What you submit waits safely for one.")
RUNNERS_OUT: Final = Condition("Judging pauses.", "No machine that judges takes work at the moment. What you submit waits safely until one does.")


class Conditions:
    """What stands in the way, two seconds old at most: one look for everybody who opens the form."""

    def __init__(self, queue: Queue, judging: Judging, record_fault: Callable[[], Awaitable[str]], clock: Clock) -> None:
        self._queue = queue
        self._judging = judging
        self._record_fault = record_fault
        self._fresh: Fresh[str, tuple[Condition, ...]] = Fresh(clock, _FRESH_S)
        self._runners: Fresh[str, tuple[RunnerStatus, ...] | None] = Fresh(clock, _FRESH_S)

    async def of_submitting(self) -> tuple[Condition, ...]:
        """Whatever a submission would meet now, the worst first; empty when all is well. Never raises, takes a second at most."""
        return await self._fresh.read("submitting", self._look)

    async def of_waiting(self, language: str) -> str:
        """What a submission in that language would wait for now besides its turn, in a sentence; empty when for nothing, or nobody can tell.

        Never raises, takes a quarter of a second at most.
        """
        runners = await self._runners.read("runners", self._look_for_runners)
        return "" if runners is None else _lack(runners, language)

    async def _look_for_runners(self) -> tuple[RunnerStatus, ...] | None:
        """None when nobody can tell; that too is kept for a while, lest everybody waits for who does not answer."""
        try:
            async with asyncio.timeout(_SHORT_LIMIT_S):
                return (await self._judging.status()).runners
        except (MeshError, TimeoutError):
            return None

    async def _look(self) -> tuple[Condition, ...]:
        queue, record, judging = await asyncio.gather(_said(self._queue.health()), _said(self._record_fault()), self._judges())
        found = (QUEUE_AWAY if queue else None, RECORD_AWAY if record else None, judging)
        return tuple(one for one in found if one is not None)

    async def _judges(self) -> Condition | None:
        try:
            async with asyncio.timeout(_LOOK_LIMIT_S):
                status = await self._judging.status()
        except (MeshError, TimeoutError):
            return GRADER_AWAY
        if not status.runners:
            return NO_RUNNER
        return RUNNERS_OUT if all(one.is_out for one in status.runners) else None


def _lack(runners: Sequence[RunnerStatus], language: str) -> str:
    """What is not there that a submission in that language needs; empty when all is."""
    if not runners:
        return "No machine judges at the moment: it waits safely for one."
    able = [one for one in runners if language in one.languages]
    if not able:
        return f"No runner offers {name_of(language)} now: it waits safely for one that does."
    if all(one.is_out for one in able):
        return f"No runner that offers {name_of(language)} takes work now: it waits safely until one does."
    return ""


async def _said(question: Awaitable[str]) -> str:
    try:
        async with asyncio.timeout(_LOOK_LIMIT_S):
            return await question
    except (MeshError, TimeoutError) as away:
        return str(away) or "no answer"
