"""A recorder as a process of its own, to be killed: ``python -m tests.services.recorder.process FOLDER PKI URL FAULT``.

FAULT: ``none``; ``ack`` dies by its own SIGKILL between a commit and its acknowledgement; ``relay`` between a commit and the
publishing of its work; ``sent`` between the publishing and the deletion of the row; ``filling`` after each part of a set of rejudges; ``phase`` between two marks of the job that
tells phases, by the signal that the file FOLDER/../doomed names, if it is still there: then it takes it along. Ends by itself when all work is done; with
``phase`` it goes by the real clock, and stays.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from mesh.clock import SystemClock
from services.recorder import rows
from services.recorder.intake import Intake
from services.recorder.outlet import Outlet
from services.recorder.relay import Relay
from services.recorder.schedule.filling import Filling, Step
from services.recorder.schedule.ledger import Fence
from services.recorder.schedule.phases import Boundary, Phases
from tests.services.recorder.world import World
from wire.queues import COMMANDS


async def _die(*_: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def arm(fault: str) -> None:
    match fault:
        case "ack":
            Intake.acknowledge = _acknowledge  # type: ignore[method-assign]  # a fault
        case "relay":
            Outlet.send = _die  # type: ignore[method-assign]  # a fault
        case "sent":
            Relay._forget = _die  # type: ignore[method-assign]  # a fault
        case "filling":
            Filling._ask = _ask_and_die  # type: ignore[method-assign]  # a fault
        case "phase":
            Phases._mark = _mark_and_die  # type: ignore[method-assign]  # a fault


_mark = Phases._mark
_doomed = Path()


async def _mark_and_die(self: Phases, one: Boundary) -> None:
    await _mark(self, one)
    if _doomed.exists():
        fate = _doomed.read_text()
        _doomed.unlink()
        os.kill(os.getpid(), signal.Signals[fate])


_ask = Filling._ask


async def _ask_and_die(self: Filling, step: Step, fence: Fence) -> None:
    """Between the commit of a part of a set and its publishing, if the relay is not faster."""
    await _ask(self, step, fence)
    await _die()


async def _acknowledge(self: Intake) -> None:
    await self._has_settled.wait()
    await _die()


async def main(folder: str, pki: str, url: str, fault: str) -> None:
    global _doomed  # noqa: PLW0603  one process, one fault
    _doomed = Path(folder).parent / "doomed"
    arm(fault)
    world = World(Path(folder), Path(pki), url, lease_s=1.0)
    if fault == "phase":
        world.clock = SystemClock()  # type: ignore[assignment]  # by which contests begin
    async with world:
        await world.start()
        print("ready", flush=True)
        if fault == "phase":
            await asyncio.sleep(math.inf)

        async def is_done() -> bool:
            depth = await world.queue.depth(COMMANDS.name)
            is_empty = depth.ready + depth.unacknowledged + depth.waiting == 0 and await world.store.count(rows.Work) == 0
            return is_empty and all(row["filled"] == row["count"] for row in await world.store.all(rows.Rejudging))

        await world.until(is_done, "everything done")
        await world.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
