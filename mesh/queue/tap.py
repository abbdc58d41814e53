"""Owns a consumer's end of an embedded queue: what it holds, within its prefetch. Never decides where a message goes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from mesh.errors import Unavailable
from mesh.queue.contract import Delivery, Message
from mesh.queue.line import Item, Line
from mesh.queue.store import Store

_LONGEST_LOOK_AWAY_S: Final = 0.25
"""Waits for a moment are cut into pieces of this, so that a turned clock is noticed."""


class Tap:
    """One consumer; keeps the promise of `mesh.queue.contract.Consumer`. Where the queue has a single active consumer, only the tap that was opened first gets anything."""

    def __init__(self, store: Store, line: Line) -> None:
        self.store = store
        self.line = line
        self._held: dict[int, Item] = {}
        self._is_left = False

    async def take(self, most: int = 1) -> Sequence[Delivery]:
        while True:
            if self.store.is_closed or self._is_left:
                raise Unavailable("the queue is closed: this process is stopping", code="queue-unavailable")
            items = self._grab(most)
            if not items:
                await self._something_changed()
                continue
            try:
                bodies = await self.store.bodies(items)
            except Unavailable:
                self._give_back(items)
                await asyncio.sleep(1)  # the disk does not answer: do not hammer it
            except asyncio.CancelledError:
                self._give_back(items)
                raise
            else:
                self.store.hold(items)
                return [TapDelivery(self, item, item.message(body)) for item, body in zip(items, bodies, strict=True)]

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        items = [delivery.let_go() for delivery in deliveries if isinstance(delivery, TapDelivery)]
        if items:
            await self.store.finish(self.line, items)

    def let_go(self, item: Item) -> None:
        """Takes it out of this consumer's hands. Raises: `Unavailable` (``queue-unavailable``) when it was given back already."""
        if self._held.pop(item.seq, None) is None:
            raise Unavailable(
                "this delivery was given back when its consumer was closed: it will come again", code="queue-unavailable"
            )

    def leave(self) -> None:
        """Gives back what was not settled."""
        self._is_left = True
        self._give_back(list(self._held.values()))
        self.line.changed.set()

    def _grab(self, most: int) -> list[Item]:
        """What is there, now, without waiting."""
        if self.line.declaration.is_single_active and self.line.taps[0] is not self:
            return []
        items: list[Item] = []
        while len(items) < most and len(self._held) < self.line.declaration.prefetch:
            self.store.bury_expired(self.line)
            item = self.line.pop(self.store.clock.monotonic())
            if item is None:
                break
            self._held[item.seq] = item
            items.append(item)
        return items

    def _give_back(self, items: list[Item]) -> None:
        for item in items:
            self._held.pop(item.seq, None)
        if items:
            self.store.give_back(self.line, items)

    async def _something_changed(self) -> None:
        self.line.changed.clear()
        moment = self.line.next_change_at()
        if moment is None:
            await self.line.changed.wait()
            return
        wait_s = min(max(moment - self.store.clock.monotonic(), 0.001), _LONGEST_LOOK_AWAY_S)
        try:
            async with asyncio.timeout(wait_s):
                await self.line.changed.wait()
        except TimeoutError:
            return


class TapDelivery:
    """One message in a consumer's hands; keeps the promise of `mesh.queue.contract.Delivery`."""

    def __init__(self, tap: Tap, item: Item, message: Message) -> None:
        self._tap = tap
        self._item = item
        self._message = message
        self._attempt = item.attempt
        self._is_settled = False

    @property
    def message(self) -> Message:
        return self._message

    @property
    def attempt(self) -> int:
        return self._attempt

    @property
    def age_s(self) -> float | None:
        return max(0.0, self._tap.store.clock.monotonic() - self._item.published_at)

    async def ack(self) -> None:
        await self._tap.store.finish(self._tap.line, [self.let_go()])

    async def retry(self, error: str) -> None:
        await self._tap.store.wait(self._tap.line, self.let_go(), error)

    async def reject(self, error: str) -> None:
        await self._tap.store.bury(self._tap.line, self.let_go(), error)

    def let_go(self) -> Item:
        """The item, out of the consumer's hands. Raises: `RuntimeError` when it was settled before: a mistake in the caller."""
        if self._is_settled:
            raise RuntimeError(f"delivery of {self._message.id} was settled twice")
        self._is_settled = True
        self._tap.let_go(self._item)
        return self._item
