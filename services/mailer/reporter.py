"""Owns the way of what a call came to into the record: published until it is safe. Never calls anybody."""

from __future__ import annotations

from mesh.clock import Clock
from mesh.codec import encode
from mesh.ids import derived_id
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Message, Queue
from mesh.queue.insistence import publish_until_safe
from wire.commands import Command
from wire.queues import COMMANDS
from wire.services import MAILER
from wire.webhooks import RecordDelivery


class Reporter:
    """Publishes `RecordDelivery` commands. A generation of a delivery has one final one, whose id is derived: said twice, applied once."""

    def __init__(self, queue: Queue, clock: Clock, metrics: Metrics, log: Log) -> None:
        self._queue = queue
        self._clock = clock
        self._retries = metrics.counter("publish_retries_total")
        self._log = log

    async def report(self, body: RecordDelivery, correlation: str) -> None:
        """Returns when it is safe in the queue, however long that takes."""
        which = "end" if body.is_final else str(body.tries)
        command = Command(
            id=derived_id("delivery-told", body.delivery, str(body.generation), which), kind="RecordDelivery", actor=f"service:{MAILER}",
            at=self._clock.now(), body=body, correlation=correlation,
        )  # fmt: skip
        message = Message(command.id, encode(command), correlation=correlation)
        await publish_until_safe(self._queue, COMMANDS.name, message, retries=self._retries, log=self._log, delivery=body.delivery)
