"""A gitserver's inner parts without its door: what brings packages, and a way to die at a chosen step of it.

``python -m tests.services.gitserver.bench START ZIP`` imports the zip as ``sum`` in copies of a folder, START-1, START-2, …,
each by a process that kills itself (-9) before the step of that number (a git process, a rename, a mark), until one lives.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.clock import SystemClock
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.queue import Queue
from mesh.queue.opening import open_queue
from mesh.rpc.contract import Call
from services.gitserver.acceptance import Acceptance
from services.gitserver.announcer import Announcer
from services.gitserver.archive import Bounds
from services.gitserver.git import Git, open_git
from services.gitserver.intake import Intake
from services.gitserver.library import Library
from services.gitserver.metrics import METRICS
from services.gitserver.shelf import Shelf, open_shelf
from wire.problems import ImportAnswer, ImportRequest
from wire.queues import QUEUES


@dataclass
class Bench:
    shelf: Shelf
    library: Library
    announcer: Announcer
    intake: Intake
    queue: Queue

    async def bring(self, content: bytes, alias: str = "sum", owner: str = "ada") -> ImportAnswer:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await self.intake.import_zip(ImportRequest(alias, owner), Call("frontend", 0.0, "", "gitserver.import"), chunks())


@asynccontextmanager
async def a_bench(folder: Path, wrap: Callable[[Queue], Queue] = lambda queue: queue) -> AsyncIterator[Bench]:
    """The parts on a folder, with the durable file queue beside it."""
    clock, log, metrics, bounds = SystemClock(), Log("gitserver"), Metrics("gitserver", METRICS), Bounds()
    async with AsyncExitStack() as stack:
        queue = wrap(await stack.enter_async_context(open_queue(f"file://{folder / 'queue'}", "gitserver", QUEUES, clock, log, None)))
        git = await stack.enter_async_context(open_git("git", processes=4, limit_s=60))
        shelf = await stack.enter_async_context(open_shelf(folder / "problems", git))
        library = Library(shelf, git)
        announcer = Announcer(shelf, library, queue, clock=clock, log=log, waiting=metrics.gauge("unannounced_problems"), retry_s=0.05)
        acceptance = Acceptance(shelf, library, announcer, clock, bounds)
        yield Bench(shelf, library, announcer, Intake(shelf, acceptance, bounds, metrics, log), queue)


def dying_at(step: int) -> None:
    """From now on every step of an import is counted, and the chosen one is never begun."""
    left = [step]

    def before(holder: Any, name: str) -> None:
        usual = getattr(holder, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return usual(*arguments, **named)

        setattr(holder, name, counted)

    for holder, name in ((Git, "_place"), (Path, "rename"), (Path, "touch"), (Path, "unlink")):
        before(holder, name)


async def one_import(folder: Path, archive: Path, step: int) -> None:
    async with a_bench(folder) as bench:
        dying_at(step)
        await bench.bring(archive.read_bytes())


def main(start: Path, archive: Path) -> None:
    step, status = 0, -1
    while status != 0:
        step += 1
        folder = start.with_name(f"{start.name}-{step}")
        shutil.copytree(start, folder)
        child = os.fork()
        if child == 0:
            asyncio.run(one_import(folder, archive, step))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in {0, -signal.SIGKILL}, status


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
