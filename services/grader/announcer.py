"""Owns the way of a verdict into the record: published until it is safe, and said again when asked again. Never makes one."""

from __future__ import annotations

from collections import OrderedDict

from mesh.clock import Clock
from mesh.codec import encode
from mesh.ids import derived_id
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Message, Queue
from mesh.queue.insistence import publish_until_safe
from wire.commands import Command, RecordVerdict
from wire.queues import COMMANDS
from wire.services import GRADER

_REMEMBERED_VERDICTS = 2_000
_REMEMBERED_BYTES = 32 << 20


class Announcer:
    """Publishes `RecordVerdict` commands, whose ids are derived from the run: said twice, they are applied once.

    Remembers the last ones within bounds, so that a message that comes again after its verdict is answered, not judged anew.
    """

    def __init__(self, queue: Queue, clock: Clock, metrics: Metrics, log: Log) -> None:
        self._queue = queue
        self._clock = clock
        self._retries = metrics.counter("publish_retries_total")
        self._log = log
        self._said: OrderedDict[str, Message] = OrderedDict()
        self._said_bytes = 0

    def said(self, run: str) -> Message | None:
        """The verdict of that run as it was published, None when it is not remembered."""
        return self._said.get(run)

    async def announce(self, verdict: RecordVerdict, correlation: str) -> None:
        """Returns when the verdict is safe in the queue, however long that takes."""
        command = Command(
            id=derived_id("verdict", verdict.run), kind="RecordVerdict", actor=f"service:{GRADER}", at=self._clock.now(),
            body=verdict, correlation=correlation,
        )  # fmt: skip
        message = Message(command.id, encode(command), correlation=correlation)
        await self._publish(message)
        self._remember(verdict.run, message)

    async def say_again(self, said: Message) -> None:
        """Publishes what was said once more; returns when it is safe."""
        await self._publish(said)

    async def _publish(self, message: Message) -> None:
        await publish_until_safe(self._queue, COMMANDS.name, message, retries=self._retries, log=self._log)

    def _remember(self, run: str, message: Message) -> None:
        self._said[run] = message
        self._said_bytes += len(message.body)
        while len(self._said) > _REMEMBERED_VERDICTS or self._said_bytes > _REMEMBERED_BYTES:
            _, oldest = self._said.popitem(last=False)
            self._said_bytes -= len(oldest.body)
