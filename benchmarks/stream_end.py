"""One end of the stream benchmark: ``server`` or ``client`` of our layer, over mutual TLS, ``asyncio`` or ``uvloop``."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from benchmarks.processes import obey
from benchmarks.rpc_end import Question, Row
from mesh.life import Life
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Call, Download, Peers, RpcServer
from mesh.startup import freeze_memory, loop_factory, warm_memory
from mesh.tls import Credentials

TOTAL = 64 << 20
PIECE = bytes(256 * 1024)
METHOD = Row(name="grader.blob", request=Question, response=Question, shape="download", timeout_s=60)


async def pieces() -> AsyncIterator[bytes]:
    for _ in range(TOTAL // len(PIECE)):
        yield PIECE


async def serve(folder: Path) -> None:
    async def blob(_request: Question, _call: Call) -> Download:
        return Download(TOTAL, pieces())

    async def nothing(_command: dict[str, Any]) -> None:
        return None

    door = RpcServer(
        service="grader", credentials=Credentials.load(folder, "grader"), addresses={}, host="127.0.0.1", port=0,
        life=Life("grader"), metrics=Metrics("grader", MESH_METRICS), log=Log("grader"),
    )  # fmt: skip
    door.serve_download(METHOD, blob)
    async with door.listening():
        freeze_memory()
        await obey(door.port, nothing)


async def fetch(folder: Path, port: int) -> None:
    credentials = Credentials.load(folder, "frontend")
    metrics = Metrics("frontend", MESH_METRICS)
    async with Peers("frontend", credentials, {"grader": ("127.0.0.1", port)}, metrics, Log("frontend")) as peers:

        async def act(_command: dict[str, Any]) -> float:
            began, count = time.perf_counter(), 0
            async with peers.peer("grader").download(METHOD, Question()) as stream:
                async for chunk in stream:
                    count += len(chunk)
            assert count == TOTAL
            return TOTAL / 1e6 / (time.perf_counter() - began)

        await obey("ready", act)


def main() -> None:
    side, loop, folder, *port = sys.argv[1:]
    warm_memory()
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(serve(Path(folder)) if side == "server" else fetch(Path(folder), int(port[0])))


if __name__ == "__main__":
    main()
