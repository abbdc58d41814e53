"""Owns standing by: while a slot works on what nobody waits for, every other grader may call it. Never judges, never gives work up by itself.

A line carries no order, only the word that something urgent waits there: so it may be broken off at any moment, and nothing is lost.
Who is told ends the case that runs, hands back to the grader whose run it was, and asks first the one that called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mesh.errors import MeshError
from mesh.log import Log
from mesh.rpc.client import Peer
from services.runner.graders import MOST_PAUSE_S, Graders, Order
from services.runner.pause import Pause
from wire.judging import ClaimRequest
from wire.methods import GRADER_STANDBY

LOOK_S = 20.0
"""So often it is looked whether another grader has come."""

LEAST_LINE_S = 1.0
"""A line that was answered is opened again no sooner: the case that runs may take a while."""


async def standing_by(graders: Graders, taken: Order, ask: Callable[[], ClaimRequest], hear: Callable[[Peer], None], log: Log) -> None:
    """Stands by for every grader but the one whose order was taken, until it is cancelled; ``hear`` is told who calls, as often as it does."""
    standing: dict[Peer, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as lines:
        while True:
            for grader in await graders.places():
                if grader is not taken.grader and grader not in standing:
                    standing[grader] = lines.create_task(_stand(grader, ask, hear, log))
            await asyncio.sleep(LOOK_S)


async def _stand(grader: Peer, ask: Callable[[], ClaimRequest], hear: Callable[[Peer], None], log: Log) -> None:
    pause = Pause(MOST_PAUSE_S)
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            answer = await grader.call(GRADER_STANDBY, ask())
        except MeshError as failed:
            log.debug("standby-failed", code=failed.code)
            await pause.after(failed)
            continue
        pause.reset()
        if answer.give_way:
            hear(grader)
        await asyncio.sleep(max(0.0, LEAST_LINE_S - (loop.time() - began)))
