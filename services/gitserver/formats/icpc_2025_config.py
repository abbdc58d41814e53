"""Owns the reading of test_group.yaml and of a test case's own yaml, 2025-09. Never builds groups: `icpc_2025_cases` does.

Source: 2025-09 format, "Test data configuration", "Test case configuration" and "Static validation test cases".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_programs import token_checker
from services.gitserver.formats.yaml_map import YamlMap, read_yaml

UNBOUNDED: Final = "unbounded"
PASS_FAIL: Final = Aggregation.PASS.value
AGGREGATIONS: Final = {PASS_FAIL: Aggregation.PASS, "sum": Aggregation.SUM, "min": Aggregation.MIN}
MOST_ARGUMENTS: Final = 256
MOST_ARGUMENT_BYTES: Final = 32 << 10
"""Of all arguments of a key together: what a program is started with has to fit into one message."""
_MOST_SCORE: Final = 1e9
_SCORING: Final = ("max_score", "score_aggregation", "require_pass")
_VISUALIZERS: Final = ("input_visualizer_args", "output_visualizer_args")
_MOST_WORDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class CaseConfig:
    """What is said of a test case, by itself or by its group.

    ``input_args`` are for every input validator but those in ``input_by_name``, which is None where the key is no map; with a map
    whoever is not in it gets none. ``is_open`` None: as is usual where the case lies.
    """

    arguments: tuple[str, ...] = ()
    checker_args: tuple[str, ...] = ()
    input_args: tuple[str, ...] = ()
    input_by_name: Mapping[str, tuple[str, ...]] | None = None
    is_open: bool | None = None
    hint: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class StaticConfig:
    """A static validation test case: ``score`` is the most that it is worth, None: it passes or fails."""

    score: Fraction | None = None
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupConfig:
    """What a test_group.yaml says. ``max_score`` None: no bound; ``says_max``: it names one, or that there is none."""

    cases: CaseConfig = field(default_factory=CaseConfig)
    aggregation: Aggregation | None = None
    max_score: Fraction | None = None
    says_max: bool = False
    requires: tuple[str, ...] = ()
    static: StaticConfig | None = None


def read_group_config(files: PackageFiles, place: str, report: Report, *, is_scoring: bool, is_custom: bool) -> GroupConfig:
    """The configuration of a folder of data/; the usual one when it has none."""
    file = files.find(f"{place}/test_group.yaml")
    yaml_map = read_yaml(file, report) if file is not None else None
    if file is None or yaml_map is None:
        return GroupConfig()
    config = GroupConfig(_case_config(yaml_map, file, CaseConfig(), report, is_custom=is_custom))
    allowed = is_scoring and place != "data/sample"
    for key in _SCORING:
        if key in yaml_map and not allowed:
            why = "samples" if is_scoring else "pass-fail problems"
            yaml_map.fault(key, "group-key", f"`{key}` may not be said of {why}")
    if allowed:
        config = _scores(yaml_map, config)
    is_whole = place == "data/secret" and config.aggregation is None
    counts = allowed and (config.aggregation in {Aggregation.SUM, Aggregation.MIN} or is_whole)
    config = replace(config, static=_static(yaml_map, counts=counts))
    yaml_map.finish(ignore=_SCORING)
    return config


def read_probe_config(file: PackageFile | None, inherited: CaseConfig, report: Report, *, is_custom: bool) -> CaseConfig:
    """The configuration of a case that tries the validators, or of all of a folder: what has to do with them."""
    yaml_map = read_yaml(file, report) if file is not None else None
    if file is None or yaml_map is None:
        return inherited
    config = _case_config(yaml_map, file, inherited, report, is_custom=is_custom)
    config = replace(config, description=yaml_map.text("description"))
    yaml_map.finish(ignore=("hint",))
    return config


def read_case_config(file: PackageFile | None, inherited: CaseConfig, report: Report, *, is_custom: bool) -> CaseConfig:
    """The configuration of one case: what its own file says, over that of its group."""
    yaml_map = read_yaml(file, report) if file is not None else None
    if file is None or yaml_map is None:
        return inherited
    config = _case_config(yaml_map, file, inherited, report, is_custom=is_custom)
    config = replace(config, hint=yaml_map.text("hint")[:_MOST_WORDS], description=yaml_map.text("description")[:_MOST_WORDS])
    yaml_map.finish()
    return config


def _scores(yaml_map: YamlMap, config: GroupConfig) -> GroupConfig:
    word = yaml_map.text("max_score")
    if word and word != UNBOUNDED:
        config = replace(config, max_score=_whole_number(yaml_map, "max_score"), says_max=True)
    elif word:
        config = replace(config, says_max=True)
    if "score_aggregation" in yaml_map:
        chosen = yaml_map.choice("score_aggregation", tuple(AGGREGATIONS), "sum", "yaml-wrong-type")
        config = replace(config, aggregation=AGGREGATIONS[chosen])
    return replace(config, requires=yaml_map.texts("require_pass"))


def _whole_number(yaml_map: YamlMap, key: str) -> Fraction | None:
    number = yaml_map.number(key, 0, _MOST_SCORE)
    if number is not None and number.denominator != 1:
        yaml_map.fault(key, "limit-bad", f"`{key}` must be a whole number, or a word that the format lists")
    return number


def _static(yaml_map: YamlMap, *, counts: bool) -> StaticConfig | None:
    """The static validation test case, None without one. ``counts``: cases of this folder have scores."""
    arguments = _arguments(yaml_map, "static_validator_args")
    key = "static_validation_score"
    if key not in yaml_map:
        if "static_validator_args" in yaml_map:
            yaml_map.fault("static_validator_args", "static-validation", f"`static_validator_args` without `{key}` are for nothing")
        return None
    if yaml_map.text(key) == PASS_FAIL:
        if counts:
            yaml_map.fault(key, "static-validation", f"`{key}: pass-fail` goes with `score_aggregation: pass-fail`; here it must be a number")
        return StaticConfig(None, arguments)
    score = _whole_number(yaml_map, key)
    if not counts:
        yaml_map.fault(key, "static-validation", f"`{key}` must be pass-fail where cases have no scores")
        return StaticConfig(None, arguments)
    return StaticConfig(score or Fraction(0), arguments)


def _case_config(yaml_map: YamlMap, file: PackageFile, inherited: CaseConfig, report: Report, *, is_custom: bool) -> CaseConfig:
    found = inherited
    if "args" in yaml_map:
        found = replace(found, arguments=_arguments(yaml_map, "args"))
    if "output_validator_args" in yaml_map:
        found = replace(found, checker_args=_arguments(yaml_map, "output_validator_args"))
        if not is_custom:
            token_checker(found.checker_args, file.path, report)
    if yaml_map.is_map("input_validator_args"):
        inner = yaml_map.map("input_validator_args")
        found = replace(found, input_args=(), input_by_name={name: _arguments(inner, name) for name in inner.keys_as_written()})
    elif "input_validator_args" in yaml_map:
        found = replace(found, input_args=_arguments(yaml_map, "input_validator_args"), input_by_name=None)
    for key in _VISUALIZERS:
        _arguments(yaml_map, key)
    if "full_feedback" in yaml_map:
        found = replace(found, is_open=yaml_map.flag("full_feedback"))
    return found


def _arguments(yaml_map: YamlMap, key: str) -> tuple[str, ...]:
    """What a program is started with; nothing, with a finding, when no program could be."""
    words = yaml_map.sequence(key)
    size_bytes = sum(len(word.encode("utf-8", "surrogatepass")) + 1 for word in words)
    if len(words) > MOST_ARGUMENTS or size_bytes > MOST_ARGUMENT_BYTES:
        said = f"`{key}`: {len(words)} arguments of {size_bytes} bytes; at most {MOST_ARGUMENTS} of {MOST_ARGUMENT_BYTES} bytes together can be given"
        yaml_map.fault(key, "case-arguments", said)
        return ()
    if any("\0" in word for word in words):
        yaml_map.fault(key, "case-arguments", f"`{key}`: no argument can hold a NUL")
        return ()
    return words
