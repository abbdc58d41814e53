"""Owns the recorder's side of `CommandQueue`: decodes, checks who speaks, acknowledges many at once after the commit.

What nobody vouches for goes to the dead letters, where an operator sees it; it is never applied, and never lost in silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mesh import codec
from mesh.errors import MeshError, Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Consumer, Delivery
from services.recorder.group import Answer
from services.recorder.loop import CommandLoop
from services.recorder.trust import Trust
from wire.commands import Command, Outcome
from wire.queues import COMMANDS


class Intake:
    """Feeds the loop from the queue. ``refused`` hears of every command of the queue that the rules refused."""

    def __init__(
        self,
        consumer: Consumer,
        loop: CommandLoop,
        trust: Trust,
        *,
        refused: Callable[[Command, Outcome], None],
        metrics: Metrics,
        log: Log,
    ) -> None:
        self._consumer = consumer
        self._loop = loop
        self._trust = trust
        self._refused = refused
        self._log = log
        self._handled = metrics.counter("messages_total")
        self._settled: list[tuple[Delivery, Answer]] = []
        self._has_settled = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def feed(self) -> None:
        """Takes until it is cancelled; what was taken and not acknowledged then goes back."""
        while True:
            for delivery in await self._consumer.take(COMMANDS.prefetch):
                await self._hand_in(delivery)

    async def acknowledge(self) -> None:
        """Acknowledges what the loop has committed, all that has piled up at once, until it is cancelled."""
        while True:
            await self._has_settled.wait()
            self._has_settled.clear()
            settled, self._settled = self._settled, []
            try:
                await self._consumer.ack([delivery for delivery, answer in settled if isinstance(answer.result, Outcome)])
            except Unavailable as away:
                self._log.warning("commands-not-acknowledged", count=len(settled), cause=away)
            for delivery, answer in settled:
                if isinstance(answer.result, MeshError):
                    await self._give_up(delivery, answer.result)
            if not self._settled:
                self._is_idle.set()

    async def flushed(self) -> None:
        """Returns when everything that is committed is acknowledged."""
        await self._is_idle.wait()

    async def _hand_in(self, delivery: Delivery) -> None:
        try:
            command = codec.decode(Command, delivery.message.body)
            self._trust.check(command)
        except MeshError as wrong:
            self._handled.labels(COMMANDS.name, "rejected").inc()
            self._log.error("command-rejected", message_id=delivery.message.id, code=wrong.code, message=wrong.message)
            try:
                await delivery.reject(f"{wrong.code}: {wrong.message}")
            except Unavailable as away:
                self._log.warning("command-not-rejected", message_id=delivery.message.id, cause=away)
            return

        def settle(answer: Answer) -> None:
            if isinstance(answer.result, Outcome) and not answer.result.is_applied:
                self._refused(command, answer.result)
            self._handled.labels(COMMANDS.name, "done" if isinstance(answer.result, Outcome) else "failed").inc()
            self._settled.append((delivery, answer))
            self._is_idle.clear()
            self._has_settled.set()

        await self._loop.put(command, settle)

    async def _give_up(self, delivery: Delivery, error: MeshError) -> None:
        """Hands one back to be tried again, or to the dead letters. Each by itself: one that cannot be must not hold the others."""
        try:
            if error.code == "command-id-taken":
                await delivery.reject(f"{error.code}: {error.message}")
            else:
                await delivery.retry(f"{error.code}: {error.message}")
        except Unavailable as away:
            self._log.warning("command-not-given-back", message_id=delivery.message.id, cause=away)
