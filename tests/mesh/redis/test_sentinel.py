"""A master that dies, freezes or is moved on purpose: what was acknowledged is there, news go on, the gap is short.

One master, two replicas, three Sentinels, started from compose/redis/ over TLS. Each test makes the house whole first.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
import uuid
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from mesh.cache import Cache
from mesh.cache.opening import open_cache
from mesh.clock import SystemClock
from mesh.errors import Conflict, MeshError, Unavailable
from mesh.log import Log
from mesh.redis import server_at
from mesh.redis.switchover import switch_over
from mesh.tasks import alongside
from mesh.tls import Credentials
from mesh.topics import Gap, Subscription, Topics
from mesh.topics.entries import BEGINNING
from mesh.topics.opening import open_topics
from tests.support.redises import Secrets, Watched, watched_running

pytestmark = [pytest.mark.brokers, pytest.mark.faults, pytest.mark.timeout(120)]

LAST_MOMENT_S = 0.5
"""Replication is not waited for: what was acknowledged in the last moment before a kill may be lost, and no more."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, redis_secrets: Secrets) -> Iterator[Watched]:
    with watched_running(tmp_path_factory.mktemp("watched"), redis_secrets) as watched:
        yield watched


@pytest.fixture
def watched(whole: Watched) -> Watched:
    whole.sentinels[0].until(whole.is_whole, 60)
    return whole


