"""Owns the putting together of one process: stages made, signals heard. Never knows a service's trade."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from mesh.backbone import House
from mesh.clock import SystemClock
from mesh.life import Life
from mesh.log import Log, set_up_logging
from mesh.settings import MeshConfig
from mesh.startup import freeze_memory, loop_factory, warm_memory
from mesh.supervisor import Part, Supervisor
from pki.bootstrap import can_renew, renew_for_ever
from services.configuration import Configuration, refuse
from services.loading import Loading
from services.targets import TARGETS, Target
from wire.queues import QUEUES


def check(configuration: Configuration, names: Sequence[str]) -> None:
    """Looks at what only an opening would find: addresses, certificates. Raises: `ConfigError` with every fault at once."""
    from mesh.preflight import faults_of  # noqa: PLC0415  loads every driver that an address names

    refuse(faults_of(configuration.mesh, names))


def stages(house: House, configuration: Configuration, names: Sequence[str], loading: Loading) -> list[list[Part]]:
    """The chosen services in the order in which they start."""
    chosen = [TARGETS[name] for name in names]
    return [
        [_part(house, target, configuration.services[target.name], loading) for target in chosen if target.stage == stage]
        for stage in sorted({target.stage for target in chosen})
    ]


def _part(house: House, target: Target, config: Any, loading: Loading) -> Part:
    async def run(life: Life) -> None:
        metrics, begin = await loading.loaded(target.name)
        async with house.backbone(target.name, metrics) as backbone:
            life.watch("certificate", backbone.credentials.health)
            life.watch("rights", backbone.refusals)
            await begin(config, backbone, life)

    return Part(target.name, run, rank=target.rank, stop_limit_s=target.stop_limit_s)


async def serve(
    configuration: Configuration, names: Sequence[str], when_ready: Callable[[House], Awaitable[None]] | None = None
) -> bool:
    """Runs the services until SIGTERM or SIGINT; True when all left in order."""
    async with Loading([TARGETS[name] for name in names]) as loading, House(configuration.mesh, QUEUES, SystemClock()) as house:
        parts = stages(house, configuration, names, loading)
        return await _supervise(Supervisor(parts, house.clock, Log("house"), configuration.mesh.stop_notice_s), house, names, when_ready)


async def _supervise(supervisor: Supervisor, house: House, names: Sequence[str], when_ready: Callable[[House], Awaitable[None]] | None) -> bool:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.ask_stop)
    beside = [asyncio.create_task(_afterwards(supervisor, house, when_ready)), asyncio.create_task(_renewal(house.config, names))]
    try:
        return await supervisor.run()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


async def _afterwards(supervisor: Supervisor, house: House, when_ready: Callable[[House], Awaitable[None]] | None) -> None:
    await supervisor.until_ready()
    freeze_memory()
    if when_ready is not None:
        await when_ready(house)


async def _renewal(mesh: MeshConfig, names: Sequence[str]) -> None:
    """Keeps these services' certificates fresh where the authority's key is at hand; elsewhere others bring new files."""
    log = Log("pki")
    if not await asyncio.to_thread(can_renew, mesh.pki_path):
        return

    def renewed(fresh: Sequence[str]) -> None:
        log.info("certificates-renewed", names=",".join(fresh))

    def failed(wrong: Exception) -> None:
        log.error("certificates-not-renewed", cause=wrong)

    await renew_for_ever(mesh.pki_path, names, leaf_life_h=mesh.leaf_life_h, renewed=renewed, failed=failed)


def run_process(
    configuration: Configuration, names: Sequence[str], when_ready: Callable[[House], Awaitable[None]] | None = None
) -> int:
    """The whole of a process's work; the exit status: 0 when all left in order, 1 when a part failed."""
    set_up_logging(configuration.mesh.log_format, configuration.mesh.log_level)
    os.umask(0o077)
    configuration.mesh.path.mkdir(parents=True, exist_ok=True)
    warm_memory()
    with asyncio.Runner(loop_factory=loop_factory(configuration.mesh.loop)) as runner:
        return 0 if runner.run(serve(configuration, names, when_ready)) else 1
