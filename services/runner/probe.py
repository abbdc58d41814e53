"""Owns the command that says what this machine can do for judging: ``palestra runner --probe``. Never judges.

Exit status 0 when everything that judging needs is there and holds, else 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from contest.limits import MIB, Limits
from mesh.errors import MeshError
from services.runner.builds import Builds
from services.runner.config import Config
from services.runner.cores import reserved_cores
from services.runner.languages.table import EVERY, Toolchain, find_toolchains, shown_files
from services.runner.sandbox.execution import Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import SandboxSettings, open_sandbox
from services.runner.sandbox.selftest import self_test
from services.runner.sandbox.spool import sealed
from services.runner.showing import capabilities

GREETINGS = {name: language.greeting for name, language in EVERY.items()}
"""Of each language a program that reads two numbers and prints ``hello`` and their sum."""

_LIMITS = Limits(cpu_ms=10_000, wall_ms=20_000, memory_bytes=256 * MIB)


async def examine(config: Config, folder: Path) -> bool:
    """Prints line after line; True when all is well."""
    toolchains = find_toolchains(config.languages)
    settings = SandboxSettings(folder, shown_files(toolchains), config.uid_start, config.cgroup_parent, config.bwrap)
    async with open_sandbox(settings) as sandbox, BoxPool(sandbox, size=2).running() as pool:
        with reserved_cores(config.slots, is_pinned=config.pinned) as cores:
            shown = capabilities(sandbox, toolchains, cores)
        for name, value in shown.items():
            if name != "languages":
                _say(name, value if isinstance(value, str | int) else ", ".join(map(str, value)) or "none")
        is_well = True
        for line in await self_test(pool):
            _say(f"check: {line.name}", line.wrong or "ok")
            is_well &= not line.wrong
        for language in EVERY:
            said = await _greeting(pool, toolchains, language)
            _say(f"language: {language}", said)
            is_well &= not said.startswith("broken")
    return is_well


async def _greeting(pool: BoxPool, toolchains: Mapping[str, Toolchain], language: str) -> str:
    """Builds and starts a first program."""
    toolchain = toolchains.get(language)
    if toolchain is None:
        return f"not here ({', '.join(EVERY[language].programs)})"
    began = time.perf_counter()
    given = sealed(b"20 22\n")
    try:
        built = await Builds(pool, toolchains).build(language, {toolchain.language.default_source: GREETINGS[language].encode()})
        took_s = time.perf_counter() - began
        launch = built.launch(_LIMITS)
        async with pool.box() as box:
            await built.furnish(box)
            execution = await box.execute(Job(launch.argv, launch.limits, launch.environment, stdin=given))
    except MeshError as failed:
        return f"broken: {failed.message}"
    finally:
        os.close(given)
    output = execution.output.head(100)
    execution.output.close()
    if execution.verdict is not None or output.strip() != b"hello 42":
        return f"broken: {execution.detail or 'it did not say hello 42'}"
    return f"{toolchain.tools.version} (built in {took_s:.2f} s, run in {execution.time_ms} ms, {execution.memory_bytes / MIB:.1f} MiB)"


def _say(name: str, value: object) -> None:
    print(f"{name:<32} {value}")  # noqa: T201  an answer to whoever typed


def probe(config: Config) -> int:
    """Examines the machine with these settings; returns the exit status."""
    try:
        with tempfile.TemporaryDirectory(prefix="palestra-probe-") as folder:
            is_well = asyncio.run(examine(config, Path(folder)))
    except MeshError as missing:
        print(f"refused: {missing.message}", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1
    print("this machine may judge" if is_well else "this machine does not judge as it is: see the lines above")  # noqa: T201
    return 0 if is_well else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m services.runner.probe", description="Says what this machine can do for judging.")
    parser.add_argument("--cgroup-parent", default="", help="control group to work below, as PALESTRA_RUNNER_CGROUP_PARENT")
    parser.add_argument("--bwrap", default="", help="path of bubblewrap")
    options = parser.parse_args(arguments)
    return probe(Config(cgroup_parent=options.cgroup_parent, bwrap=options.bwrap))


if __name__ == "__main__":
    raise SystemExit(main())
