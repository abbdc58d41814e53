"""Whatever is done to the embedded queue, in whatever order, with crashes in between: nothing is lost, nothing settled comes back."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.clock import TurnedClock
from mesh.queue import Consumer, Delivery
from mesh.queue.file import FileQueue
from tests.support.queues import message, spec

DECLARED = (spec("Work", max_tries=4, prefetch=6),)
WAIT_S = 2.0

steps = st.lists(
    st.tuples(st.sampled_from(("publish", "take", "ack", "ack many", "retry", "reject", "replay", "leave", "crash", "turn")), st.integers(0, 5)),
    max_size=40,
)  # fmt: skip


class World:
    """The queue under test beside what must be true of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.generation = 0
        self.alive: set[str] = set()
        self.dead: set[str] = set()
        self.done: set[str] = set()
        self.held: dict[str, Delivery] = {}
        self.tries: dict[str, int] = {}
        self.stack = AsyncExitStack()
        self.queue: FileQueue
        self.consumer: Consumer

    @property
    def path(self) -> Path:
        return self.folder / str(self.generation) / "queue.sqlite"

    async def open(self) -> None:
        self.stack = AsyncExitStack()
        self.queue = await self.stack.enter_async_context(FileQueue.open(self.path, DECLARED, self.clock))
        self.consumer = await self.stack.enter_async_context(self.queue.consumer("Work"))

    async def step(self, what: str, number: int) -> None:
        chosen = list(self.held)[number % len(self.held)] if self.held else None
        match what:
            case "publish":
                fresh = [message() for _ in range(number + 1)]
                await asyncio.gather(*(self.queue.publish("Work", each) for each in fresh))
                self.alive |= {each.id for each in fresh}
            case "take":
                await self.take(number + 1)
            case "turn":
                self.clock.turn(WAIT_S)
            case "replay":
                assert await self.queue.replay("Work", []) == len(self.dead)
                self.tries.update(dict.fromkeys(self.dead, 0))
                self.alive |= self.dead
                self.dead.clear()
            case "leave" | "crash":
                await self.restart(is_crash=what == "crash")
            case "ack many":
                await self.consumer.ack(list(self.held.values()))
                self.settle(*list(self.held), into=self.done)
            case _ if chosen is None:
                pass
            case "ack":
                await self.held[chosen].ack()
                self.settle(chosen, into=self.done)
            case "reject":
                await self.held[chosen].reject("no")
                self.settle(chosen, into=self.dead)
            case "retry":
                await self.held[chosen].retry("later")
                self.tries[chosen] = self.tries.get(chosen, 0) + 1
                if self.tries[chosen] == DECLARED[0].max_tries:
                    self.settle(chosen, into=self.dead)
                else:
                    del self.held[chosen]

    async def take(self, most: int) -> None:
        try:
            async with asyncio.timeout(0.02):
                found = await self.consumer.take(most)
        except TimeoutError:
            return
        for delivery in found:
            assert delivery.message.id in self.alive, "what was settled came again"
            assert delivery.message.id not in self.held, "what is held came a second time"
            self.held[delivery.message.id] = delivery
        assert len(self.held) <= DECLARED[0].prefetch

    def settle(self, *ids: str, into: set[str]) -> None:
        for each in ids:
            del self.held[each]
            self.alive.discard(each)
            into.add(each)

    async def restart(self, *, is_crash: bool) -> None:
        """A crash: the files as they lie there now are all that the next process finds."""
        before = self.path.parent
        self.generation += 1
        if is_crash:
            await asyncio.to_thread(shutil.copytree, before, self.path.parent)
            await self.stack.aclose()
        else:
            await self.stack.aclose()
            await asyncio.to_thread(shutil.copytree, before, self.path.parent)
        self.held.clear()
        await self.open()

    async def check_all_is_there(self) -> None:
        await self.restart(is_crash=True)
        assert {letter.message.id for letter in await self.queue.dead_letters("Work", 1000)} == self.dead
        self.clock.turn(WAIT_S)
        found: list[str] = []
        while len(found) < len(self.alive):
            async with asyncio.timeout(5):
                held = await self.consumer.take(10)
            found += [each.message.id for each in held]
            await self.consumer.ack(held)
        assert sorted(found) == sorted(self.alive)
        depth = await self.queue.depth("Work")
        assert (depth.ready, depth.unacknowledged, depth.waiting) == (0, 0, 0)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_no_sequence_loses_a_message_or_brings_back_a_settled_one(sequence: list[tuple[str, int]]) -> None:
    async def live() -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder))
            await world.open()
            try:
                for what, number in sequence:
                    await world.step(what, number)
                await world.check_all_is_there()
            finally:
                await world.stack.aclose()

    asyncio.run(live())
