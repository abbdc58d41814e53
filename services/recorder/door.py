"""Owns the recorder's door for calls, and the last things before it leaves. Never applies a command itself."""

from __future__ import annotations

import asyncio

from mesh.log import Log
from mesh.rpc.contract import Call
from mesh.rpc.server import RpcServer
from services.recorder.intake import Intake
from services.recorder.loop import CommandLoop
from services.recorder.orders import serve_orders
from services.recorder.record import Record
from services.recorder.seal import Seal
from services.recorder.teller import Teller
from services.recorder.trust import Trust
from wire.commands import Command, Outcome
from wire.methods import RECORDER_APPLY

LEAVE_LIMIT_S = 8.0


def serve(server: RpcServer, loop: CommandLoop, trust: Trust, record: Record, seal: Seal, log: Log) -> None:  # noqa: PLR0917 (what the door leads to)
    """Shows ``recorder.apply``, the outcome of a command after its commit (a refusal is an outcome, not an error), and ``recorder.delivery``."""

    async def apply(command: Command, call: Call) -> Outcome:
        trust.check(command, call.peer)
        return await loop.call(command)

    server.serve(RECORDER_APPLY, apply)
    serve_orders(server, record, seal, log)


async def flush(loop: CommandLoop, intake: Intake, teller: Teller, log: Log) -> None:
    """Finishes what is held: commits it, acknowledges it, tells it. What does not fit into the time comes back by its queue."""
    try:
        async with asyncio.timeout(LEAVE_LIMIT_S):
            await loop.drained()
            await intake.flushed()
            await teller.flushed()
    except TimeoutError:
        log.warning("left-unfinished", limit_s=LEAVE_LIMIT_S)
