"""Owns the reading of problem.yaml and .timelimit of the ICPC/Kattis legacy format, with what DOMjudge adds to them.

Source: https://icpc.io/problem-package-format/spec/legacy and the DOMjudge manual, appendix "Problem format specification".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.limits import CHECKER_LIMITS, COMPILE_LIMITS, MIB, Limits
from services.gitserver.findings import Report
from services.gitserver.formats.domjudge_ini import check_specials, read_ini
from services.gitserver.formats.files import PackageFiles, read_text
from services.gitserver.formats.icpc_testdata import GroupSettings, old_settings
from services.gitserver.formats.yaml_map import YamlMap, read_yaml
from wire.verification import LimitRule

DEFAULT_CPU_MS: Final = 2_000
MOST_SECONDS: Final = 600
MOST_MIB: Final = 65_536
MOST_PASSES: Final = 100
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PASSES: Final = {"multipass": "multi-pass"}

LICENSES: Final = ("unknown", "public domain", "cc0", "cc by", "cc by-sa", "educational", "permission")
LEGACY_RULE: Final = LimitRule(accepted_multiplier=Fraction(5), exceeding_multiplier=Fraction(2))
"""Source: legacy format, "Limits": time_multiplier 5, time_safety_margin 2."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the package says of itself. ``titles`` by language, ``""`` for every language.

    ``gives_points``: its validator gives the points of a case. ``passes`` more than 1: it is a multi-pass problem. ``settings`` are those
    above the groups' own; ``languages`` are ids of ours, empty for all. ``code_bytes``: no source may be longer; 0: as long as the house takes. ``writes_files``: programs may write into their working directory.
    """

    limits: Limits
    compile_limits: Limits | None = None
    checker_limits: Limits | None = None
    titles: dict[str, str] = field(default_factory=dict)
    is_scoring: bool = False
    is_custom: bool = False
    validator_flags: tuple[str, ...] = ()
    author: str = ""
    source: str = ""
    license: str = ""
    is_interactive: bool = False
    passes: int = 1
    is_output_only: bool = False
    gives_points: bool = False
    languages: tuple[str, ...] = ()
    limit_rule: LimitRule = field(default_factory=LimitRule)
    settings: GroupSettings = field(default_factory=GroupSettings)
    constants: dict[str, str] = field(default_factory=dict)
    code_bytes: int = 0
    writes_files: bool = True
    is_validation_unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Kind:
    """How `type` and `validation` say that the problem is judged."""

    is_scoring: bool
    is_custom: bool
    is_interactive: bool = False
    is_multi_pass: bool = False
    gives_points: bool = False
    is_unknown: bool = False


def read_metadata(files: PackageFiles, report: Report) -> Metadata:
    """Everything of the package's metadata files; defaults stand where a finding was added."""
    file = files.find("problem.yaml")
    yaml_map = (read_yaml(file, report) if file is not None else None) or YamlMap(None, "problem.yaml", report)
    ini = read_ini(files.find("domjudge-problem.ini"), report)
    version = yaml_map.text("problem_format_version", "legacy")
    if version not in {"legacy", "legacy-icpc"}:
        yaml_map.fault("problem_format_version", "format-unknown", f"`problem_format_version: {version[:40]}` is not known: legacy is read")
    limits = yaml_map.map("limits")
    titles = yaml_map.texts_by_language("name") or ({"": ini["name"]} if ini.get("name") else {})
    kind = _read_kind(yaml_map, report)
    check_specials(ini, report, is_custom=kind.is_custom)
    grading = yaml_map.map("grading")
    cpu_ms, is_stated = _cpu_ms(limits, files, ini, report)
    passes = read_passes(limits)
    metadata = Metadata(
        limits=run_limits(limits, cpu_ms),
        compile_limits=compile_limits(limits),
        checker_limits=checker_limits(limits),
        titles={language: title for language, title in titles.items() if title},
        is_scoring=kind.is_scoring,
        is_custom=kind.is_custom,
        is_validation_unknown=kind.is_unknown,
        validator_flags=_flags(yaml_map),
        author=_author(yaml_map),
        source=_source(yaml_map),
        license=yaml_map.choice("license", LICENSES, "", "license-unknown") if "license" in yaml_map else "",
        is_interactive=kind.is_interactive,
        passes=passes if kind.is_multi_pass else 1,
        gives_points=kind.gives_points,
        limit_rule=replace(_limit_rule(limits), is_stated=is_stated),
        settings=_read_grading(grading, kind.is_scoring),
    )
    _check_rest(yaml_map, limits)
    limits.finish(ignore=("time_resolution",))
    yaml_map.finish(ignore=("version", "languages"))
    return metadata


