"""One end of the RPC benchmark: ``server`` or ``client``, ``plain``, ``mtls`` or ``ours``, ``asyncio`` or ``uvloop``."""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from benchmarks.processes import obey
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Call, Peers, RpcServer
from mesh.startup import freeze_memory, loop_factory, warm_memory
from mesh.tls import Credentials

ANSWER = {
    "submission": "9f1c8a52-4b0e-4a57-9d3b-6a5e0c7d1f21", "verdict": "WA", "time_ms": 812, "memory_kb": 41232,
    "cases": [{"id": i, "v": "AC" if i < 13 else "WA", "ms": 13 * i + 7, "kb": 40000 + i} for i in range(14)], "message": "x" * 333,
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    submission: str = "9f1c8a52-4b0e-4a57-9d3b-6a5e0c7d1f21"
    contest: str = "2026-regional-north"
    problem: str = "G"
    team: int = 4821
    language: str = "cpp"
    tests: int = 47
    attempt: int = 3
    trace: str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Row:
    name: str = "grader.echo"
    callers: frozenset[str] = frozenset({"frontend"})
    request: type[Any] = Question
    response: type[Any] = dict[str, Any]
    is_idempotent: bool = True
    timeout_s: float = 10.0
    max_bytes: int = 1 << 20
    shape: str = "call"
    patience_s: float = 0.0


METHOD = Row()


def bare_context(folder: Path, side: str) -> ssl.SSLContext:
    """Mutual TLS as anybody would set it up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    name = "grader" if side == "server" else "frontend"
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


async def serve(kind: str, folder: Path) -> None:
    async def echo(_request: Question, _call: Call) -> dict[str, Any]:
        return ANSWER

    async def bare(request: web.Request) -> web.Response:
        orjson.loads(await request.read())
        return web.Response(body=orjson.dumps(ANSWER), content_type="application/json")

    async def nothing(_command: dict[str, Any]) -> None:
        return None

    if kind == "ours":
        door = RpcServer(
            service="grader", credentials=Credentials.load(folder, "grader"), addresses={}, host="127.0.0.1", port=0,
            life=Life("grader"), metrics=Metrics("grader", MESH_METRICS), log=Log("grader"),
        )  # fmt: skip
        door.serve(METHOD, echo)
        async with door.listening():
            freeze_memory()
            await obey(door.port, nothing)
        return
    application = web.Application()
    application.router.add_post("/rpc/grader.echo", bare)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=bare_context(folder, "server") if kind == "mtls" else None)
    await site.start()
    freeze_memory()
    await obey(site.port, nothing)
    await runner.cleanup()


async def call(kind: str, folder: Path, port: int) -> None:
    if kind == "ours":
        metrics = Metrics("frontend", MESH_METRICS)
        credentials = Credentials.load(folder, "frontend")
        async with Peers("frontend", credentials, {"grader": ("127.0.0.1", port)}, metrics, Log("frontend")) as peers:
            peer = peers.peer("grader")

            async def ask() -> None:
                await peer.call(METHOD, Question())

            await obey("ready", lambda command: load(ask, **command))
        return
    context = bare_context(folder, "client") if kind == "mtls" else None
    connector = aiohttp.TCPConnector(limit=0, ssl=context) if context else aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"{'https' if context else 'http'}://127.0.0.1:{port}/rpc/grader.echo"
        pinned = {"server_hostname": "grader"} if context else {}
        headers = {"Content-Type": "application/json"}

        async def ask() -> None:
            async with session.post(url, data=orjson.dumps(Question()), headers=headers, **pinned) as answer:  # type: ignore[arg-type]
                orjson.loads(await answer.read())

        await obey("ready", lambda command: load(ask, **command))


async def load(ask: Any, at_once: int, seconds: float) -> dict[str, float]:
    """So many callers for so long; calls a second, and their times in milliseconds."""
    times: list[float] = []
    ends = time.perf_counter() + seconds

    async def caller() -> None:
        while (began := time.perf_counter()) < ends:
            await ask()
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    took = time.perf_counter() - began
    times.sort()
    return {"calls": len(times), "rate": len(times) / took, "p50_ms": times[len(times) // 2] * 1000, "p99_ms": times[int(len(times) * 0.99)] * 1000}


def main() -> None:
    side, kind, loop, folder, *port = sys.argv[1:]
    warm_memory()
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(serve(kind, Path(folder)) if side == "server" else call(kind, Path(folder), int(port[0])))


if __name__ == "__main__":
    main()
