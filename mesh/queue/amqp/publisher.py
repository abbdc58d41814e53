"""Owns publishing to RabbitMQ: confirmed, mandatory, bounded in time and number. Never knows why something is published."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aio_pika.exceptions import AMQPChannelError, ChannelNotFoundEntity, DeliveryError, PublishError
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused
from pamqp.commands import Basic

from mesh.errors import MeshError, Unavailable
from mesh.queue.amqp.link import Link, line

PUBLISH_LIMIT_S: Final = 5.0
"""After so long a publish is over: whether the message is safe is then not known."""
MOST_IN_FLIGHT: Final = 500
LONG_AWAY_S: Final = 10.0
AWAY_LIMIT_S: Final = 1.0
"""For so long is waited for a line that has been away for `LONG_AWAY_S`: who asks meanwhile need not wait for nothing."""
BLOCKED_LIMIT_S: Final = 1.0
"""For so long is waited for a broker that said that it takes nothing now, before anything is sent to it."""
_MOST_STRANGE_REFUSALS: Final = 5
REOPEN_EVERY_S: Final = 60.0
"""A new line that does not help is not tried more often."""
_MEND_PAUSE_S: Final = 0.5
"""Before a deleted queue is declared again its consumers must have been told; RabbitMQ 3.10 else loses what they should get."""


class Publisher:
    """One confirming channel on one link, opened again when it breaks."""

    def __init__(self, link: Link, is_full: Callable[[str], Awaitable[bool]]) -> None:
        self._link = link
        self._is_full = is_full
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._opening = asyncio.Lock()
        self._channel: AbstractChannel | None = None
        self._strange_refusals: dict[str, int] = {}
        self._reopened_at = -REOPEN_EVERY_S

    async def send(self, exchange: str, queue: str, body: bytes, properties: Basic.Properties) -> None:
        """Returns when the broker has it on disk. Tries again within its time, with the same message id.

        Raises: `Unavailable` (``queue-full``, ``queue-blocked``, ``queue-away``, ``queue-not-allowed``: surely not taken;
        ``queue-unavailable``: perhaps).
        """
        on_its_way = _OnItsWay()
        limit_s = AWAY_LIMIT_S if self._link.away_s > LONG_AWAY_S else PUBLISH_LIMIT_S
        try:
            async with asyncio.timeout(limit_s), self._slots:
                may_mend = True
                while True:
                    try:
                        if await self._sent(exchange, queue, body, properties, on_its_way):
                            break
                        self._link.check_wanted()
                        await asyncio.sleep(0.05)  # the line broke under it; the link tells when there is another
                    except (PublishError, ChannelNotFoundEntity):
                        if not may_mend:
                            raise
                        may_mend = False
                        await asyncio.sleep(_MEND_PAUSE_S)
                        self._channel = None
                        self._link.drop()  # what it came for was deleted: a new link declares it again
                    except _Blocked as wrong:
                        raise Unavailable(
                            "RabbitMQ takes no messages now, its memory or disk is full: see its alarms; come back later",
                            code="queue-unavailable" if on_its_way.has_left else "queue-blocked", retry_after_s=10,
                        ) from wrong  # fmt: skip
        except TimeoutError as wrong:
            if not on_its_way.has_left:
                raise Unavailable(
                    f"RabbitMQ could not be reached within {limit_s:g} s, so nothing was taken: come back later", code="queue-away", retry_after_s=5
                ) from wrong
            raise Unavailable(
                f"RabbitMQ did not confirm a message for {queue} within {limit_s:g} s: publish it again with the same id",
                code="queue-unavailable", retry_after_s=5,
            ) from wrong  # fmt: skip
        except (DeliveryError, AMQPChannelError) as wrong:
            raise await self._refusal(queue, wrong) from wrong
        self._strange_refusals.pop(queue, None)

    async def _sent(self, exchange: str, queue: str, body: bytes, properties: Basic.Properties, on_its_way: _OnItsWay) -> bool:
        """False when the line broke meanwhile."""
        channel = self._channel
        try:
            with line(queue):
                if channel is None or channel.is_closed:
                    channel = await self._opened()
                await self._unblocked(channel)
                on_its_way.has_left = True
                try:
                    await channel.basic_publish(
                        body, exchange=exchange, routing_key=queue, properties=properties, mandatory=True
                    )
                except (DeliveryError, AMQPChannelError) as refusal:
                    raise _Refusal(refusal) from refusal
        except Unavailable:
            if self._channel is channel:  # another may have opened the next one already
                self._channel = None
            return False
        except _Refusal as refusal:
            raise refusal.cause from refusal
        return True

    async def _unblocked(self, channel: AbstractChannel) -> None:
        """Waits while the broker says that it takes nothing: what is not sent yet is surely not taken, and need not be guessed at."""
        try:
            async with asyncio.timeout(BLOCKED_LIMIT_S):
                await channel.connection.ready()
        except TimeoutError as wrong:
            raise _Blocked from wrong

    async def _opened(self) -> AbstractChannel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                connection = await self._link.connection()
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                self._channel = await channel.get_underlay_channel()
            return self._channel

    async def _refusal(self, queue: str, wrong: DeliveryError | AMQPChannelError) -> MeshError:
        """What the broker's no means: not allowed, no such queue, full, or something that a new line may mend."""
        if isinstance(wrong, ChannelAccessRefused):
            return Unavailable(
                f"RabbitMQ does not let this service publish to {queue}: import compose/rabbitmq/definitions.json",
                code="queue-not-allowed", retry_after_s=30,
            )  # fmt: skip
        if isinstance(wrong, AMQPChannelError):
            return Unavailable(f"RabbitMQ cannot publish to {queue}: {wrong}", code="queue-unavailable")
        if isinstance(wrong, PublishError):
            return Unavailable(
                f"RabbitMQ has no queue {queue} where there should be one: was it deleted?", code="queue-unavailable"
            )
        if await self._is_full(queue):
            return Unavailable(f"the queue {queue} is full: come back later", code="queue-full", retry_after_s=5)
        refusals = self._strange_refusals[queue] = self._strange_refusals.get(queue, 0) + 1  # by queue: it may be one, while others take all
        now = asyncio.get_running_loop().time()
        if refusals >= _MOST_STRANGE_REFUSALS and now - self._reopened_at >= REOPEN_EVERY_S:
            self._strange_refusals.clear()
            self._reopened_at = now  # seen after a node of a cluster died or restarted: a new line helps
            self._link.drop()
        return Unavailable(f"RabbitMQ refused a message for {queue}: come back later", code="queue-unavailable", retry_after_s=5)


@dataclass(slots=True)
class _OnItsWay:
    """Whether one message was ever handed to a line: from then on only the broker knows whether it arrived."""

    has_left: bool = False


class _Blocked(Exception):
    """The broker says that it takes nothing, and nothing was sent."""


class _Refusal(Exception):
    """Carries the broker's no past `line`, which would take it for a broken one."""

    def __init__(self, cause: DeliveryError | AMQPChannelError) -> None:
        super().__init__(str(cause))
        self.cause = cause