def _author(yaml_map: YamlMap) -> str:
    """Who wrote it, else whose it is. DOMjudge takes lists."""
    owner = yaml_map.words("rights_owner")
    if yaml_map.is_list("author"):
        return ", ".join(yaml_map.texts("author"))
    return yaml_map.words("author") or owner


def _source(yaml_map: YamlMap) -> str:
    address = yaml_map.words("source_url")
    return yaml_map.words("source") or address


def _check_rest(yaml_map: YamlMap, limits: YamlMap) -> None:
    """Looks at what changes nothing here, so that all that is wrong is told at once."""
    if not yaml_map.is_list("keywords"):
        yaml_map.words("keywords")
    if "uuid" in yaml_map and _UUID.fullmatch(word := yaml_map.text("uuid")) is None:
        yaml_map.fault("uuid", "uuid-missing", f"`uuid` must be one, not {word[:60]!r}")
    limits.number("code", 1, MOST_MIB)
    license_, owner = yaml_map.text("license"), yaml_map.text("rights_owner")
    if license_ == "public domain" and owner:
        yaml_map.fault("rights_owner", "license-unknown", "nobody owns what is in the public domain: leave `rights_owner` out")
    if license_ in LICENSES and license_ not in {"unknown", "public domain"} and not (owner or any(map(yaml_map.texts, ("author", "source")))):
        yaml_map.fault("license", "license-unknown", f"with the license {license_!r} there must be a rights_owner, an author or a source")
    if "source_url" in yaml_map and "source" not in yaml_map:
        yaml_map.fault("source_url", "license-unknown", "`source_url` goes with a `source`")


def _read_kind(yaml_map: YamlMap, report: Report) -> _Kind:
    """Source: legacy format, "Validation"; DOMjudge also writes `custom multi-pass`, and some write the kinds into `type`."""
    kinds = [word for text in yaml_map.texts("type") for word in text.split()] or ["pass-fail"]
    for word in kinds:
        if word == "submit-answer":
            yaml_map.fault("type", "type-unknown", "`type: submit-answer` is one of the format 2025-09: say so in problem_format_version")
        elif word not in {"pass-fail", "scoring", "interactive", "multi-pass"}:
            yaml_map.fault("type", "type-unknown", f"`type` must be pass-fail or scoring, not {word[:40]!r}")
    words = yaml_map.text("validation", "default").split() or ["default"]
    flags = {_PASSES.get(word, word) for word in words[1:]}
    for word in sorted(flags - {"interactive", "multi-pass", "score"}):
        yaml_map.fault("validation", "validation-unknown", f"`validation` has {word[:40]!r}; interactive, multi-pass and score can follow custom")
    if "score" in flags and "scoring" not in kinds:
        yaml_map.fault("validation", "validation-unknown", "`validation: custom score` goes with `type: scoring`")
    if words[0] not in {"default", "custom"} or (words[0] == "default" and len(words) > 1):
        yaml_map.fault("validation", "validation-unknown", "`validation` must be default, or custom with interactive, multi-pass, score")
    talks, passes = "interactive" in flags or "interactive" in kinds, "multi-pass" in flags or "multi-pass" in kinds
    if (talks or passes) and words[0] == "default":
        report.add("validation-unknown", "problem.yaml", "interactive and multi-pass problems need `validation: custom`, and its program")
    return _Kind("scoring" in kinds, words[0] == "custom", talks, passes, "score" in flags, words[0] not in {"default", "custom"})


def _limit_rule(limits: YamlMap) -> LimitRule:
    accepted, exceeding = limits.number("time_multiplier", 1, 1000), limits.number("time_safety_margin", 1, 1000)
    found = LEGACY_RULE if accepted is None else replace(LEGACY_RULE, accepted_multiplier=accepted)
    return found if exceeding is None else replace(found, exceeding_multiplier=exceeding)


def read_passes(limits: YamlMap) -> int:
    """How often a multi-pass problem runs a program at most."""
    number = limits.number("validation_passes", 2, MOST_PASSES)
    return 2 if number is None else int(number)


