"""Owns the second-long proof that boxes isolate, limit, measure and end. Run at start; one failed line means: not ready."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass

from contest.limits import MIB, Limits
from contest.verdicts import Verdict
from services.runner.sandbox.boxinit import compiled
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.rootfs import PROGRAM

_LIMITS = Limits(cpu_ms=500, wall_ms=2_000, memory_bytes=96 * MIB, output_bytes=MIB, processes=16)
_UNHURRIED = dataclasses.replace(_LIMITS, cpu_ms=10_000, wall_ms=20_000)
"""For what ends by itself, however slow the machine is."""
_SPIN_MS, _SPIN_SLACK_MS = 50, 8
_TOUCH_MIB = 32
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the self-test: what is run and what must come of it. ``verify`` answers what is wrong, empty when nothing is.

    What measures has several ``tries``: a machine may be busy for a moment.
    """

    name: str
    arguments: tuple[str, ...]
    verdict: Verdict | None
    limits: Limits = _LIMITS
    verify: Callable[[Execution], str] = lambda _: ""
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """How one check went; ``wrong`` is empty when it went well."""

    name: str
    wrong: str


def _spun(execution: Execution) -> str:
    off_ms = execution.cpu_ns / 1e6 - _SPIN_MS
    return "" if -1 <= off_ms <= _SPIN_SLACK_MS else f"{_SPIN_MS} ms of CPU time were measured as {_SPIN_MS + off_ms:.1f} ms"


def _touched(execution: Execution) -> str:
    if not execution.memory_bytes:
        return ""  # a kernel without memory.peak: said in the capabilities
    off = execution.memory_bytes / MIB - _TOUCH_MIB
    return "" if 0 <= off <= 1 else f"{_TOUCH_MIB} MiB were measured as {_TOUCH_MIB + off:.2f} MiB"


CHECKS = (
    Check("isolation", ("look",), None, _UNHURRIED),
    Check("sleepers are ended", ("sleep",), Verdict.TLE, dataclasses.replace(_LIMITS, wall_ms=200)),  # early, since it only waits
    Check("CPU time is measured", ("spin", str(_SPIN_MS)), None, verify=_spun, tries=4),
    Check("memory is measured", ("touch", str(_TOUCH_MIB)), None, _UNHURRIED, verify=_touched, tries=4),
    Check("CPU time is limited", ("spin", "5000"), Verdict.TLE, dataclasses.replace(_LIMITS, cpu_ms=100)),
    Check("memory is limited", ("touch", "128"), Verdict.MLE, _UNHURRIED),
    Check("output is limited", ("flood",), Verdict.OLE, _UNHURRIED),
    Check("system calls are filtered", ("forbidden",), Verdict.RFE),
    Check("processes are limited", ("fork",), Verdict.TLE, dataclasses.replace(_LIMITS, cpu_ms=60, wall_ms=600, memory_bytes=512 * MIB)),
)


async def self_test(pool: BoxPool) -> tuple[Line, ...]:
    """Runs every check, two at a time, each in a box of its own. Raises: `BoxLost` when there are no boxes."""
    program = await asyncio.to_thread(compiled, "selftest", pool.sandbox.folder / "programs")
    fd = os.open(program, os.O_RDONLY | os.O_CLOEXEC)
    gate = asyncio.Semaphore(_AT_ONCE)
    try:
        return tuple(await asyncio.gather(*(_tried(pool, check, fd, gate) for check in CHECKS)))
    finally:
        os.close(fd)


async def _tried(pool: BoxPool, check: Check, program: int, gate: asyncio.Semaphore) -> Line:
    line = await _run(pool, check, program, gate)
    for _ in range(check.tries - 1):
        if not line.wrong:
            break
        line = await _run(pool, check, program, gate)
    return line


async def _run(pool: BoxPool, check: Check, program: int, gate: asyncio.Semaphore) -> Line:
    async with gate, pool.box() as box:
        try:
            await box.put(f"{PROGRAM}/selftest", program, 0o555)
            arguments = check.arguments if len(check.arguments) > 1 else (*check.arguments, str(int(not pool.sandbox.is_delegated)))
            execution = await box.execute(Job((f"{PROGRAM}/selftest", *arguments), check.limits))
        except BoxLost as lost:
            return Line(check.name, lost.message)
    said = execution.output.head(500).decode(errors="replace").strip().replace("\n", "; ")
    execution.output.close()
    if execution.verdict is not check.verdict:
        wanted = check.verdict or "a normal end"
        return Line(check.name, f"wanted {wanted}, got {execution.verdict or 'a normal end'} ({execution.detail}) {said}".strip())
    return Line(check.name, check.verify(execution))
