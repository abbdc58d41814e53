"""A small house for tests of calls: one door (grader), callers by name, methods of the tests' own."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Peer, Peers, RpcServer
from mesh.rpc.admission import Limits
from mesh.tls import Credentials


class Shape(enum.StrEnum):
    CALL = "call"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    PASS = "pass"


@dataclass(frozen=True)
class Row:
    """A row of a table of methods, as mesh sees it."""

    name: str
    request: type[Any]
    response: type[Any]
    callers: frozenset[str] = frozenset({"frontend", "runner"})
    is_idempotent: bool = True
    timeout_s: float = 5.0
    patience_s: float = 0.0
    max_bytes: int = 1 << 20
    shape: Shape = Shape.CALL


@dataclass(frozen=True)
class Word:
    text: str = ""
    number: int = 0


@dataclass
class House:
    """Addresses that are shared, and everything that was opened."""

    folder: Path
    addresses: dict[str, tuple[str, int]] = field(default_factory=dict)
    metrics: dict[str, Metrics] = field(default_factory=dict)
    credentials: dict[str, Credentials] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def metrics_of(self, service: str) -> Metrics:
        if service not in self.metrics:
            self.metrics[service] = Metrics(service, MESH_METRICS)
        return self.metrics[service]

    def door(self, service: str = "grader", *, limits: Limits | None = None, wants_certificate: bool = True) -> RpcServer:
        return RpcServer(
            service=service, credentials=self.credentials[service], addresses=self.addresses, host="127.0.0.1", port=0,
            life=Life(service), metrics=self.metrics_of(service), log=Log(service), limits=limits, wants_certificate=wants_certificate,
        )  # fmt: skip

    async def caller(self, service: str = "frontend", to: str = "grader") -> Peer:
        peers = await self.stack.enter_async_context(
            Peers(service, self.credentials[service], self.addresses, self.metrics_of(service), Log(service))
        )
        return peers.peer(to)

    def count(self, service: str, name: str, **labels: str) -> float:
        metrics = self.metrics_of(service)
        found = metrics._registry.get_sample_value(f"palestra_{service}_{name}", labels)
        return found or 0.0


@asynccontextmanager
async def house_of(folder: Path) -> AsyncIterator[House]:
    house = House(folder)
    for name in ("frontend", "runner", "grader", "recorder", "broadcaster"):
        house.credentials[name] = await asyncio.to_thread(Credentials.load, folder, name)
        house.credentials[name].show(house.metrics_of(name))
    async with house.stack:
        yield house