def _read_grading(grading: YamlMap, is_scoring: bool) -> GroupSettings:
    if grading.choice("objective", ("max", "min"), "max", "yaml-wrong-type") == "min":
        said = "boards add up the most points; let score.txt be a bound minus the cost, and say `range: 0 BOUND`"
        grading.fault("objective", "grading-not-yet", f"`grading.objective: min` (which later versions of the format dropped): {said}")
    if "show_test_data_groups" in grading and not is_scoring:
        grading.fault("show_test_data_groups", "grading-ignored", "`grading` says nothing for pass-fail problems")
    grading.flag("show_test_data_groups")
    settings = old_settings(grading)
    grading.finish(ignore=("custom_scoring",))
    return settings


def _flags(yaml_map: YamlMap) -> tuple[str, ...]:
    texts = yaml_map.texts("validator_flags") or yaml_map.texts("output_validator_flags")
    return tuple(word for text in texts for word in text.split())


def run_limits(limits: YamlMap, cpu_ms: int) -> Limits:
    """The limits of a run, with those of memory and output that the package asks for."""
    memory = limits.number("memory", 1, MOST_MIB)
    output = limits.number("output", 1, 4096)
    found = Limits(cpu_ms=cpu_ms, wall_ms=2 * cpu_ms + 1_000)
    if memory is not None:
        found = replace(found, memory_bytes=int(memory * MIB))
    if output is not None:
        size_bytes = int(output * MIB)
        found = replace(found, output_bytes=size_bytes, file_bytes=max(found.file_bytes, size_bytes))
    return found


def _cpu_ms(limits: YamlMap, files: PackageFiles, ini: dict[str, str], report: Report) -> tuple[int, bool]:
    """The time limit of one case, from .timelimit, else domjudge-problem.ini, else problem.yaml, else the default; whether it is stated."""
    of_yaml = limits.number("time_limit", 0.001, MOST_SECONDS)
    candidates: list[tuple[str, str]] = []
    file = files.find(".timelimit")
    if file is not None and (text := read_text(file, report)) is not None:
        candidates.append((".timelimit", text.strip()))
    if "timelimit" in ini:
        candidates.append(("domjudge-problem.ini", ini["timelimit"]))
    for path, text in candidates:
        seconds = _seconds(text)
        if seconds is not None:
            return max(1, round(seconds * 1000)), True
        report.add("limit-bad", path, f"the time limit must be a number of seconds above 0 and at most {MOST_SECONDS}, not {text[:40]!r}")
        return DEFAULT_CPU_MS, True
    if of_yaml is not None:
        return max(1, round(of_yaml * 1000)), True
    if "time_limit" not in limits:
        report.add("time-limit-missing", "problem.yaml", f"no time limit is given: {DEFAULT_CPU_MS / 1000:g} seconds until one is measured")
    return DEFAULT_CPU_MS, False


def _seconds(text: str) -> Fraction | None:
    if re.fullmatch(r"[0-9]{0,9}\.?[0-9]{1,9}|[0-9]{1,9}\.", text) is None:
        return None
    seconds = Fraction(text.rstrip(".") if text.endswith(".") else text)
    return seconds if 0 < seconds <= MOST_SECONDS else None


def compile_limits(limits: YamlMap) -> Limits | None:
    """The limits of compiling, None for the usual ones."""
    seconds = limits.number("compilation_time", 1, MOST_SECONDS)
    memory = limits.number("compilation_memory", 1, MOST_MIB)
    return _changed(COMPILE_LIMITS, seconds, memory, None)


def checker_limits(limits: YamlMap) -> Limits | None:
    """The limits of a validator, None for the usual ones."""
    seconds = limits.number("validation_time", 1, MOST_SECONDS)
    memory = limits.number("validation_memory", 1, MOST_MIB)
    output = limits.number("validation_output", 1, 4096)
    return _changed(CHECKER_LIMITS, seconds, memory, output)


def _changed(usual: Limits, seconds: Fraction | None, memory: Fraction | None, output: Fraction | None) -> Limits | None:
    """The usual limits with what the package asks for; None when it asks for nothing."""
    if seconds is None and memory is None and output is None:
        return None
    cpu_ms = usual.cpu_ms if seconds is None else int(seconds * 1000)
    return replace(
        usual,
        cpu_ms=cpu_ms,
        wall_ms=max(usual.wall_ms, 2 * cpu_ms),
        memory_bytes=usual.memory_bytes if memory is None else int(memory * MIB),
        output_bytes=usual.output_bytes if output is None else int(output * MIB),
    )
