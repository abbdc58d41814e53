"""Owns the way of what a call came to into the record: published until it is safe. Never calls anybody."""

from __future__ import annotations

import asyncio
from typing import Final

from mesh.clock import Clock
from mesh.codec import encode
from mesh.errors import MeshError
from mesh.ids import derived_id
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Message, Queue
from wire.commands import Command
from wire.queues import COMMANDS
from wire.services import MAILER
from wire.webhooks import RecordDelivery

_PUBLISH_LIMIT_S: Final = 15.0
_LONGEST_PAUSE_S: Final = 5.0


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
        message, pause_s = Message(command.id, encode(command), correlation=correlation), 0.05
        while True:
            try:
                async with asyncio.timeout(_PUBLISH_LIMIT_S):
                    return await self._queue.publish(COMMANDS.name, message)
            except (MeshError, TimeoutError) as wrong:
                self._retries.inc()
                self._log.warning("outcome-not-safe-yet", delivery=body.delivery, reason=str(wrong) or "no answer", pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
