"""Owns the settings of one process: defaults, then a file, then the environment. Never starts anything, and loads nothing else."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.config import ConfigError, load, read_file, shown, unknown_variables
from mesh.settings import MeshConfig
from services.targets import TARGETS
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
    refuse(faults)
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


def refuse(faults: list[str]) -> None:
    """Raises: `ConfigError` with all of them, when there are any."""
    if faults:
        raise ConfigError("the configuration is wrong:\n  " + "\n  ".join(faults), details=faults)
