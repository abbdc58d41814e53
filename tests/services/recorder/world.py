"""A recorder in a small real house: mutual TLS, the durable file queue, signed commands, whatever database the test has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from contest.rules import Audience
from mesh.assertion import Asserter
from mesh.backbone import Backbone
from mesh.cache import Cache
from mesh.cache.opening import open_cache
from mesh.clock import TurnedClock
from mesh.codec import decode, digest_of, encode
from mesh.errors import Unavailable
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.queue import Message, Queue
from mesh.queue.opening import open_queue
from mesh.rpc.client import Peers
from mesh.tls import Credentials
from mesh.topics import News, Subscription, Topics
from mesh.topics.opening import open_topics
from services.recorder import rows
from services.recorder.config import Config
from services.recorder.main import run
from services.recorder.metrics import METRICS
from tests.services.recorder.makers import NOW, settled_world
from tests.services.recorder.store import Store
from wire.commands import Command, Outcome
from wire.judging import JudgeSubmission
from wire.methods import RECORDER_APPLY
from wire.news import scoreboard_topic
from wire.queues import COMMANDS, QUEUES, SUBMISSIONS

LIMIT_S = 40.0
ADMIN_PASSWORD = "correct horse battery staple"


class FailingQueue:
    """The real queue, with faults: while ``is_down`` nothing is published; ``acks_fail`` loses acknowledgements."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.is_down = False

    async def publish(self, queue: str, message: Message) -> None:
        if self.is_down and queue != COMMANDS.name:
            raise Unavailable("the broker is away", code="queue-unavailable")
        await self._queue.publish(queue, message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


class World:
    """The house and the recorder in it. The clock stands at ``NOW`` until the test turns it; waiting is in real time."""

    def __init__(
        self, folder: Path, pki_folder: Path, record_url: str, *, now: datetime = NOW, amqp_url: str = "", redis_url: str = "", **settings: Any
    ) -> None:
        self.clock = TurnedClock(now)
        self.folder = folder
        self.record_url = record_url
        self.config = Config(**({"port": 0, "admin_password": ADMIN_PASSWORD, "sweep_every_s": 0.05, "relay_every_s": 0.1, "has_trials": False, "digest_hour": -1} | settings))
        self.life = Life("recorder", self.clock)
        self._amqp_url, self._redis_url = amqp_url, redis_url
        self._pki_folder = pki_folder
        self._addresses: dict[str, tuple[str, int]] = {}
        self._stack = AsyncExitStack()
        self._recorder: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        enter, log, redis = self._stack.enter_async_context, Log("house"), self._redis_url or "memory:"
        queue_url = self._amqp_url or f"file://{self.folder / 'queue'}"
        self.queue = FailingQueue(await enter(open_queue(queue_url, "recorder", QUEUES, self.clock, log, None)))
        self.topics: Topics = await enter(open_topics(redis, "recorder", self.clock, log, None))
        self.state: Cache = await enter(open_cache(redis, "recorder", self.clock, log, None))
        self.backbone = await self.of("recorder")
        self.frontend = await self.of("frontend")
        self.asserter = Asserter(self.frontend.credentials)
        self.store = Store(self.record_url, self.backbone.credentials)
        self.store.clock = self.clock
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.kill()
        await self.store.record.close()
        await self._stack.aclose()

    async def of(self, service: str) -> Backbone:
        """Another service's hold on the house."""
        log, metrics = Log(service), Metrics(service, (*MESH_METRICS, *(METRICS if service == "recorder" else ())))
        credentials = await asyncio.to_thread(Credentials.load, self._pki_folder, service)
        peers = await self._stack.enter_async_context(Peers(service, credentials, self._addresses, metrics, log))
        return Backbone(
            service=service, clock=self.clock, credentials=credentials, log=log, metrics=metrics, queue=self.queue, topics=self.topics,
            cache=self.state, state=self.state, record_url=self.record_url, replica_url=self.record_url,
            folder=self.folder / service, addresses=self._addresses, peers=peers,
        )  # fmt: skip

    # ── the recorder ──

    async def start(self, *, is_ready: bool = True) -> None:
        self.life = Life("recorder", self.clock)
        self._recorder = asyncio.create_task(run(self.config, self.backbone, self.life))
        ready = asyncio.create_task(self.life.until_ready())
        if is_ready:
            await asyncio.wait({ready, self._recorder}, timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._recorder.done():
            await self._recorder
        assert self.life.is_ready == is_ready

    async def stop(self) -> None:
        """As the supervisor does: asks it to leave and waits."""
        assert self._recorder is not None
        await self.life.begin_stop()
        async with asyncio.timeout(LIMIT_S):
            await self._recorder
        self._recorder = None

    async def kill(self) -> None:
        """Cuts it off in the middle of whatever it does."""
        if self._recorder is not None:
            self._recorder.cancel()
            await asyncio.wait({self._recorder})
            self._recorder = None

    # ── what others ask of it ──

    def signed(self, command: Command) -> Command:
        """With the frontend's word for it; a service speaks for itself."""
        if command.actor.startswith("service:"):
            return command
        return replace(command, assertion=self.asserter.sign(command.actor, command.id, command.at, 60.0, {"body": digest_of(command.body)}))

    async def call(self, command: Command, *, of: Backbone | None = None, timeout_s: float | None = None) -> Outcome:
        return await (of or self.frontend).peer("recorder").call(RECORDER_APPLY, self.signed(command), timeout_s)

    async def publish(self, *commands: Command) -> None:
        for command in commands:
            await self.queue.publish(COMMANDS.name, Message(command.id, encode(self.signed(command)), correlation=command.correlation))

    async def settle(self) -> None:
        """The small contest, and everything about it told."""
        boards = [scoreboard_topic("finals", audience) for audience in Audience]
        async with self.hearing(*boards) as ear:
            for command in settled_world():
                by_admin = replace(command, actor="admin") if command.actor == "service:recorder" else command
                outcome = await self.call(by_admin)
                assert outcome.is_applied, outcome
            for _ in boards:  # told last: from here on, what a test hears is its own doing
                await ear.board(outcome.seq)

    # ── what the test sees ──

    async def until(self, is_so: Callable[[], Any], what: str) -> None:
        """Waits, bounded, until something is so; ``is_so`` may be a coroutine function."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while True:
                    found = is_so()
                    if await found if asyncio.iscoroutine(found) else found:
                        return
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never: {what}") from None

    async def until_settled(self, *commands: Command) -> None:
        """Every command has its outcome and the queue holds none."""
        ids = {command.id for command in commands}

        async def is_settled() -> bool:
            found = {row["id"] for row in await self.store.all(rows.Settled)}
            depth = await self.queue.depth(COMMANDS.name)
            return ids <= found and depth.ready + depth.unacknowledged + depth.waiting == 0

        await self.until(is_settled, "every command settled and acknowledged")

    async def work(self, count: int, priority: str = "contest", limit_s: float = LIMIT_S) -> list[JudgeSubmission]:
        """Takes that many messages off a submission queue, and acknowledges them."""
        taken: list[JudgeSubmission] = []
        async with asyncio.timeout(limit_s), self.queue.consumer(SUBMISSIONS[priority].name) as consumer:
            while len(taken) < count:
                for delivery in await consumer.take(count - len(taken)):
                    work = decode(JudgeSubmission, delivery.message.body)
                    assert delivery.message.id == work.run, "the message's id is the run's"
                    taken.append(work)
                    await delivery.ack()
        return taken

    @asynccontextmanager
    async def hearing(self, *topics: str) -> AsyncIterator[Ear]:
        async with self.topics.subscribe() as subscription:
            await subscription.follow(*topics)
            yield Ear(subscription)

    async def health(self) -> dict[str, str]:
        return await self.life.examine()


class Ear:
    """Hears news as they come."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def next(self, kind: str = "") -> tuple[str, dict[str, Any]]:
        """The next of a kind: its topic and body."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                news = await self._subscription.next()
                assert isinstance(news, News)
                told = decode(dict[str, Any], news.body)
                if not kind or told["kind"] == kind:
                    return news.topic, told["body"]

    async def board(self, version: int) -> dict[str, Any]:
        """The news of a board at that version, or at the first one after it."""
        while True:
            _, told = await self.next("scoreboard")
            if told["version"] >= version:
                return told