@dataclass
class Traffic:
    """Somebody who writes sessions and tells news all the time, and a listener who resumes after every gap."""

    cache: Cache
    topics: Topics
    listener: Topics
    topic: str = field(default_factory=lambda: f"contest:{uuid.uuid4().hex}")
    acknowledged: list[tuple[float, int]] = field(default_factory=list)
    told: list[tuple[float, int]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    refusals: int = 0
    anew: int = 0
    is_over: bool = False

    async def write(self) -> None:
        number = 0
        while not self.is_over:
            try:
                await self.cache.store(f"session:{number}", str(number).encode(), 600)
                await self.cache.add_to_list("pending:ana", str(number), 600)
                self.acknowledged.append((time.monotonic(), number))
            except Unavailable:
                self.refusals += 1
            number += 1
            await asyncio.sleep(0.005)

    async def tell(self) -> None:
        number = 0
        while not self.is_over:
            try:
                await self.topics.publish([(self.topic, str(number).encode())])
                self.told.append((time.monotonic(), number))
            except Unavailable:
                self.refusals += 1
            number += 1
            await asyncio.sleep(0.01)

    async def listen(self, subscription: Subscription) -> None:
        after = ""
        while True:
            news = await subscription.next()
            if isinstance(news, Gap):
                after = await self._resume(after) if after else after
            elif not after or news.id.split("-") > after.split("-"):
                self.heard.append(int(news.body))
                after = news.id

    async def _resume(self, after: str) -> str:
        while True:
            try:
                replay = await self.listener.replay(self.topic, after)
            except Unavailable:
                continue
            if not replay.is_known:  # heard from a master that was none: read anew
                self.anew += 1
                replay, self.heard = await self.listener.replay(self.topic, BEGINNING, 10_000), []
            self.heard += [int(news.body) for news in replay.news]
            return replay.news[-1].id if replay.news else after

    def gap_s(self) -> float:
        """The longest time without an acknowledged write."""
        times = [at for at, _ in self.acknowledged]
        return max(later - earlier for earlier, later in itertools.pairwise(times))

    async def until_written(self, since: float, count: int = 50) -> None:
        """Waits until so many writes and news were acknowledged after that time."""
        async with asyncio.timeout(40):
            while sum(at > since for at, _ in self.acknowledged) < count or sum(at > since for at, _ in self.told) < count:
                await asyncio.sleep(0.02)

    async def lost(self) -> list[int]:
        """Acknowledged sessions and pending submissions that are not there any more."""
        numbers = [number for _, number in self.acknowledged]
        found = await self.cache.fetch_many([f"session:{number}" for number in numbers])
        listed = set(await self.cache.list_members("pending:ana"))
        return [number for number, value in zip(numbers, found, strict=True) if value is None or str(number) not in listed]

    async def until_heard(self) -> None:
        """Waits until the last acknowledged piece of news was heard."""
        async with asyncio.timeout(20):
            while not self.heard or self.heard[-1] < self.told[-1][1]:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def traffic(watched: Watched, credentials: Callable[[str], Credentials]) -> AsyncIterator[Traffic]:
    """Runs while the block runs; at the end all that was told was heard in order, once."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        mine = {name: await asyncio.to_thread(credentials, name) for name in ("frontend", "recorder", "broadcaster")}
        one = Traffic(
            await enter(open_cache(watched.url, "frontend", clock, Log("frontend"), mine["frontend"])),
            await enter(open_topics(watched.url, "recorder", clock, Log("recorder"), mine["recorder"])),
            await enter(open_topics(watched.url, "broadcaster", clock, Log("broadcaster"), mine["broadcaster"])),
        )
        subscription = await enter(one.listener.subscribe())
        await subscription.follow(one.topic)
        async with alongside(one.listen(subscription)), asyncio.TaskGroup() as group:
            group.create_task(one.write())
            group.create_task(one.tell())
            try:
                await one.until_written(time.monotonic())
                yield one
            finally:
                one.is_over = True
            await one.until_heard()
        assert one.heard == sorted(set(one.heard)), "in order, each once"


async def test_a_killed_master_is_replaced_and_what_was_acknowledged_is_there(
    watched: Watched, credentials: Callable[[str], Credentials]
) -> None:
    async with traffic(watched, credentials) as running:
        old = await asyncio.to_thread(watched.master)
        killed_at = time.monotonic()
        await asyncio.to_thread(old.kill)
        await running.until_written(killed_at + LAST_MOMENT_S)
        lost = await running.lost()
        await asyncio.to_thread(watched.bring_back, old)
    missed = {number for _, number in running.told} - set(running.heard)
    last = {number for at, number in (*running.acknowledged, *running.told) if killed_at - LAST_MOMENT_S < at <= killed_at + 0.1}
    print(f"killed: gap {running.gap_s():.2f} s, {len(lost)} of {len(running.acknowledged)} writes and {len(missed)} news lost")
    assert set(lost) <= last
    assert missed <= last
    assert running.gap_s() < 10


async def test_the_master_is_moved_on_purpose_without_losing_a_write(watched: Watched, credentials: Callable[[str], Credentials]) -> None:
    async with traffic(watched, credentials) as running:
        old = await asyncio.to_thread(watched.master)
        began = time.monotonic()
        status, said = await _commanded(watched, "redis-switchover")
        await running.until_written(time.monotonic())
        lost = await running.lost()
    print(f"moved: gap {running.gap_s():.2f} s, {len(lost)} of {len(running.acknowledged)} writes lost, {running.refusals} refused\n{said}")
    assert status == 0, said
    assert (await asyncio.to_thread(watched.master)).port != old.port
    assert "writes were held back for" in said
    assert lost == []
    assert {number for _, number in running.told} <= set(running.heard)
    assert running.anew == 0
    assert sum(at > began for at, _ in running.acknowledged) > 50


async def _commanded(watched: Watched, *words: str) -> tuple[int, str]:
    """Exit status and output of ``palestra WORDS``."""
    environ = {**os.environ, "PALESTRA_MESH_STATE_URL": watched.url, "PALESTRA_MESH_PKI_FOLDER": str(watched.secrets.pki)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services", *words, env=environ, stdout=PIPE, stderr=STDOUT)
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_a_frozen_master_is_replaced_and_does_not_come_back_as_one(watched: Watched, credentials: Callable[[str], Credentials]) -> None:
    async with traffic(watched, credentials) as running:
        old = await asyncio.to_thread(watched.master)
        frozen_at = time.monotonic()
        old.freeze()
        await running.until_written(frozen_at + 0.1)
        old.thaw()
        await running.until_written(time.monotonic(), 100)
        lost = await running.lost()
    print(f"frozen: gap {running.gap_s():.2f} s, {len(lost)} of {len(running.acknowledged)} writes lost, {running.refusals} refused, {running.anew} read anew")
    last = {number for at, number in (*running.acknowledged, *running.told) if frozen_at - LAST_MOMENT_S < at <= frozen_at + 0.1}
    assert set(lost) <= last
    assert {number for _, number in running.told} - set(running.heard) <= last
    assert (await asyncio.to_thread(watched.master)).port != old.port
    assert running.gap_s() < 15


async def test_replicas_that_are_just_coming_back_are_waited_for_and_dead_ones_named(watched: Watched) -> None:
    old = await asyncio.to_thread(watched.master)
    replicas = [one for one in watched.states if one is not old]
    for one in replicas:
        one.kill()
    async with asyncio.TaskGroup() as group:
        moving = group.create_task(_commanded(watched, "redis-switchover"))
        for one in replicas:
            group.create_task(asyncio.to_thread(one.start))
    status, said = moving.result()
    assert status == 0, said
    master = await asyncio.to_thread(watched.master)
    assert master.port != old.port
    await asyncio.to_thread(watched.sentinels[0].until, watched.is_whole, 60)
    followers = [one for one in watched.states if one is not master]
    for one in followers:
        one.kill()
    status, said = await _commanded(watched, "redis-switchover")
    for one in followers:
        await asyncio.to_thread(one.start)
    assert status == 1
    assert "redis-no-replica" in said
    assert await asyncio.to_thread(watched.master) is master


async def test_one_server_without_sentinels_cannot_be_switched(redis_url: str) -> None:
    with pytest.raises(Conflict) as refused:
        await switch_over(server_at(redis_url, "operator", None, code="bad-cache-url"), print)
    assert refused.value.code == "redis-no-sentinel"


async def test_sentinels_that_are_away_are_said_as_such() -> None:
    nowhere = server_at("redis+sentinel://127.0.0.1:1,127.0.0.1:2/palestra/0", "operator", None, code="bad-cache-url")
    with pytest.raises(MeshError) as away:
        await switch_over(nowhere, print)
    assert away.value.code == "redis-unavailable"
