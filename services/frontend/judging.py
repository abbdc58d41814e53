"""Owns the asking of every grader how judging goes, and the one picture of it. Never asks for a judging: the record's outbox does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from statistics import fmean

from mesh.clock import Clock
from mesh.errors import MeshError, NotFound, Unavailable
from mesh.rpc import Peer
from services.frontend.away import told_plainly
from services.frontend.freshness import Fresh
from wire.judging import Nothing
from wire.methods import GRADER_DIRECT, GRADER_STATUS
from wire.runners import DirectRunner, GraderStatus, RunnerStatus


class Judging:
    """The graders' view, two seconds old at most. ``graders`` finds out who they are."""

    def __init__(self, graders: Callable[[], Awaitable[Sequence[Peer]]], clock: Clock) -> None:
        self._graders = graders
        self._clock = clock
        self._fresh: Fresh[str, GraderStatus] = Fresh(clock, 2.0)

    async def status(self) -> GraderStatus:
        """Queues and runners. Raises: `Unavailable` when every grader is away."""
        return await self._fresh.read("status", self._ask)

    async def direct(self, host: str, *, is_held: bool, by: str) -> None:
        """Tells every grader what an operator wants of a runner; the runner hears it with its next claim, from whichever it asks.

        Raises: `NotFound` (``no-such-runner``) when none heard of it lately; `Unavailable` (``grader-unavailable``).
        """
        direction = DirectRunner(host, is_held=is_held, by=by, at_us=int(self._clock.now().timestamp() * 1_000_000))
        with told_plainly("grader"):
            answers = await asyncio.gather(*(_directed(grader, direction) for grader in await self._graders()))
            heard = [answer for answer in answers if not isinstance(answer, MeshError)]
            if not heard:
                away = [answer for answer in answers if isinstance(answer, MeshError)]
                raise away[0] if away else Unavailable("nobody knows where a grader is", code="peer-unknown")
        self._fresh.forget("status")
        if not any(heard):
            raise NotFound(f"no runner {host!r} was heard of in the last minute", code="no-such-runner")

    async def _ask(self) -> GraderStatus:
        with told_plainly("grader"):
            answers = await asyncio.gather(*(_asked(grader) for grader in await self._graders()))
            found = [answer for answer in answers if isinstance(answer, GraderStatus)]
            if not found:
                away = [answer for answer in answers if isinstance(answer, MeshError)]
                raise away[0] if away else Unavailable("nobody knows where a grader is", code="peer-unknown")
            return merged(found)


async def _asked(grader: Peer) -> GraderStatus | MeshError:
    try:
        return await grader.call(GRADER_STATUS, Nothing())
    except MeshError as away:
        return away


async def _directed(grader: Peer, direction: DirectRunner) -> bool | MeshError:
    """Whether it knows that runner."""
    try:
        return (await grader.call(GRADER_DIRECT, direction)).is_known
    except MeshError as away:
        return away


def merged(found: Sequence[GraderStatus]) -> GraderStatus:
    """One picture of what several graders see: they share the queues and the runners, each holds runs of its own."""
    if len(found) == 1:
        return found[0]
    waiting: dict[str, int | None] = {}
    for priority in found[0].waiting:
        queued = [known - one.held.get(priority, 0) for one in found if (known := one.waiting.get(priority)) is not None]
        waiting[priority] = max(queued) + sum(one.held.get(priority, 0) for one in found) if queued else None
    means = [one.mean_run_s for one in found if one.mean_run_s is not None]
    waits = [one.estimated_wait_s for one in found if one.estimated_wait_s is not None]
    return GraderStatus(
        waiting=waiting, running=sum(one.running for one in found), runners=_runners(found),
        judged_since_start=sum(one.judged_since_start for one in found), oldest_waiting_s=max(one.oldest_waiting_s for one in found),
        mean_run_s=fmean(means) if means else None, estimated_wait_s=max(waits, default=None),
        held={priority: sum(one.held.get(priority, 0) for one in found) for priority in found[0].held},
        lacking={language: sum(one.lacking.get(language, 0) for one in found) for language in sorted({one for each in found for one in each.lacking})},
    )  # fmt: skip


def _runners(found: Sequence[GraderStatus]) -> tuple[RunnerStatus, ...]:
    """Each once, as the grader that it works for sees it, or else the one that saw it last."""
    best: dict[str, RunnerStatus] = {}
    for runner in (runner for one in found for runner in one.runners):
        known = best.get(runner.name)
        if known is None or (not known.attempt, known.seen_s_ago) > (not runner.attempt, runner.seen_s_ago):
            best[runner.name] = runner
    return tuple(_counted(best[name], found) for name in sorted(best))


def _counted(runner: RunnerStatus, found: Sequence[GraderStatus]) -> RunnerStatus:
    """With what it did for each of them; held when any of them knows it."""
    seen = [one for each in found for one in each.runners if one.name == runner.name]
    judged, judge_errors = sum(one.judged for one in seen), sum(one.judge_errors for one in seen)
    return replace(runner, judged=judged, judge_errors=judge_errors, is_held=any(one.is_held for one in seen))
