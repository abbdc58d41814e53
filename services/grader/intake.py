"""Owns the way of submissions from their queues to the desk. Never acknowledges one: its verdict does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from mesh.codec import decode
from mesh.errors import MeshError, Refused
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Consumer, Delivery, Queue
from mesh.tasks import alongside
from services.grader.desk import Desk
from wire.judging import JudgeSubmission
from wire.queues import PRIORITIES, SUBMISSIONS, QueueSpec

_REJECT_LIMIT_S = 15.0


class Intake:
    """One tap per priority, each as wide as its prefetch: what is taken and not settled is the grader's window."""

    def __init__(self, queue: Queue, desk: Desk, metrics: Metrics, log: Log) -> None:
        self._queue = queue
        self._desk = desk
        self._messages = metrics.counter("messages_total")
        self._log = log
        self._taps: list[tuple[QueueSpec, Consumer]] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Holds the taps open; what is not acknowledged when it is left will be delivered again."""
        async with AsyncExitStack() as stack:
            for spec in SUBMISSIONS.values():
                self._taps.append((spec, await stack.enter_async_context(self._queue.consumer(spec.name))))
            yield

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Takes what comes while the block runs. The taps must be open."""
        async with alongside(*(self._take_for_ever(spec, tap) for spec, tap in self._taps)):
            yield

    async def _take_for_ever(self, spec: QueueSpec, tap: Consumer) -> None:
        while True:
            await self._admit(spec, await tap.take(spec.prefetch))

    async def _admit(self, spec: QueueSpec, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            try:
                order = decode(JudgeSubmission, delivery.message.body)
                if order.priority not in PRIORITIES:
                    raise Refused(f"priority {order.priority!r} is none of {', '.join(PRIORITIES)}", code="bad-shape")  # noqa: TRY301
            except Refused as wrong:
                self._messages.labels(spec.name, "rejected").inc()
                self._log.error("message-unreadable", queue=spec.name, message=delivery.message.id, code=wrong.code, reason=wrong.message)
                await self._reject(delivery, f"{wrong.code}: {wrong.message}")
            else:
                self._messages.labels(spec.name, "taken").inc()
                self._desk.admit(order, delivery)

    async def _reject(self, delivery: Delivery, why: str) -> None:
        try:
            async with asyncio.timeout(_REJECT_LIMIT_S):
                await delivery.reject(why)
        except (MeshError, TimeoutError) as wrong:
            self._log.warning("delivery-comes-again", message=delivery.message.id, reason=str(wrong) or "no answer")
