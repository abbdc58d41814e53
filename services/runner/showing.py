"""Owns what a runner says of itself: capabilities on health, the self-test's outcome. Never judges."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from mesh.life import Life
from mesh.log import Log
from services.runner.figures import Figures
from services.runner.languages.table import Toolchain
from services.runner.sandbox.errors import SandboxMissing
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import Sandbox
from services.runner.sandbox.selftest import self_test
from services.runner.standing import Standing
from wire.runners import RunnerFacts


async def prove(pool: BoxPool, figures: Figures, log: Log) -> None:
    """Runs the self-test. Raises: `SandboxMissing` with every line that failed."""
    began = time.perf_counter()
    lines = await self_test(pool)
    failed = [f"{line.name}: {line.wrong}" for line in lines if line.wrong]
    duration_s = time.perf_counter() - began
    figures.self_tested(duration_s, len(failed))
    if failed:
        raise SandboxMissing(f"the sandbox does not hold here, nothing is judged; {'; '.join(failed)} (docs/sandbox.md)")
    log.info("self-test-passed", lines=len(lines), duration_s=round(duration_s, 3))


def capabilities(sandbox: Sandbox, toolchains: Mapping[str, Toolchain], cores: Sequence[int | None]) -> dict[str, Any]:
    """What this runner can do, for people and for the inventory."""
    machine, tree = sandbox.machine, sandbox.groups.tree
    return {
        "mode": machine.mode,
        "kernel": machine.kernel,
        "architecture": machine.architecture,
        "cgroup": f"v{tree.version}",
        "memory_peak": "exact to 0.25 MiB" if tree.has_peak else "not told by this kernel",
        "bubblewrap": f"{machine.bwrap_version} ({machine.bwrap})",
        "slots": len(cores),
        "cores": [core for core in cores if core is not None] if tree.can_pin else [],
        "languages": {name: toolchain.tools.version for name, toolchain in toolchains.items()},
    }


def facts_of(
    sandbox: Sandbox, toolchains: Mapping[str, Toolchain], cores: Sequence[int | None], *, name: str, speed: float, is_pinned: bool
) -> RunnerFacts:
    """What a runner says of itself with each claim, as long as nothing is wrong."""
    known = capabilities(sandbox, toolchains, cores)
    return RunnerFacts(
        name or socket.gethostname(), len(cores), known["languages"], speed=speed, mode=known["mode"], kernel=known["kernel"], cores=tuple(known["cores"]),
        unpinned=len(cores) - len(known["cores"]) if is_pinned and not _is_alone(cores) else 0,
    )  # fmt: skip


def _is_alone(cores: Sequence[int | None]) -> bool:
    """Whether there is one slot, on a machine of one core: it has it to itself as far as can be."""
    return len(cores) == len(os.sched_getaffinity(0)) == 1


def show(life: Life, pool: BoxPool, toolchains: Mapping[str, Toolchain], standing: Standing, *, wanted: Sequence[str], log: Log) -> None:
    """Puts capabilities and troubles on the health page. ``wanted`` are the languages that the settings name."""
    facts = standing.facts()
    if facts.unpinned:
        why = "there are fewer cores than slots, or other runners have them" if pool.sandbox.groups.tree.can_pin else "its control groups cannot bind programs to cores"
        log.warning("slots-without-core", slots=facts.slots, unpinned=facts.unpinned, cores=facts.cores, reason=why)

    async def boxes() -> str:
        return pool.trouble

    async def languages() -> str:
        if all(toolchain.language.is_output or toolchain.language.is_setters for toolchain in toolchains.values()):
            return "no compiler or interpreter was found: install some (Debian: apt install gcc g++ default-jdk-headless python3)"
        missing = [name for name in wanted if name not in toolchains]
        return f"not found, though the settings name them: {', '.join(missing)}" if missing else ""

    async def service() -> str:
        return standing.why_out

    life.watch("boxes", boxes)
    life.watch("standing", service)
    life.watch("languages", languages)
    life.tell("capabilities", {**capabilities(pool.sandbox, toolchains, [*facts.cores, *[None] * (facts.slots - len(facts.cores))]), "speed": facts.speed, "unpinned": facts.unpinned})
