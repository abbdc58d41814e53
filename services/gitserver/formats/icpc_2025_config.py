"""Owns the reading of test_group.yaml and of a test case's own yaml, 2025-09. Never builds groups: `icpc_2025_cases` does.

Source: 2025-09 format, "Test data configuration" and "Test case configuration".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_programs import token_checker
from services.gitserver.formats.yaml_map import YamlMap, read_yaml

UNBOUNDED: Final = "unbounded"
AGGREGATIONS: Final = {"pass-fail": Aggregation.PASS, "sum": Aggregation.SUM, "min": Aggregation.MIN}
_SCORING: Final = ("max_score", "score_aggregation", "require_pass")
_UNUSED: Final = ("input_visualizer_args", "output_visualizer_args", "full_feedback")


@dataclass(frozen=True, slots=True)
class CaseConfig:
    """What is said of a test case, by itself or by its group. ``input_name``: the input validator that ``input_args`` are for, empty: all."""

    checker_args: tuple[str, ...] = ()
    input_args: tuple[str, ...] = ()
    input_name: str = ""


@dataclass(frozen=True, slots=True)
class GroupConfig:
    """What a test_group.yaml says. ``max_score`` None: no bound; ``says_max``: it names one, or that there is none."""

    cases: CaseConfig = CaseConfig()
    aggregation: Aggregation | None = None
    max_score: Fraction | None = None
    says_max: bool = False
    requires: tuple[str, ...] = ()


def read_group_config(files: PackageFiles, place: str, report: Report, *, is_scoring: bool, is_custom: bool) -> GroupConfig:
    """The configuration of a folder of data/; the usual one when it has none."""
    file = files.find(f"{place}/test_group.yaml")
    yaml_map = read_yaml(file, report) if file is not None else None
    if file is None or yaml_map is None:
        return GroupConfig()
    config = GroupConfig(_case_config(yaml_map, file, CaseConfig(), report, is_custom=is_custom))
    for key in ("static_validation_score", "static_validator_args"):
        if key in yaml_map:
            yaml_map.fault(key, "static-validator-not-yet", f"`{key}`: static validators are not run here")
    allowed = is_scoring and place != "data/sample"
    for key in _SCORING:
        if key in yaml_map and not allowed:
            why = "samples" if is_scoring else "pass-fail problems"
            yaml_map.fault(key, "group-key", f"`{key}` may not be said of {why}")
    if allowed:
        config = _scores(yaml_map, config)
    yaml_map.finish(ignore=(*_UNUSED, *_SCORING, "hint", "description"))
    return config


def read_case_config(file: PackageFile | None, inherited: CaseConfig, report: Report, *, is_custom: bool) -> CaseConfig:
    """The configuration of one case: what its own file says, over that of its group."""
    yaml_map = read_yaml(file, report) if file is not None else None
    if file is None or yaml_map is None:
        return inherited
    config = _case_config(yaml_map, file, inherited, report, is_custom=is_custom)
    yaml_map.finish(ignore=(*_UNUSED, "hint", "description"))
    return config


def _scores(yaml_map: YamlMap, config: GroupConfig) -> GroupConfig:
    word = yaml_map.text("max_score")
    if word and word != UNBOUNDED:
        most = yaml_map.number("max_score", 0, 1e9)
        if most is not None and most.denominator != 1:
            yaml_map.fault("max_score", "limit-bad", "`max_score` must be a whole number, or unbounded")
        config = replace(config, max_score=most, says_max=True)
    elif word:
        config = replace(config, says_max=True)
    if "score_aggregation" in yaml_map:
        chosen = yaml_map.choice("score_aggregation", tuple(AGGREGATIONS), "sum", "yaml-wrong-type")
        config = replace(config, aggregation=AGGREGATIONS[chosen])
    return replace(config, requires=yaml_map.texts("require_pass"))


def _case_config(yaml_map: YamlMap, file: PackageFile, inherited: CaseConfig, report: Report, *, is_custom: bool) -> CaseConfig:
    found = inherited
    if yaml_map.texts("args"):
        yaml_map.fault("args", "case-input-not-yet", "`args`: programs get no arguments here; put them into the input")
    if "output_validator_args" in yaml_map:
        found = replace(found, checker_args=yaml_map.texts("output_validator_args"))
        if not is_custom:
            token_checker(found.checker_args, file.path, report)
    if yaml_map.is_map("input_validator_args"):
        inner = yaml_map.map("input_validator_args")
        names = inner.keys_as_written()
        if len(names) > 1:
            yaml_map.fault("input_validator_args", "input-flags-unused", "arguments for several input validators by name: only the first gets its")
        found = replace(found, input_name=names[0] if names else "", input_args=inner.texts(names[0]) if names else ())
    elif "input_validator_args" in yaml_map:
        found = replace(found, input_name="", input_args=yaml_map.texts("input_validator_args"))
    return found
