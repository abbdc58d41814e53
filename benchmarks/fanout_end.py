"""A server of the fan-out benchmark: ``raw`` is asyncio's own ``transport.write``, ``ours`` the broadcaster with tickets, topics and bounds.

Both are plain TCP, as behind a gateway. Each command publishes news so often; the answer is when it began.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from benchmarks.processes import obey
from mesh.assertion import Asserter, Verifier
from mesh.clock import SystemClock
from mesh.codec import encode
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Call
from mesh.startup import freeze_memory, loop_factory, warm_memory
from mesh.tls import Credentials
from mesh.topics import News
from mesh.topics.memory import MemoryTopics
from pki.registrar import Registrar
from pki.store import Store
from services.broadcaster.config import Config
from services.broadcaster.doors import Doors
from services.broadcaster.frames import news_frames
from services.broadcaster.hub import Hub
from services.broadcaster.metrics import METRICS
from wire.news import Headline

TOPIC = "scoreboard:finals:public"
ROWS = [{"username": f"team{n:03}", "place": n, "solved": 7, "penalty_s": n * 37, "cells": [{"label": "G", "state": "solved"}]} for n in range(20)]
BODY = encode(Headline("scoreboard", "2026-01-31T12:00:00.000Z", {"rows": ROWS, "pad": ""}))
BODY = BODY.replace(b'"pad":""', b'"pad":"%s"' % (b"x" * (2048 - len(BODY))))
SAMPLE = news_frames(News(TOPIC, "1795311937013-0", BODY))
OPENING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def resident_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def raw() -> None:
    assert SAMPLE is not None
    transports: set[asyncio.Transport] = set()
    frame = SAMPLE.ws

    class Line(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            if self.transport not in transports:
                self.transport.write(OPENING)
                transports.add(self.transport)

    async def publish(command: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic_ns()
        for _ in range(command.get("times", 1)):
            for transport in transports:
                transport.write(frame)
        return {"began": began, "resident_kb": resident_kb()}

    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", 0, backlog=4096)
    freeze_memory()
    await obey({"port": server.sockets[0].getsockname()[1], "bytes": len(frame), "path": "/"}, publish)


async def ours() -> None:
    assert SAMPLE is not None
    with tempfile.TemporaryDirectory() as folder:
        Registrar(Store(Path(folder))).bootstrap(["frontend", "broadcaster"])
        clock, metrics, log = SystemClock(), Metrics("broadcaster", (*MESH_METRICS, *METRICS)), Log("broadcaster")
        ticket = Asserter(Credentials.load(Path(folder), "frontend")).sign("ana", "events", datetime.now(UTC), 3600, {"topics": [TOPIC]})
        topics = MemoryTopics(clock)
        hub = Hub(topics, Config(ping_s=600, slow_limit_s=600), clock, metrics, log)
        doors = Doors(hub, Verifier(Credentials.load(Path(folder), "broadcaster")), clock, metrics)

    async def listen(request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)
        return await doors.listen(request, Call("gateway", 0.0, "", "", "ws"))

    def made(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.Request:
        return web.Request(message, payload, protocol, writer, task, asyncio.get_running_loop(), client_max_size=0)

    async def publish(command: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic_ns()
        for number in range(command.get("times", 1)):
            await topics.publish([(TOPIC, BODY)])
            if number % 10 == 9:
                await asyncio.sleep(0.002)
        return {"began": began, "resident_kb": resident_kb()}

    runner = web.ServerRunner(web.Server(listen, request_factory=made, handler_cancellation=True, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    async with hub.hearing():
        freeze_memory()
        await obey({"port": site.port, "bytes": len(SAMPLE.ws), "path": f"/?ticket={ticket}"}, publish)


def main() -> None:
    kind, loop = sys.argv[1:]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    socket.setdefaulttimeout(None)
    warm_memory()
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(raw() if kind == "raw" else ours())


if __name__ == "__main__":
    main()
