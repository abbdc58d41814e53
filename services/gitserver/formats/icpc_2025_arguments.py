"""Owns what becomes of the arguments that a 2025-09 package gives to its input validators, case by case. Never reads a file.

Source: 2025-09 format, "Test case configuration": a list is for every validator, a map names them, and whoever is not in it gets none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.gitserver.findings import Report
from services.gitserver.formats.icpc_2025_config import CaseConfig
from services.gitserver.formats.package import PackageCase, PackageProgram


def with_input_arguments(
    cases: tuple[PackageCase, ...], configs: Mapping[str, CaseConfig], validators: tuple[PackageProgram, ...], report: Report
) -> tuple[tuple[PackageCase, ...], tuple[PackageProgram, ...]]:
    """The cases and the validators with their arguments. ``cases`` are those that the validators see, ``configs`` what is said of each by name."""
    names = {name for one in validators for name in names_of(one)}
    for unknown in sorted({name for config in configs.values() for name in config.input_by_name or {}} - names):
        report.add("input-flags-unused", "data", f"there are arguments for an input validator {unknown[:40]!r}, which is not here")
    if len(validators) > 1 and any(config.input_by_name is not None for config in configs.values()):
        return cases, tuple(_by_case(one, configs) for one in validators)
    told = {name: _arguments_of(validators[0], config) if validators else () for name, config in configs.items()}
    words = set(told.values())
    if len(words) == 1:
        return cases, tuple(replace(one, arguments=next(iter(words))) for one in validators)
    return tuple(replace(case, input_arguments=told[case.name]) for case in cases), validators


def names_of(validator: PackageProgram) -> Sequence[str]:
    """What a package may call a validator: the name of its file or folder, with its ending or without."""
    name = validator.path.rpartition("/")[2]
    return name, name.partition(".")[0]


def _by_case(validator: PackageProgram, configs: Mapping[str, CaseConfig]) -> PackageProgram:
    """The validator with what it is given for each case."""
    found = {case: _arguments_of(validator, config) for case, config in configs.items()}
    words = set(found.values())
    if len(words) == 1:
        return replace(validator, arguments=words.pop())
    return replace(validator, case_arguments={case: given for case, given in found.items() if given})


def _arguments_of(validator: PackageProgram, config: CaseConfig) -> tuple[str, ...]:
    if config.input_by_name is None:
        return config.input_args
    return next((config.input_by_name[name] for name in names_of(validator) if name in config.input_by_name), ())
