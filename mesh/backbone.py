"""Owns what a service leans on, gathered in one value, and what the services of one process share. Never knows a message."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mesh.cache import Cache
from mesh.cache.counted import CountedCache
from mesh.cache.opening import open_cache
from mesh.clock import Clock
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics, MetricSpec
from mesh.queue import Declaration, Queue
from mesh.queue.absent import NoQueue
from mesh.queue.counted import CountedQueue
from mesh.queue.opening import open_queue
from mesh.rpc.client import Peer, Peers
from mesh.rpc.server import RpcServer
from mesh.settings import MeshConfig
from mesh.tasks import alongside
from mesh.tls import Credentials
from mesh.topics import Topics
from mesh.topics.counted import CountedTopics
from mesh.topics.opening import open_topics

Addresses = MutableMapping[str, tuple[str, int]]


@dataclass(slots=True)
class Backbone:
    """One service's hold on the mesh. Closed by whoever opened it, after the service has left."""

    service: str
    clock: Clock
    credentials: Credentials
    log: Log
    metrics: Metrics
    queue: Queue
    topics: Topics
    cache: Cache
    state: Cache
    record_url: str
    replica_url: str
    folder: Path
    addresses: Addresses
    peers: Peers
    fresh_url: str = ""

    def peer(self, name: str) -> Peer:
        """A line to another service, pinned to its name."""
        return self.peers.peer(name)

    async def refusals(self) -> str:
        """What Redis refuses this service, each said once; empty when nothing. For the health detail."""
        said = [await store.refusals() for store in (self.state, self.topics, self.cache)]
        return "; ".join(dict.fromkeys(filter(None, said)))

    def server(self, host: str, port: int, life: Life, *, wants_certificate: bool = True) -> RpcServer:
        """A door for other services; port 0 takes a free one. Its health detail tells of the queues."""
        life.watch("queue", self._fault_of_queue)
        return RpcServer(
            service=self.service, credentials=self.credentials, addresses=self.addresses, host=host, port=port,
            life=life, metrics=self.metrics, log=self.log, wants_certificate=wants_certificate,
        )  # fmt: skip

    async def _fault_of_queue(self) -> str:
        return await self.queue.health() or await self.queue.refusal()


class House:
    """What the services of one process share: the embedded queue, topics and cache, and each other's addresses.

    Servers of others (RabbitMQ, Redis) are opened by each service for itself, with its own certificate.
    """

    def __init__(self, config: MeshConfig, declarations: Sequence[Declaration], clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.addresses: Addresses = config.addresses()
        self._declarations = declarations
        self._stack = AsyncExitStack()
        self._queue: Queue | None = None
        self._topics: Topics | None = None
        self._caches: dict[str, Cache] = {}

    async def __aenter__(self) -> Self:
        config, log, enter = self.config, Log("house"), self._stack.enter_async_context
        if _is_embedded(config.queue):
            self._queue = await enter(open_queue(config.queue, "house", self._declarations, self.clock, log, None))
        if _is_embedded(config.topics_url):
            self._topics = await enter(open_topics(config.topics_url, "house", self.clock, log, None))
        for url in {config.cache_url, config.state}:
            if _is_embedded(url):
                self._caches[url] = await enter(open_cache(url, "house", self.clock, log, None))
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def backbone(self, service: str, specs: Iterable[MetricSpec]) -> AsyncIterator[Backbone]:
        """Opens everything one service leans on, for as long as it runs."""
        config, clock, log = self.config, self.clock, Log(service)
        metrics = Metrics(service, (*MESH_METRICS, *specs))
        folder = config.path / service
        folder.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            credentials = await enter(Credentials.watched(config.pki_path, service, metrics, log))
            topics = self._topics
            if topics is None:
                topics = await enter(open_topics(config.topics_url, service, clock, log, credentials))
            caches = dict(self._caches)
            for url in {config.cache_url, config.state} - set(caches):
                caches[url] = await enter(open_cache(url, service, clock, log, credentials))
            inner = self._queue
            if inner is None and not any(service in each.publishers | each.consumers for each in self._declarations):
                inner = NoQueue(service)
            if inner is None:
                state = caches[config.state]
                inner = await enter(open_queue(config.queue, service, self._declarations, clock, log, credentials, state))
            queue = CountedQueue(inner, metrics)
            await enter(alongside(queue.watch([each.name for each in self._declarations if service in each.consumers])))
            peers = await enter(Peers(service, credentials, self.addresses, metrics, log))
            yield Backbone(
                service=service, clock=clock, credentials=credentials, log=log, metrics=metrics, queue=queue,
                topics=CountedTopics(topics, metrics), cache=CountedCache(caches[config.cache_url], metrics, "cache"),
                state=CountedCache(caches[config.state], metrics, "state"), record_url=config.record,
                replica_url=config.replica, fresh_url=config.fresh_url, folder=folder, addresses=self.addresses, peers=peers,
            )  # fmt: skip


def _is_embedded(url: str) -> bool:
    return url.startswith(("file:", "memory:"))
