"""Owns the figure that says how fast this machine is: a fixed piece of work in a box, against a reference. Never changes a limit by it."""

from __future__ import annotations

import asyncio
import os

from contest.limits import MIB, Limits
from services.runner.sandbox.boxinit import compiled
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.rootfs import PROGRAM

REFERENCE_MS = 33.0
"""What the work takes on the machine of benchmarks/report.md, the best of many tries on an idle core."""

TRIES = 3
_LIMITS = Limits(cpu_ms=10_000, wall_ms=20_000, memory_bytes=64 * MIB)


async def measured_speed(pool: BoxPool, core: int | None = None) -> float:
    """How fast this machine is, 1 as the reference, 2 twice as fast: by the best of a few tries. Raises: `BoxLost`."""
    program = await asyncio.to_thread(compiled, "speed", pool.sandbox.folder / "programs")
    fd = os.open(program, os.O_RDONLY | os.O_CLOEXEC)
    try:
        best_ns = min([await _timed(pool, fd, core) for _ in range(TRIES)])
    finally:
        os.close(fd)
    return round(REFERENCE_MS * 1_000_000 / best_ns, 3)


async def _timed(pool: BoxPool, program: int, core: int | None) -> int:
    """CPU time in nanoseconds."""
    async with pool.box() as box:
        await box.put(f"{PROGRAM}/speed", program, 0o555)
        execution = await box.execute(Job((f"{PROGRAM}/speed",), _LIMITS, core=core, purpose="speed"))
    execution.output.close()
    if execution.verdict is not None:
        raise BoxLost(f"the piece of work that tells the speed failed: {execution.detail}")
    return max(execution.cpu_ns, 1)
