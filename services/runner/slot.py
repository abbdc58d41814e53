"""Owns one slot: claims an order, has it judged, delivers the end; again and again. Never judges.

A grader that is away is asked again with growing pauses; a finished attempt is kept until it can be delivered, or its lease must
be over: then its run is in other hands. What the grader does not want any more (409 ``attempt-dead``, or cancelled) is forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import replace

from mesh.errors import MeshError
from mesh.log import Log, correlation
from mesh.rpc.client import Peer
from services.runner.figures import Figures
from services.runner.graders import Claims, Graders, Order
from services.runner.judging import Judge
from services.runner.pause import Pause
from services.runner.reporter import Reporter
from services.runner.standby import standing_by
from services.runner.standing import Standing
from wire.judging import AttemptEnd, ClaimRequest, Hold, RunOrder
from wire.methods import GRADER_FINISH, GRADER_HOLD

CLAIM_WAIT_S = 20.0
OUT_WAIT_S = 2.0
"""Who takes no work asks anew so often: what it says of itself, and hears, is no older."""

MOST_DELIVERY_PAUSE_S = 5.0
LEAST_HOLD_S = 1.0
LEASE_MARGIN_S = 10.0
WARM_VERSIONS = 64


class Slot:
    """One place where submissions are judged, one at a time."""

    def __init__(
        self, name: str, languages: tuple[str, ...], *, graders: Graders, judge: Judge, standing: Standing, figures: Figures, log: Log
    ) -> None:
        self.name = name
        self.attempt = ""
        self._languages = languages
        self._graders = graders
        self._judge = judge
        self._standing = standing
        self._figures = figures
        self._log = log
        self._warm: dict[str, None] = {}
        self._is_leaving = False
        self._claiming = asyncio.timeout(None)
        self._working = asyncio.timeout(None)
        self._why_stopped = ""

    async def work(self) -> None:
        """Claims and judges until `leave`; then returns as soon as what is held has been delivered."""
        async with self._graders.claims(self._standing.direct) as claims:
            while not self._is_leaving:
                order = await self._claim(claims)
                if order is not None:
                    await self._attend(order, claims)

    def leave(self) -> None:
        """Claims no more; what is held is finished."""
        self._is_leaving = True
        _expire(self._claiming)

    def hand_back(self) -> None:
        """Stops the attempt that is held; the grader gives it to another runner."""
        self._stop_work("handed-back")

    # ── claiming ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _interruptible(self) -> asyncio.Timeout:
        self._claiming = asyncio.timeout(0 if self._is_leaving else None)
        return self._claiming

    async def _claim(self, claims: Claims) -> Order | None:
        """The next order; None when there was none, or the slot leaves. Giving up a claim gives back what it was about to get."""
        try:
            async with self._interruptible():
                order = await claims.next(self._request)
                if order is not None and self._standing.is_out:
                    await claims.give_back(order)  # it was on its way when this runner went out of service
                    order = None
                return order
        except TimeoutError:
            return None

    def _request(self) -> ClaimRequest:
        wait_s = OUT_WAIT_S if self._standing.is_out else CLAIM_WAIT_S
        return ClaimRequest(self.name, self._languages, tuple(self._warm), wait_s, self._standing.facts())

    # ── one attempt ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _attend(self, taken: Order, claims: Claims) -> None:
        order = taken.run
        correlation.set(order.correlation)
        self.attempt, self._why_stopped = order.attempt, ""
        began = time.perf_counter()
        self._figures.busy.inc()
        try:
            end = await self._judged_and_delivered(taken, claims)
        finally:
            self._figures.busy.dec()
            self.attempt = ""
        duration_s = time.perf_counter() - began
        outcome = end.outcome if end else "forgotten"
        self._figures.attempt_ended(outcome, order.language, duration_s)
        self._standing.ended(order.manifest.problem, order.submission, outcome, end.message if end else "", order.author)
        self._log.info(
            "attempt-ended", attempt=order.attempt, run=order.run, submission=order.submission, problem=order.manifest.problem,
            language=order.language, outcome=outcome, cases=len(end.results) if end else 0, runner=self.name, duration_s=round(duration_s, 4),
        )  # fmt: skip
        correlation.set("")
        self._remember(order.manifest.version)

    async def _judged_and_delivered(self, taken: Order, claims: Claims) -> AttemptEnd | None:
        order = taken.run
        reporter = Reporter(taken.grader, order, lambda: self._stop_work("forgotten"))
        async with asyncio.TaskGroup() as tasks:
            companions = [tasks.create_task(self._hold(taken, reporter)), tasks.create_task(reporter.report())]
            if order.yields:
                companions.append(tasks.create_task(self._stand_by(taken, reporter, claims)))
            try:
                end = await self._judged(order, reporter)
                for companion in companions[1:]:
                    companion.cancel()
                return end if end and await self._deliver(taken, end) else None
            finally:
                for companion in companions:
                    companion.cancel()

    async def _judged(self, order: RunOrder, reporter: Reporter) -> AttemptEnd | None:
        try:
            async with asyncio.timeout(None) as self._working:
                end = await self._judge.judge(order, reporter)
        except Exception as bug:  # noqa: BLE001  logged with its cause; the run must move on, and this slot with it
            if isinstance(bug, TimeoutError) and self._working.expired():
                return _handed_back(order, reporter) if self._why_stopped == "handed-back" else None
            self._log.error("judging-broke", attempt=order.attempt, run=order.run, cause=bug)
            end = AttemptEnd(order.attempt, "judge-error", message=f"the runner broke: {type(bug).__name__}: {bug}")
        return replace(end, runner=self.name)

    async def _hold(self, taken: Order, reporter: Reporter) -> None:
        """Keeps one call open, whose breaking tells the grader that this runner died."""
        pause = Pause(LEAST_HOLD_S)
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                answer = await taken.grader.call(GRADER_HOLD, Hold(taken.run.attempt))
            except MeshError as failed:
                if failed.code == "attempt-dead":
                    self._stop_work("forgotten")
                    return
                await pause.after(failed)
            else:
                if answer.cancel:
                    self._stop_work("forgotten")
                    return
                if answer.give_way:
                    reporter.give_way()
                    continue
                await asyncio.sleep(max(0.0, LEAST_HOLD_S - (loop.time() - began)))

    async def _stand_by(self, taken: Order, reporter: Reporter, claims: Claims) -> None:
        """Lets the other graders call this slot while it works on what nobody waits for."""

        def hear(grader: Peer) -> None:
            claims.prefer(grader)
            reporter.give_way()

        await standing_by(self._graders, taken, self._request, hear, self._log)

    async def _deliver(self, taken: Order, end: AttemptEnd) -> bool:
        """Says the last word until it is heard; False when nobody wants it, or could: without a sign for so long its lease is over."""
        pause = Pause(MOST_DELIVERY_PAUSE_S)
        loop = asyncio.get_running_loop()
        over_at = loop.time() + taken.run.lease_s + LEASE_MARGIN_S
        while True:
            try:
                await taken.grader.call(GRADER_FINISH, end)
            except MeshError as failed:
                if failed.code == "attempt-dead":
                    return False
                if not failed.is_retryable and failed.status < 500:
                    self._log.error("report-refused", attempt=end.attempt, code=failed.code, message=failed.message)
                    return False
                if loop.time() >= over_at:
                    self._log.warning("report-forgotten", attempt=end.attempt, code=failed.code)
                    return False
                self._log.warning("report-waits", attempt=end.attempt, code=failed.code)
                await pause.after(failed)
            else:
                return True

    def _stop_work(self, why: str) -> None:
        if self.attempt and not self._why_stopped:
            self._why_stopped = why
            _expire(self._working)

    def _remember(self, version: str) -> None:
        self._warm.pop(version, None)
        self._warm[version] = None
        while len(self._warm) > WARM_VERSIONS:
            del self._warm[next(iter(self._warm))]


def slots_of(judges: Sequence[Judge], graders: Graders, standing: Standing, figures: Figures, log: Log) -> list[Slot]:
    """One slot for each judge, named so that no other process of this machine or another has the name."""
    facts = standing.facts()
    return [
        Slot(f"{facts.host}-{os.getpid()}-{number}", tuple(facts.versions), graders=graders, judge=judge, standing=standing, figures=figures, log=log)
        for number, judge in enumerate(judges)
    ]


async def leave(slots: Sequence[Slot], work: Sequence[asyncio.Task[None]], limit_s: float) -> None:
    """Claims no more, lets what is held be finished for so long, then hands it back."""
    for slot in slots:
        slot.leave()
    await asyncio.wait(work, timeout=limit_s)
    for slot in slots:
        slot.hand_back()


def _handed_back(order: RunOrder, reporter: Reporter) -> AttemptEnd:
    return AttemptEnd(order.attempt, "handed-back", results=tuple(reporter.heard), message="the runner leaves")


def _expire(limit: asyncio.Timeout) -> None:
    """Ends a block that stands under this limit, if one does."""
    with contextlib.suppress(RuntimeError):  # not entered, or over already
        limit.reschedule(asyncio.get_running_loop().time())
