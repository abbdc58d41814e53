"""Owns the way of one notification: what is to be sent is asked for, sent, reported, and only then acknowledged.

Killed at any moment the message comes again: the receiver may hear twice of one delivery, under one id, and never not at all.
"""

from __future__ import annotations

import asyncio
from typing import Final

from mesh.errors import MeshError, Refused
from mesh.codec import decode
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.outside import host_of
from mesh.queue import Delivery
from mesh.rpc import Peer
from services.mailer.caller import Answer, Caller
from services.mailer.lanes import Lanes, PutOff
from services.mailer.reporter import Reporter
from wire.methods import RECORDER_DELIVERY
from wire.notices import DeliveryOrder, DeliveryRequest, Notification
from wire.queues import NOTIFICATIONS
from wire.webhooks import RecordDelivery

_LONGEST_PAUSE_S: Final = 5.0
_SETTLE_LIMIT_S: Final = 15.0


class Courier:
    """Carries notifications out, several at once; each delivery once at a time."""

    def __init__(self, recorder: Peer, caller: Caller, lanes: Lanes, reporter: Reporter, *, metrics: Metrics, log: Log) -> None:
        self._recorder = recorder
        self._caller = caller
        self._lanes = lanes
        self._reporter = reporter
        self._log = log
        self._outcomes = metrics.counter("deliveries_total")
        self._outcomes.labels("failed")  # there from the start: the first is seen to be one
        self._slow = metrics.gauge("slow_hosts")
        self._in_hand: set[str] = set()
        self._trouble = ""

    async def health(self) -> str:
        """What is wrong, empty when nothing is."""
        return self._trouble

    async def carry(self, message: Delivery) -> None:
        """Does all that one message asks for, and settles it. What could not be settled comes again."""
        try:
            notification = decode(Notification, message.message.body)
            if notification.kind != "webhook":
                raise Refused(f"nothing here sends notifications of kind {notification.kind[:32]!r}", code="bad-shape")  # noqa: TRY301
        except Refused as wrong:
            self._log.error("message-unreadable", queue=NOTIFICATIONS.name, message=message.message.id, reason=wrong.message)
            return await self._reject(message, f"{wrong.code}: {wrong.message}")
        if notification.id in self._in_hand:  # sent again by the sweep while its ladder still goes on: one is enough
            return await self._end(message, "unwanted")
        self._in_hand.add(notification.id)
        try:
            await self._deliver(message, notification)
        finally:
            self._in_hand.discard(notification.id)

    async def _deliver(self, message: Delivery, notification: Notification) -> None:
        try:
            order = await self._order(notification.id)
        except MeshError as refused:
            self._log.error("delivery-unknown", delivery=notification.id, code=refused.code, reason=refused.message)
            return await self._reject(message, f"{refused.code}: {refused.message}")
        if not order.is_wanted:
            return await self._end(message, "unwanted")
        if order.refusal:
            return await self._conclude(message, order, Answer(error=order.refusal), is_final=True, tries=order.tries)
        host = "{}:{}".format(*host_of(order.url))
        try:
            async with self._lanes.through(host, notification.username):
                answer = await self._caller.call(order)
                (self._lanes.timed_out if answer.is_timeout else self._lanes.answered)(host)
        except PutOff as later:
            self._slow.set(self._lanes.slow_count)
            if not later.counts:
                return await self._put_off(message, str(later))
            answer = Answer(error=str(later))
        self._slow.set(self._lanes.slow_count)
        is_final = answer.is_delivered or answer.is_gone or order.tries + 1 >= NOTIFICATIONS.max_tries
        await self._conclude(message, order, answer, is_final=is_final, tries=order.tries + 1)
        return None

    async def _order(self, delivery: str) -> DeliveryOrder:
        """What is to be sent, however long the recorder is away. Raises: `MeshError` when there is nothing of that id."""
        pause_s = 0.1
        while True:
            try:
                order = await self._recorder.call(RECORDER_DELIVERY, DeliveryRequest(delivery))
            except MeshError as away:
                if not away.is_retryable:
                    raise
                self._trouble = f"the recorder does not say what to send: {away.message}"
            else:
                self._trouble = ""
                return order
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _conclude(self, message: Delivery, order: DeliveryOrder, answer: Answer, *, is_final: bool, tries: int) -> None:
        """The record first, then the queue."""
        body = RecordDelivery(
            order.delivery, answer.is_delivered, tries, answer.http_status, answer.error, generation=order.generation, is_final=is_final
        )
        await self._reporter.report(body, message.message.correlation)
        outcome = "delivered" if answer.is_delivered else "failed" if is_final else "again"
        self._log.info(
            "webhook-called", delivery=order.delivery, outcome=outcome, http_status=answer.http_status, tries=tries, reason=answer.error,
            correlation=message.message.correlation,
        )  # fmt: skip
        if is_final:
            await self._end(message, outcome)
        else:
            await self._come_again(message, outcome, answer.error)

    async def _put_off(self, message: Delivery, why: str) -> None:
        await self._come_again(message, "put-off", why)

    async def _come_again(self, message: Delivery, outcome: str, why: str) -> None:
        """Up the ladder. At its end the message ends too: the delivery waits in the record, and the sweep sends it anew."""
        if message.attempt >= NOTIFICATIONS.max_tries:
            return await self._end(message, outcome)
        self._outcomes.labels(outcome).inc()
        try:
            async with asyncio.timeout(_SETTLE_LIMIT_S):
                await message.retry(why)
        except (MeshError, TimeoutError) as wrong:
            self._log.warning("delivery-comes-again", message=message.message.id, reason=str(wrong) or "no answer")
        return None

    async def _end(self, message: Delivery, outcome: str) -> None:
        self._outcomes.labels(outcome).inc()
        try:
            async with asyncio.timeout(_SETTLE_LIMIT_S):
                await message.ack()
        except (MeshError, TimeoutError) as wrong:
            self._log.warning("delivery-comes-again", message=message.message.id, reason=str(wrong) or "no answer")

    async def _reject(self, message: Delivery, why: str) -> None:
        self._outcomes.labels("rejected").inc()
        try:
            async with asyncio.timeout(_SETTLE_LIMIT_S):
                await message.reject(why)
        except (MeshError, TimeoutError) as wrong:
            self._log.warning("delivery-comes-again", message=message.message.id, reason=str(wrong) or "no answer")
