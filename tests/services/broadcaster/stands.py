"""A broadcaster with a door of its own, a frontend that hands browsers on, and browsers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from mesh.assertion import Asserter, Verifier
from mesh.clock import SystemClock
from mesh.codec import encode
from mesh.errors import MeshError
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Peers, RpcServer
from mesh.tls import Credentials
from mesh.topics import Topics
from services.broadcaster.config import Config
from services.broadcaster.doors import Doors
from services.broadcaster.hub import Hub
from services.broadcaster.metrics import METRICS
from wire.methods import BROADCASTER_EVENTS
from wire.news import Headline


def headline(number: int, size: int = 0) -> bytes:
    return encode(Headline("progress", "2026-01-31T12:00:00.000Z", {"number": number, "pad": "x" * size}))


@dataclass
class Stand:
    """Everything at hand: publish by ``topics``, listen at ``url``."""

    hub: Hub
    topics: Topics
    url: str
    asserter: Asserter
    metrics: Metrics
    session: aiohttp.ClientSession

    def ticket(self, *topics: str, life_s: float = 60, about: str = "events") -> str:
        return self.asserter.sign("ana", about, datetime.now(UTC), life_s, {"topics": list(topics)})

    async def tell(self, topic: str, *numbers: int, size: int = 0) -> None:
        await self.topics.publish([(topic, headline(number, size)) for number in numbers])

    def count(self, name: str, **labels: str) -> float:
        return self.metrics._registry.get_sample_value(f"palestra_broadcaster_{name}", labels) or 0.0

    @asynccontextmanager
    async def browser(self, *topics: str, life_s: float = 60, tail: str = "ws", **query: Any) -> AsyncIterator[Browser]:
        params = {"ticket": self.ticket(*topics, life_s=life_s), **query}
        before = len(self.hub.upkeep.listeners)
        async with self.session.ws_connect(f"{self.url}/{tail}", params=params, max_msg_size=0) as socket:
            browser = Browser(socket)
            async with asyncio.timeout(5):
                while len(self.hub.upkeep.listeners) <= before or any(one.held is not None for one in self.hub.upkeep.listeners):
                    await asyncio.sleep(0.005)
            yield browser


class Browser:
    """One WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def message(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            message = await self.socket.receive()
        assert message.type == WSMsgType.TEXT, message
        return json.loads(message.data)

    async def numbers(self, count: int) -> list[int]:
        return [(await self.message())["body"]["number"] for _ in range(count)]

    async def silence(self) -> None:
        try:
            async with asyncio.timeout(0.15):
                raise AssertionError(await self.socket.receive())
        except TimeoutError:
            pass

    async def farewell(self) -> tuple[int, str]:
        async with asyncio.timeout(8):
            while (message := await self.socket.receive()).type == WSMsgType.TEXT:
                pass
        assert message.type == WSMsgType.CLOSE, message
        return message.data, message.extra


@asynccontextmanager
async def stand_on(topics: Topics, folder: Path, config: Config | None = None, *, is_direct: bool = False) -> AsyncIterator[Stand]:
    """A broadcaster on these topics. Browsers come through a frontend, or (``is_direct``) to a door without TLS."""
    config, clock = replace(config or Config(), port=0), SystemClock()
    mine, theirs = await asyncio.gather(*(asyncio.to_thread(Credentials.load, folder, name) for name in ("broadcaster", "frontend")))
    metrics = Metrics("broadcaster", (*MESH_METRICS, *METRICS))
    hub = Hub(topics, config, clock, metrics, Log("broadcaster"))
    doors = Doors(hub, Verifier(mine), clock, metrics)
    addresses: dict[str, tuple[str, int]] = {}
    server = RpcServer(
        service="broadcaster", credentials=mine, addresses=addresses, host="127.0.0.1", port=0, life=Life("broadcaster"),
        metrics=metrics, log=Log("broadcaster"),
    )  # fmt: skip
    doors.show(server)
    front = Metrics("frontend", MESH_METRICS)
    async with (
        server.listening(),
        hub.hearing(),
        Peers("frontend", theirs, addresses, front, Log("frontend")) as peers,
        _frontend(peers, doors, is_direct=is_direct) as url,
        aiohttp.ClientSession() as session,
    ):
        yield Stand(hub, topics, url, Asserter(theirs), metrics, session)


@asynccontextmanager
async def _frontend(peers: Peers, doors: Doors, *, is_direct: bool) -> AsyncIterator[str]:
    async def events(request: web.Request) -> web.StreamResponse:
        tail = request.match_info["tail"]
        try:
            if is_direct:
                from mesh.rpc import Call

                return await doors.listen(request, Call("gateway", 0, "", "", tail))
            return await peers.peer("broadcaster").pass_on(BROADCASTER_EVENTS, request, tail)
        except MeshError as wrong:
            return web.json_response(wrong.as_object(), status=wrong.status)

    application = web.Application()
    application.router.add_get("/events/{tail:.*}", events)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site.port}/events"
    finally:
        await runner.cleanup()


def ids(messages: Sequence[dict[str, Any]]) -> list[str]:
    return [message["id"] for message in messages]
