"""Owns the putting together of one process: configuration read, stages made, signals heard. Never knows a service's trade."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.backbone import House
from mesh.clock import SystemClock
from mesh.config import ConfigError, load, read_file, shown, unknown_variables
from mesh.life import Life
from mesh.log import Log, set_up_logging
from mesh.settings import MeshConfig
from mesh.startup import freeze_memory, loop_factory, warm_memory
from mesh.supervisor import Part, Supervisor
from pki.bootstrap import can_renew, renew_for_ever
from services.loading import Loading
from services.targets import TARGETS, Target
from wire.queues import QUEUES
from wire.services import PORTS


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting of one process, checked."""

    mesh: MeshConfig
    services: Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        """All of it, secrets redacted."""
        out = shown("mesh", self.mesh)
        for name, config in self.services.items():
            out.update(shown(name, config))
        return out


def read_configuration(path: Path | None, names: Sequence[str], environ: Mapping[str, str] | None = None) -> Configuration:
    """Defaults, then the file, then the environment. Raises: `ConfigError` with every fault of every section at once."""
    environ = os.environ if environ is None else environ
    sections = read_file(path)
    kinds: dict[str, type[Any]] = {"mesh": MeshConfig} | {name: TARGETS[name].config() for name in names}
    faults = [f"[{name}]: no such section" for name in sections if name != "mesh" and name not in TARGETS]
    faults += [f"{name}: no setting reads this variable" for name in unknown_variables(kinds, environ)]
    made: dict[str, Any] = {}
    for section, kind in kinds.items():
        try:
            made[section] = load(kind, section, sections.get(section, {}), environ)
        except ConfigError as wrong:
            faults.extend(wrong.details or [wrong.message])
    mesh = made.get("mesh") or _known_part(sections.get("mesh", {}), environ)
    if mesh is not None:
        try:
            mesh.addresses()
        except ValueError as wrong:
            faults.append(str(wrong))
    _refuse(faults)
    return Configuration(made.pop("mesh").moved(), {name: _moved(name, config, mesh.port_shift if mesh else 0) for name, config in made.items()})


def _moved(name: str, config: Any, shift: int) -> Any:
    """The same with its port moved where that is the default; `MeshConfig.moved` moves what others call."""
    return dataclasses.replace(config, port=config.port + shift) if config.port == PORTS[name] else config


def _known_part(values: Mapping[str, Any], environ: Mapping[str, str]) -> MeshConfig | None:
    """The section without what nobody knows, so that the rest of its faults are named too; None when it is wrong elsewhere."""
    names = {field.name for field in dataclasses.fields(MeshConfig)}
    try:
        return load(MeshConfig, "mesh", {name: value for name, value in values.items() if name in names}, environ)
    except ConfigError:
        return None


def check(configuration: Configuration, names: Sequence[str]) -> None:
    """Looks at what only an opening would find: addresses, certificates. Raises: `ConfigError` with every fault at once."""
    from mesh.preflight import faults_of  # noqa: PLC0415  loads every driver that an address names

    _refuse(faults_of(configuration.mesh, names))


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ConfigError("the configuration is wrong:\n  " + "\n  ".join(faults), details=faults)


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
