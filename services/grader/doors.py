"""Owns what the grader shows to its callers: claims, reports, inputs, status. Never decides: the desk does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

from contest.allowances import NO_ALLOWANCES, Allowances
from mesh.clock import Clock
from mesh.errors import MeshError, NotFound
from mesh.queue import Queue
from mesh.rpc.client import Peer
from mesh.rpc.contract import Call, Download
from mesh.rpc.server import RpcServer
from services.grader import forecast
from services.grader.desk import Desk
from services.grader.manifests import Manifests
from services.grader.runs import Attempt, Seeker
from wire.judging import (
    JUDGE, AttemptEnd, BlobRequest, ClaimAnswer, ClaimRequest, Hold, Nothing, Progress, ProgressAnswer, RunOrder,
)  # fmt: skip
from wire.methods import (
    GITSERVER_BLOB, GRADER_BLOB, GRADER_CLAIM, GRADER_DIRECT, GRADER_FINISH, GRADER_HOLD, GRADER_PROGRESS, GRADER_STANDBY,
    GRADER_STATUS,
)  # fmt: skip
from wire.queues import SUBMISSIONS
from wire.runners import DirectAnswer, DirectRunner, GraderStatus

_MARGIN_S = 0.5
"""So long before a call's deadline it is answered: a call that runs into it looks like a broken line."""

_DEPTH_LIMIT_S = 0.5


class Doors:
    """The grader's methods."""

    def __init__(
        self, desk: Desk, manifests: Manifests, gitserver: Peer, queue: Queue, clock: Clock, *, claim_wait_s: float
    ) -> None:
        self._desk = desk
        self._manifests = manifests
        self._gitserver = gitserver
        self._queue = queue
        self._clock = clock
        self._claim_wait_s = claim_wait_s

    def show(self, server: RpcServer) -> None:
        """Registers every method."""
        server.serve(GRADER_CLAIM, self.claim)
        server.serve(GRADER_STANDBY, self.standby)
        server.serve(GRADER_PROGRESS, self.progress)
        server.serve(GRADER_FINISH, self.finish)
        server.serve(GRADER_HOLD, self.hold)
        server.serve_download(GRADER_BLOB, self.blob)
        server.serve(GRADER_STATUS, self.status)
        server.serve(GRADER_DIRECT, self.direct)

    async def claim(self, request: ClaimRequest, call: Call) -> ClaimAnswer:
        """Waits for a run; its caller's going away gives back what it was about to get."""
        seeker = _seeker(request)
        wait_s = min(request.wait_s, self._claim_wait_s, call.deadline - _now() - _MARGIN_S)
        attempt = await self._desk.claim(seeker, max(wait_s, 0))
        order = None if attempt is None else order_of(attempt, self._manifests.allowances)
        return ClaimAnswer(order, self._desk.roster.direction_for(seeker))

    async def standby(self, request: ClaimRequest, call: Call) -> ProgressAnswer:
        """The line to a slot that works for another grader."""
        until = min(_now() + min(request.wait_s, self._claim_wait_s), call.deadline - _MARGIN_S)
        return await self._desk.stand_by(_seeker(request), until)

    async def direct(self, request: DirectRunner, _call: Call) -> DirectAnswer:
        """An operator's word about a runner."""
        return DirectAnswer(self._desk.direct(request))

    async def hold(self, request: Hold, call: Call) -> ProgressAnswer:
        """The line to a runner at work."""
        return await self._desk.hold(request.attempt, call.deadline - _MARGIN_S)

    async def progress(self, request: Progress, _call: Call) -> ProgressAnswer:
        """A sign of life."""
        return self._desk.progress(request)

    async def finish(self, request: AttemptEnd, _call: Call) -> Nothing:
        """The last word. Answered when it is understood; the verdict is made safe after that."""
        self._desk.finish(request)
        return Nothing()

    async def blob(self, request: BlobRequest, _call: Call) -> Download:
        """A file that judging needs, passed through as it comes. Raises: `NotFound` (``no-such-blob``), as the gitserver does."""
        if not self._manifests.has_file(request.problem, request.digest):
            raise NotFound(f"no run of problem {request.problem!r} that is judged here needs file {request.digest}", code="no-such-blob")
        chunks = self._passed_through(request)
        size_bytes = cast("int", await anext(chunks))
        return Download(size_bytes, cast("AsyncIterator[bytes]", chunks))

    async def status(self, _request: Nothing, _call: Call) -> GraderStatus:
        """How much waits, here and in the queues, and who works."""
        ready = await asyncio.gather(*(self._ready(spec.name) for spec in SUBMISSIONS.values()))
        docket, figures, now = self._desk.docket, self._desk.figures, self._clock.monotonic()
        running = docket.running()
        held, oldest = docket.waiting_by_priority(), docket.oldest_by_priority(now)
        waiting = {priority: None if count is None else held[priority] + count for priority, count in zip(SUBMISSIONS, ready, strict=True)}
        runners = self._desk.roster.statuses(running, now)
        mean_run_s = figures.mean_run_s(now)
        return GraderStatus(
            waiting=waiting, running=len(running), runners=runners, judged_since_start=figures.judged,
            oldest_waiting_s=round(max(oldest.values(), default=0.0), 3), mean_run_s=mean_run_s,
            estimated_wait_s=forecast.wait_s(waiting, len(running), self._desk.roster.in_service, mean_run_s), held=dict(held), lacking=self._desk.shortage.lacking(),
        )  # fmt: skip

    async def _passed_through(self, request: BlobRequest) -> AsyncIterator[int | bytes]:
        """The size first, then the bytes: a generator that has begun closes its stream however it ends."""
        async with self._gitserver.download(GITSERVER_BLOB, request) as stream:
            yield stream.size_bytes
            async for chunk in stream:
                self._desk.figures.blob_bytes.inc(len(chunk))
                yield chunk

    async def _ready(self, queue: str) -> int | None:
        """None when the broker does not say."""
        try:
            async with asyncio.timeout(_DEPTH_LIMIT_S):
                return (await self._queue.depth(queue)).ready
        except (MeshError, TimeoutError):
            return None


def order_of(attempt: Attempt, allowances: Allowances = NO_ALLOWANCES) -> RunOrder:
    """What a runner is handed for an attempt: the limits are those of the submission's language."""
    order, manifest, errand = attempt.run.order, attempt.run.manifest, attempt.run.errand
    assert manifest is not None, "only pinned runs are handed out"
    if errand is None or errand.task == JUDGE:
        manifest = replace(manifest, limits=allowances.limits(manifest.limits, order.language))
    return RunOrder(
        attempt=attempt.id, run=order.run, submission=order.submission, language=order.language, source=order.source,
        filename=order.filename, manifest=manifest, lease_s=attempt.lease_s, correlation=order.correlation,
        done=attempt.run.kept, task=JUDGE if errand is None else errand.task, input_validators=() if errand is None else errand.input_validators,
        probes=() if errand is None else errand.probes,
        examined=None if errand is None else errand.examined, yields=attempt.yields,
        rulings=attempt.run.rulings, broken_off=attempt.run.broken_off, author=order.author,
    )  # fmt: skip


def _seeker(request: ClaimRequest) -> Seeker:
    return Seeker(request.runner, frozenset(request.languages), frozenset(request.warm), request.facts, request.is_choosy)


def _now() -> float:
    return asyncio.get_running_loop().time()
