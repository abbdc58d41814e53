"""Three real RabbitMQ nodes: each may die, and two at once; nothing that was confirmed is lost, and the gap is short."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from mesh.clock import SystemClock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.queue import Consumer, Queue
from mesh.queue.opening import open_queue
from mesh.tasks import alongside
from tests.support.queues import message, spec, until
from tests.support.rabbit_cluster import Cluster, cluster_running
from wire.queues import COMMANDS

pytestmark = [pytest.mark.brokers, pytest.mark.faults, pytest.mark.timeout(180)]

SPECS = (spec("Work", prefetch=20), spec("Single", is_single_active=True))
EVERY_S = 0.02


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_running(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@dataclass
class Traffic:
    """A publisher that repeats what was not confirmed, with the same id, and a consumer that acknowledges what it gets."""

    queue: Queue
    name: str
    confirmed: dict[str, float] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    refusals: int = 0

    async def publish(self) -> None:
        while True:
            one = message()
            while True:
                try:
                    await self.queue.publish(self.name, one)
                    break
                except Unavailable:
                    self.refusals += 1
                    await asyncio.sleep(0.2)
            self.confirmed[one.id] = time.monotonic()
            await asyncio.sleep(EVERY_S)

    async def consume(self, consumer: Consumer) -> None:
        while True:
            deliveries = await consumer.take(20)
            self.taken += [delivery.message.id for delivery in deliveries]
            try:
                await consumer.ack(deliveries)
            except Unavailable:
                continue  # they come again

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        async with self.queue.consumer(self.name) as consumer, alongside(self.consume(consumer)):
            async with alongside(self.publish()):
                yield
            await until(self._is_all_there, 30)

    def gap_s(self, since: float) -> float:
        """The longest time without a confirm from then on."""
        moments = [since, *sorted(moment for moment in self.confirmed.values() if moment >= since)]
        return max((later - earlier for earlier, later in itertools.pairwise(moments)), default=0)

    async def more(self, count: int, limit_s: float = 60) -> None:
        """Waits for so many further confirms."""
        wanted = len(self.confirmed) + count
        await until(lambda: self._has(wanted), limit_s)

    async def _has(self, wanted: int) -> bool:
        return len(self.confirmed) >= wanted

    async def _is_all_there(self) -> bool:
        return self.confirmed.keys() <= set(self.taken)


async def test_definitions_wait_for_the_whole_cluster(cluster: Cluster) -> None:
    """Were they imported by the first node alone, every queue would have one copy for ever."""
    names = await _with_three_members(cluster, "palestra")
    assert {COMMANDS.name, COMMANDS.dead} <= names


async def test_nodes_die_and_come_back_and_nothing_is_lost(cluster: Cluster) -> None:
    first, second, third = cluster.nodes
    vhost = await asyncio.to_thread(first.fresh_vhost)
    async with open_queue(cluster.url(vhost), "tester", SPECS, SystemClock(), Log("tester"), None) as queue:
        names = await _with_three_members(cluster, vhost)
        assert {"Work", "Single", "Work.dead", "palestra.wait.1000"} <= names
        single, work = Traffic(queue, "Single"), Traffic(queue, "Work")
        async with single.flowing(), work.flowing():
            await work.more(20)

            began = time.monotonic()  # the node that our lines are on
            await asyncio.to_thread(first.kill)
            await work.more(50)
            gaps = [max(work.gap_s(began), single.gap_s(began))]

            await asyncio.to_thread(first.start)
            began = time.monotonic()  # another one: whoever does not have a line there hardly notices
            await asyncio.to_thread(third.kill)
            await work.more(50)
            gaps.append(max(work.gap_s(began), single.gap_s(began)))
            print(f"longest time without a confirm: {gaps[0]:.2f} s and {gaps[1]:.2f} s")
            assert max(gaps) < 10

            await asyncio.to_thread(second.kill)  # the one that is left pauses: it must not go on by itself
            refusals = work.refusals
            await until(lambda: _is_more(work, refusals), 30)
            await asyncio.gather(asyncio.to_thread(second.start), asyncio.to_thread(third.start))
            await work.more(30)
            await single.more(10)
        for traffic in (work, single):
            again = len(traffic.taken) - len(set(traffic.taken))
            print(f"{traffic.name}: {len(traffic.confirmed)} confirmed, {again} came again, {traffic.refusals} refusals")
            assert again <= 3 * 20 + traffic.refusals + 10, "no more than what was in flight when a line broke"
        assert (await queue.depth("Work")).dead == 0


async def _with_three_members(cluster: Cluster, vhost: str) -> set[str]:
    """The queues there, each of which has a copy on each node."""
    async with asyncio.timeout(60):
        while not (found := await asyncio.to_thread(cluster.nodes[0].ask, "GET", f"queues/{vhost}")):
            await asyncio.sleep(0.2)
    assert {queue["name"]: len(queue["members"]) for queue in found} == {queue["name"]: 3 for queue in found}
    return {queue["name"] for queue in found}


async def _is_more(traffic: Traffic, refusals: int) -> bool:
    return traffic.refusals > refusals + 1
