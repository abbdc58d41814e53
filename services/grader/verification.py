"""Owns the way of packages from their queue to their report in the record. Never acknowledges one before its report is safe.

A commit that is being tried out already is not begun again: whoever asks for it is answered together with the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from mesh.cache import Cache
from mesh.clock import Clock, iso
from mesh.codec import decode, encode
from mesh.errors import MeshError, Refused, Unavailable
from mesh.ids import derived_id
from mesh.log import Log, correlation
from mesh.metrics import Metrics
from mesh.queue import Consumer, Delivery, Message, Queue
from mesh.tasks import alongside
from mesh.topics import Topics
from services.grader.announcer import Announcer
from services.grader.desk import Desk
from services.grader.manifests import Manifests, NoManifest
from services.grader.trial import Trial, broken_report
from wire.commands import Command
from wire.news import Headline, user_topic
from wire.queues import VERIFICATIONS
from wire.services import GRADER
from wire.verification import OVERTAKEN, RecordReport, VerifyProblem

_SETTLE_LIMIT_S: Final = 15.0
_TELL_LIMIT_S: Final = 3.0
_AT_EASE: Final = 5
"""Nobody watches a trial as a contestant watches his submission: so many times more seldom it is told how far it is."""
PROGRESS_LIFE_S: Final = 300.0


@dataclass(slots=True, eq=False)
class _Work:
    """A trial that is under way, and the messages that asked for it."""

    wish: VerifyProblem
    deliveries: list[Delivery]
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class Verification:
    """Takes packages as they come, a few at a time: as many as the queue's prefetch."""

    def __init__(
        self, queue: Queue, desk: Desk, manifests: Manifests, announcer: Announcer, *,
        topics: Topics, cache: Cache, clock: Clock, metrics: Metrics, log: Log, news_interval_s: float,
    ) -> None:  # fmt: skip
        self._queue = queue
        self._desk = desk
        self._manifests = manifests
        self._announcer = announcer
        self._topics = topics
        self._cache = cache
        self._clock = clock
        self._log = log
        self._news_interval_s = news_interval_s
        self._messages = metrics.counter("messages_total")
        self._trials = metrics.counter("trials_total")
        self._seconds = metrics.histogram("trial_seconds")
        self._lost = metrics.counter("news_lost_total")
        self._tap: Consumer | None = None
        self._under_way: dict[tuple[str, str], _Work] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Holds the tap open; what is not acknowledged when it is left will be delivered again."""
        async with AsyncExitStack() as stack:
            self._tap = await stack.enter_async_context(self._queue.consumer(VERIFICATIONS.name))
            yield

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Takes and tries out what comes while the block runs; what is under way when it ends is begun anew elsewhere."""
        async with alongside(self._work_for_ever()):
            yield

    async def _work_for_ever(self) -> None:
        assert self._tap is not None, "the tap must be open"
        async with asyncio.TaskGroup() as work:
            while True:
                for delivery in await self._tap.take(VERIFICATIONS.prefetch):
                    wish = await self._read(delivery)
                    if wish is None:
                        continue
                    known = self._under_way.get((wish.alias, wish.commit))
                    if known is not None:
                        known.deliveries.append(delivery)
                        continue
                    one = self._under_way[wish.alias, wish.commit] = _Work(wish, [delivery])
                    work.create_task(self._try_out(one))

    async def _read(self, delivery: Delivery) -> VerifyProblem | None:
        try:
            wish = decode(VerifyProblem, delivery.message.body)
        except Refused as wrong:
            self._messages.labels(VERIFICATIONS.name, "rejected").inc()
            self._log.error("message-unreadable", queue=VERIFICATIONS.name, message=delivery.message.id, code=wrong.code, reason=wrong.message)
            await self._settle(delivery, f"{wrong.code}: {wrong.message}")
            return None
        self._messages.labels(VERIFICATIONS.name, "taken").inc()
        return wish

    async def _try_out(self, work: _Work) -> None:
        wish = work.wish
        correlation.set(wish.correlation)
        began = self._clock.monotonic()
        try:
            report = await self._report(work)
            if report is not None:
                await self._announcer.say_again(self._command(wish, report))
        except Unavailable as leaving:
            self._log.warning("trial-broken-off", alias=wish.alias, commit=wish.commit, reason=leaving.message)
            return
        except Exception as broken:  # noqa: BLE001  a package must not end the judging of contests; buried with its cause, and missed by the record
            self._log.error("trial-crashed", alias=wish.alias, commit=wish.commit, cause=broken)
            await self._settle_all(work, f"the trial crashed: {broken}")
            return
        finally:
            del self._under_way[wish.alias, wish.commit]
        took_s = self._clock.monotonic() - began
        state = report.state if report is not None else OVERTAKEN
        self._trials.labels(state).inc()
        self._seconds.observe(took_s)
        self._log.info("package-tried", alias=wish.alias, commit=wish.commit, state=state, duration_s=round(took_s, 3))
        await self._settle_all(work)

    async def _report(self, work: _Work) -> RecordReport | None:
        """The report; None when a newer commit was accepted meanwhile, of which there is a message too. Raises: `Unavailable`."""
        wish = work.wish
        try:
            package = await self._manifests.trial(wish.alias, wish.commit)
            if not package.is_newest and wish.sends == 1:
                return None
            trial = Trial(wish, package, self._desk, self._manifests, work.moved.set)
            async with alongside(self._tell_for_ever(work, trial)):
                return await trial.report()
        except NoManifest as none:
            return broken_report(wish, none)

    def _command(self, wish: VerifyProblem, report: RecordReport) -> Message:
        command = Command(
            id=derived_id("report", wish.alias, wish.commit, str(wish.sends)), kind="RecordReport", actor=f"service:{GRADER}",
            at=self._clock.now(), body=report, correlation=wish.correlation,
        )  # fmt: skip
        return Message(command.id, encode(command), correlation=wish.correlation)

    async def _tell_for_ever(self, work: _Work, trial: Trial) -> None:
        """Tells the owner how far it is, not more often than news may be told; some may be lost."""
        wish, course = work.wish, trial.course
        while True:
            body = {"alias": wish.alias, "commit": wish.commit, "done": course.done, "total": course.total}
            try:
                async with asyncio.timeout(_TELL_LIMIT_S):
                    await self._cache.store(f"trial:{wish.alias}", encode(body), PROGRESS_LIFE_S)
                    await self._topics.publish([(user_topic(wish.owner), encode(Headline("trial", iso(self._clock.now()), body)))])
            except (MeshError, TimeoutError):
                self._lost.inc()
            await asyncio.sleep(self._news_interval_s * _AT_EASE)
            await work.moved.wait()
            work.moved.clear()

    async def _settle_all(self, work: _Work, why: str = "") -> None:
        for delivery in work.deliveries:
            await self._settle(delivery, why)

    async def _settle(self, delivery: Delivery, why: str = "") -> None:
        try:
            async with asyncio.timeout(_SETTLE_LIMIT_S):
                await (delivery.reject(why) if why else delivery.ack())
        except (MeshError, TimeoutError) as wrong:
            self._log.warning("delivery-comes-again", message=delivery.message.id, reason=str(wrong) or "no answer")
