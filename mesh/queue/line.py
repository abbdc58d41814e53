"""Owns the line of one embedded queue in memory: who is next, who waits, who is held. Never touches the disk."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass

from mesh.queue.contract import Declaration, Depth, Message
from mesh.queue.pace import Pace


@dataclass(slots=True)
class Item:
    """One message in line; its body may lie on the disk only (None). Times are monotonic seconds."""

    seq: int
    id: str
    headers: dict[str, str]
    correlation: str
    body: bytes | None
    expires_at: float | None
    published_at: float = 0.0
    tries: int = 0
    give_backs: int = 0

    @property
    def attempt(self) -> int:
        """The number of the delivery that comes next or is under way."""
        return self.tries + self.give_backs + 1

    def message(self, body: bytes) -> Message:
        """The message as it was published."""
        return Message(self.id, body, self.headers, self.correlation)


class Line:
    """First in, first out; what is given back takes its old place again."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.changed = asyncio.Event()
        self.dead: dict[int, Item] = {}
        self.taps: list[object] = []
        self._ready: list[tuple[int, Item]] = []
        self._waiting: list[tuple[float, int, Item]] = []
        self._held: dict[int, Item] = {}
        self._pace = Pace(declaration.rate_per_minute)
        self.unconfirmed = 0

    @property
    def is_full(self) -> bool:
        """Whether another message would be more than the declared length; counts those on their way to the disk."""
        return len(self._ready) + self.unconfirmed >= self.declaration.max_length

    @property
    def room(self) -> int:
        """How many more messages may lie ready."""
        return max(0, self.declaration.max_length - len(self._ready) - self.unconfirmed)

    def add(self, item: Item) -> None:
        """Puts it at its place, ready."""
        heapq.heappush(self._ready, (item.seq, item))
        self.changed.set()

    def wait(self, item: Item, until: float) -> None:
        """Lets it come back then."""
        heapq.heappush(self._waiting, (until, item.seq, item))
        self.changed.set()

    def pop(self, now: float) -> Item | None:
        """The next one, held from now on; None when there is none or the declared rate forbids it yet."""
        self.mature(now)
        if not self._ready or not self._pace.may_step(now):
            return None
        self._pace.step(now)
        _, item = heapq.heappop(self._ready)
        self._held[item.seq] = item
        return item

    def release(self, item: Item) -> None:
        """It is held no more."""
        self._held.pop(item.seq, None)
        self.changed.set()

    def give_back(self, item: Item) -> None:
        """Held no more, ready at its old place."""
        self.release(item)
        self.add(item)

    def mature(self, now: float) -> None:
        """Makes ready what has waited long enough."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, item = heapq.heappop(self._waiting)
            self.add(item)

    def expired(self, now: float) -> list[Item]:
        """Takes out what has lain too long; looks from the oldest on and stops at the first that may stay."""
        self.mature(now)
        gone: list[Item] = []
        while self._ready and (expires_at := self._ready[0][1].expires_at) is not None and expires_at <= now:
            gone.append(heapq.heappop(self._ready)[1])
        return gone

    def next_change_at(self) -> float | None:
        """When time alone will make something ready; None: never."""
        moments = [self._waiting[0][0]] if self._waiting else []
        if self._ready and self.declaration.rate_per_minute is not None:
            moments.append(self._pace.next_at)
        return min(moments, default=None)

    def depth(self) -> Depth:
        """How full it is."""
        return Depth(len(self._ready), len(self._held), len(self._waiting), len(self.dead), len(self.taps))
