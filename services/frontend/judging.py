"""Owns the asking of every grader how judging goes, and the one picture of it. Never asks for a judging: the record's outbox does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from statistics import fmean

from mesh.clock import Clock
from mesh.errors import MeshError, Unavailable
from mesh.rpc import Peer
from services.frontend.away import told_plainly
from services.frontend.freshness import Fresh
from wire.judging import Nothing
from wire.methods import GRADER_STATUS
from wire.runners import GraderStatus, RunnerStatus


class Judging:
    """The graders' view, two seconds old at most. ``graders`` finds out who they are."""

    def __init__(self, graders: Callable[[], Awaitable[Sequence[Peer]]], clock: Clock) -> None:
        self._graders = graders
        self._fresh: Fresh[str, GraderStatus] = Fresh(clock, 2.0)

    async def status(self) -> GraderStatus:
        """Queues and runners. Raises: `Unavailable` when every grader is away."""
        return await self._fresh.read("status", self._ask)

    async def languages(self) -> frozenset[str] | None:
        """The languages that runners have now; None when nobody can tell."""
        try:
            status = await self.status()
        except MeshError:
            return None
        return frozenset(language for runner in status.runners for language in runner.languages)

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
    )  # fmt: skip


def _runners(found: Sequence[GraderStatus]) -> tuple[RunnerStatus, ...]:
    """Each once, as the grader that it works for sees it, or else the one that saw it last."""
    best: dict[str, RunnerStatus] = {}
    for runner in (runner for one in found for runner in one.runners):
        known = best.get(runner.name)
        if known is None or (not known.attempt, known.seen_s_ago) > (not runner.attempt, runner.seen_s_ago):
            best[runner.name] = runner
    return tuple(best[name] for name in sorted(best))
