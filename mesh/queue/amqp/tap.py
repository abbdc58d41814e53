"""Owns a consumer on RabbitMQ: its channel, what the broker has pushed, what is held. Never loses what a cancelled take missed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelAccessRefused

from mesh.clock import Clock
from mesh.errors import Refused, Unavailable
from mesh.log import Log
from mesh.queue.amqp.envelope import Envelope, millis, unpacked
from mesh.queue.amqp.graveyard import counts
from mesh.queue.amqp.link import CALL_LIMIT_S, Link, close_quietly, line
from mesh.queue.contract import Declaration, Delivery, Message
from mesh.queue.pace import Gait

LOOK_S: Final = 15.0
"""How often a consumer asks whether the broker still knows of it."""
RENEW_S: Final = 60.0
"""After so long without a delivery a consumer that holds nothing begins anew: what a quorum queue believes to be with it, though it never
came (RabbitMQ issues 11228 and 15473, seen here once on 4.0), is delivered again then."""
_PAUSE_S: Final = 1.0
_LONGEST_LOOK_AWAY_S: Final = 0.25

Forward = Callable[[Declaration, Envelope, str], Awaitable[None]]
"""Sends a message on: to wait, or to the dead letters."""


class AmqpTap:
    """One consumer on one channel; keeps the promise of `mesh.queue.contract.Consumer`.

    When the line breaks, what was held is the broker's again: settling it raises `Unavailable`, and it comes once more.
    """

    def __init__(
        self, link: Link, declaration: Declaration, gait: Gait | None, clock: Clock, log: Log, *, retry: Forward, bury: Forward
    ) -> None:
        self.declaration = declaration
        self.retry = retry
        self.bury = bury
        self._link = link
        self._log = log
        self._gait = gait
        self.clock = clock
        self.refused = ""
        self._channel: AbstractChannel | None = None
        self._arrived: deque[DeliveredMessage] = deque()
        self._unsettled: dict[int, None] = {}
        self._changed = asyncio.Event()
        self._has_lost = asyncio.Event()
        self._arrived_at = 0.0

    async def run(self) -> None:
        """Keeps consuming until cancelled; then gives everything back. ``refused`` is why the broker lets it not, else empty."""
        while not self._link.is_ended:
            channel = None
            try:
                with line(f"consuming {self.declaration.name}"):
                    channel = await self._opened()
                    self.refused = ""
                    is_idle = await self._until_lost(channel)
                if not is_idle:
                    self._log.warning("consumer-lost", queue=self.declaration.name)
            except Unavailable as wrong:
                if not self.refused:
                    self._log.warning("consumer-refused", queue=self.declaration.name, reason=wrong.message)
                self.refused = wrong.message
            finally:
                self._forget()
                if channel is not None:
                    await close_quietly(channel)
            await asyncio.sleep(_PAUSE_S if channel is None and not self._link.is_ended else 0)

    @property
    def held(self) -> int:
        """How many the broker waits for this consumer to settle."""
        return len(self._unsettled)

    async def take(self, most: int = 1) -> Sequence[Delivery]:
        while True:
            while not self._arrived:
                self._link.check_wanted()
                self._changed.clear()
                await self._changed.wait()
            if self._gait is not None and (wait_s := await self._gait.step()):
                await asyncio.sleep(min(wait_s, _LONGEST_LOOK_AWAY_S))
                continue
            deliveries = await self._delivered(most if self._gait is None else 1)
            if deliveries:
                return deliveries

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        tags: list[int] = []
        channel: AbstractChannel | None = None
        for delivery in deliveries:
            if isinstance(delivery, AmqpDelivery):
                channel, tag = delivery.let_go()
                tags.append(tag)
        if channel is not None:
            await self._settle(channel, tags)

    async def settle(self, channel: AbstractChannel, tag: int) -> None:
        """Acknowledges one. Raises: `Unavailable` (``queue-unavailable``)."""
        await self._settle(channel, [tag])

    async def give_back(self, channel: AbstractChannel, tag: int) -> None:
        """Lets the broker deliver it again at once."""
        if channel is self._channel:
            self._unsettled.pop(tag, None)
        with suppress(Unavailable), line("giving back"):  # where the line broke, it is given back all the same
            async with asyncio.timeout(CALL_LIMIT_S):
                await channel.basic_nack(tag, requeue=True)

    def check_held(self, channel: AbstractChannel) -> None:
        """Raises: `Unavailable` (``queue-unavailable``) when the channel that delivered is not the one in use."""
        if channel is not self._channel or channel.is_closed:
            raise _broken()

    async def _settle(self, channel: AbstractChannel, tags: list[int]) -> None:
        """Acknowledges as few times as the order of deliveries allows: ``multiple`` takes in every older one on the channel."""
        wanted = set(tags)
        together = 0
        for tag in self._unsettled:  # in the order of delivery
            if tag not in wanted:
                break
            together = tag
        try:
            with line("acknowledging: it will come again"):
                async with asyncio.timeout(CALL_LIMIT_S):
                    if together:
                        await channel.basic_ack(together, multiple=True)
                    for tag in sorted(wanted):
                        if tag > together:
                            await channel.basic_ack(tag)
        finally:
            if channel is self._channel:  # tags begin anew with each channel
                for tag in wanted:
                    self._unsettled.pop(tag, None)

    async def _delivered(self, most: int) -> list[Delivery]:
        """What has arrived, unpacked; puts back what a cancellation caught in between."""
        channel = self._channel
        deliveries: list[Delivery] = []
        taken: list[DeliveredMessage] = []
        try:
            while self._arrived and len(deliveries) < most and channel is not None and channel is self._channel:
                delivered = self._arrived.popleft()
                taken.append(delivered)
                try:
                    envelope = await unpacked(delivered)
                except Refused as wrong:
                    await self._bury_unreadable(channel, delivered, wrong)
                    continue
                deliveries.append(AmqpDelivery(self, channel, delivered.delivery_tag or 0, envelope))
        except asyncio.CancelledError:
            if channel is self._channel:
                self._arrived.extendleft(reversed(taken))
                self._changed.set()
            raise
        return deliveries if channel is self._channel else []

    async def _bury_unreadable(self, channel: AbstractChannel, delivered: DeliveredMessage, wrong: Refused) -> None:
        """Poison that no consumer could read: the broker's own dead-lettering takes it as it is."""
        self._log.error("message-unreadable", queue=self.declaration.name, reason=wrong.message)
        tag = delivered.delivery_tag or 0
        self._unsettled.pop(tag, None)
        with suppress(Unavailable), line("rejecting"):  # where the line broke, it comes again and is rejected then
            async with asyncio.timeout(CALL_LIMIT_S):
                await channel.basic_reject(tag, requeue=False)

    async def _until_lost(self, channel: AbstractChannel) -> bool:
        """Returns when the channel or the consumer is gone, or is to begin anew; True when it only idled.

        A queue that is deleted and declared again at once leaves its consumers without a word: so the broker is asked now and then.
        """
        lost = asyncio.ensure_future(self._has_lost.wait())
        try:
            while True:
                done, _ = await asyncio.wait([channel.closing, lost], timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    return False
                if self._is_idle():
                    return True
                with suppress(ChannelAccessRefused):  # some versions let only who may configure look: then nobody tells
                    async with asyncio.timeout(CALL_LIMIT_S):
                        _, consumers = await counts(await self._link.connection(), self.declaration.name)
                    if not consumers:
                        return False
        finally:
            lost.cancel()

    def _is_idle(self) -> bool:
        """Whether nothing came for long. Who waits for another to leave (a single active consumer) idles rightly, and keeps his turn."""
        is_due = asyncio.get_running_loop().time() - self._arrived_at >= RENEW_S
        return is_due and not self._unsettled and not self.declaration.is_single_active

    async def _opened(self) -> AbstractChannel:
        connection = await self._link.connection()
        async with asyncio.timeout(CALL_LIMIT_S):
            outer = await connection.channel(publisher_confirms=False)
            channel = await outer.get_underlay_channel()
            try:
                await channel.basic_qos(prefetch_count=self.declaration.prefetch)
                self._has_lost.clear()
                self._channel = channel
                self._arrived_at = asyncio.get_running_loop().time()
                channel.on_consumer_cancel_callbacks.add(self._cancelled_by_broker)
                await channel.basic_consume(self.declaration.name, self._arrive)
            except BaseException:  # the broker may have begun to deliver: what nobody hears must not stay with it
                await close_quietly(channel)
                raise
        return channel

    async def _arrive(self, delivered: DeliveredMessage) -> None:
        if delivered.channel is self._channel:
            self._unsettled[delivered.delivery_tag or 0] = None
            self._arrived_at = asyncio.get_running_loop().time()
            self._arrived.append(delivered)
            self._changed.set()

    async def _cancelled_by_broker(self, _: object) -> None:
        self._has_lost.set()  # the queue was deleted, or its leader moved

    def _forget(self) -> None:
        self._channel = None
        self._arrived.clear()
        self._unsettled.clear()
        self._changed.set()


class AmqpDelivery:
    """One message in a consumer's hands; keeps the promise of `mesh.queue.contract.Delivery`."""

    def __init__(self, tap: AmqpTap, channel: AbstractChannel, tag: int, envelope: Envelope) -> None:
        self._tap = tap
        self._channel = channel
        self._tag = tag
        self._envelope = envelope
        self._is_settled = False

    @property
    def message(self) -> Message:
        return self._envelope.message

    @property
    def attempt(self) -> int:
        return self._envelope.tries + self._envelope.give_backs + 1

    @property
    def age_s(self) -> float | None:
        at_ms = self._envelope.at_ms
        return max(0.0, (millis(self._tap.clock.now()) - at_ms) / 1000) if at_ms else None

    async def ack(self) -> None:
        await self._tap.settle(*self.let_go())

    async def retry(self, error: str) -> None:
        is_last = self._envelope.tries + 1 >= self._tap.declaration.max_tries
        await self._move(self._tap.bury if is_last else self._tap.retry, error)

    async def reject(self, error: str) -> None:
        await self._move(self._tap.bury, error)

    def let_go(self) -> tuple[AbstractChannel, int]:
        """Channel and tag, once. Raises: `RuntimeError` when it was settled before, `Unavailable` when the line broke."""
        if self._is_settled:
            raise RuntimeError(f"delivery of {self.message.id} was settled twice")
        self._is_settled = True
        self._tap.check_held(self._channel)
        return self._channel, self._tag

    async def _move(self, forward: Forward, error: str) -> None:
        """First safe at the new place, then gone from the old one: a crash in between doubles it, never loses it."""
        channel, tag = self.let_go()
        try:
            await forward(self._tap.declaration, self._envelope, error)
        except BaseException:
            await self._tap.give_back(channel, tag)
            raise
        await self._tap.settle(channel, tag)


def _broken() -> Unavailable:
    return Unavailable("the line to the broker broke before this delivery was settled: it will come again", code="queue-unavailable")
