"""Owns the reading of problem.yaml, .timelimit and domjudge-problem.ini of the ICPC/Kattis legacy format.

Source: https://icpc.io/problem-package-format/spec/legacy and the DOMjudge manual, appendix "Problem format specification".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.limits import CHECKER_LIMITS, COMPILE_LIMITS, MIB, Limits
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.yaml_map import YamlMap, read_yaml

DEFAULT_CPU_MS: Final = 2_000
MOST_SECONDS: Final = 600
MOST_MIB: Final = 65_536

LICENSES: Final = ("unknown", "public domain", "cc0", "cc by", "cc by-sa", "educational", "permission")
_INI_LINE = re.compile(r"\s*([A-Za-z_-]+)\s*=\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the package says of itself. ``titles`` by language, ``""`` for every language."""

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


def read_metadata(files: PackageFiles, report: Report) -> Metadata:
    """Everything of the package's metadata files; defaults stand where a finding was added."""
    file = files.find("problem.yaml")
    yaml_map = (read_yaml(file, report) if file is not None else None) or YamlMap(None, "problem.yaml", report)
    ini = _read_ini(files.find("domjudge-problem.ini"), report)
    version = yaml_map.text("problem_format_version", "legacy")
    if version not in {"legacy", "legacy-icpc"}:
        yaml_map.fault("problem_format_version", "format-unknown", f"`problem_format_version: {version[:40]}` is not known: legacy is read")
    limits = yaml_map.map("limits")
    if "special_run" in ini:
        report.add("type-not-yet", "domjudge-problem.ini", "special_run: interactive problems cannot be judged yet")
    titles = yaml_map.texts_by_language("name") or ({"": ini["name"]} if ini.get("name") else {})
    is_scoring, is_custom = _read_kind(yaml_map, report)
    metadata = Metadata(
        limits=_run_limits(limits, files, ini, report),
        compile_limits=_compile_limits(limits),
        checker_limits=_checker_limits(limits),
        titles={language: title for language, title in titles.items() if title},
        is_scoring=is_scoring,
        is_custom=is_custom,
        validator_flags=_flags(yaml_map),
        author=", ".join(yaml_map.texts("author")) or yaml_map.text("rights_owner"),
        source=yaml_map.text("source") or yaml_map.text("source_url"),
        license=yaml_map.choice("license", LICENSES, "", "license-unknown") if "license" in yaml_map else "",
    )
    limits.finish(ignore=("time_multiplier", "time_safety_margin", "code", "time_resolution"))
    yaml_map.finish(ignore=("uuid", "source_url", "rights_owner", "keywords", "version", "languages"))
    return metadata


def _read_kind(yaml_map: YamlMap, report: Report) -> tuple[bool, bool]:
    """Whether the problem is scoring, and whether a program of the package checks outputs."""
    kinds = [word for text in yaml_map.texts("type") for word in text.split()] or ["pass-fail"]
    for word in kinds:
        if word in {"interactive", "multi-pass", "submit-answer"}:
            yaml_map.fault("type", "type-not-yet", f"`type: {word}` cannot be judged yet")
        elif word not in {"pass-fail", "scoring"}:
            yaml_map.fault("type", "type-unknown", f"`type` must be pass-fail or scoring, not {word[:40]!r}")
    is_scoring = "scoring" in kinds
    words = yaml_map.text("validation", "default").split() or ["default"]
    for word in words[1:]:
        if word in {"interactive", "multipass", "multi-pass"}:
            yaml_map.fault("validation", "type-not-yet", f"`validation: {' '.join(words)}`: {word} problems cannot be judged yet")
        elif word != "score" or not is_scoring:
            yaml_map.fault("validation", "validation-unknown", f"`validation` has {word[:40]!r}; score goes with `type: scoring`")
    if words[0] not in {"default", "custom"} or (words[0] == "default" and len(words) > 1):
        yaml_map.fault("validation", "validation-unknown", "`validation` must be default, or custom (with score for scoring problems)")
    _read_grading(yaml_map.map("grading"), is_scoring, report)
    return is_scoring, words[0] == "custom"


def _read_grading(grading: YamlMap, is_scoring: bool, report: Report) -> None:
    if grading.choice("objective", ("max", "min"), "max", "yaml-wrong-type") == "min":
        grading.fault("objective", "grading-not-yet", "`grading.objective: min`: scores to be minimised cannot be judged yet")
    if grading.keys_as_written() and not is_scoring:
        report.add("grading-ignored", "problem.yaml", "`grading` says nothing for pass-fail problems")
    for key in ("accept_score", "reject_score", "range", "on_reject"):
        if key in grading:
            grading.fault(key, "grading-ignored", f"`grading.{key}` is deprecated; write it into data/testdata.yaml")
    grading.finish(ignore=("show_test_data_groups", "custom_scoring"))


def _flags(yaml_map: YamlMap) -> tuple[str, ...]:
    texts = yaml_map.texts("validator_flags") or yaml_map.texts("output_validator_flags")
    return tuple(word for text in texts for word in text.split())


def _run_limits(limits: YamlMap, files: PackageFiles, ini: dict[str, str], report: Report) -> Limits:
    cpu_ms = _cpu_ms(limits, files, ini, report)
    memory = limits.number("memory", 1, MOST_MIB)
    output = limits.number("output", 1, 4096)
    found = Limits(cpu_ms=cpu_ms, wall_ms=2 * cpu_ms + 1_000)
    if memory is not None:
        found = replace(found, memory_bytes=int(memory * MIB))
    if output is not None:
        size_bytes = int(output * MIB)
        found = replace(found, output_bytes=size_bytes, file_bytes=max(found.file_bytes, size_bytes))
    return found


def _cpu_ms(limits: YamlMap, files: PackageFiles, ini: dict[str, str], report: Report) -> int:
    """The time limit of one case: from .timelimit, else domjudge-problem.ini, else problem.yaml, else the default."""
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
            return max(1, round(seconds * 1000))
        report.add("limit-bad", path, f"the time limit must be a number of seconds above 0 and at most {MOST_SECONDS}, not {text[:40]!r}")
        return DEFAULT_CPU_MS
    if of_yaml is not None:
        return max(1, round(of_yaml * 1000))
    if "time_limit" not in limits:
        report.add("time-limit-missing", "problem.yaml", f"no time limit is given: {DEFAULT_CPU_MS / 1000:g} seconds are taken")
    return DEFAULT_CPU_MS


def _seconds(text: str) -> Fraction | None:
    if re.fullmatch(r"[0-9]{0,9}\.?[0-9]{1,9}|[0-9]{1,9}\.", text) is None:
        return None
    seconds = Fraction(text.rstrip(".") if text.endswith(".") else text)
    return seconds if 0 < seconds <= MOST_SECONDS else None


def _compile_limits(limits: YamlMap) -> Limits | None:
    seconds = limits.number("compilation_time", 1, MOST_SECONDS)
    memory = limits.number("compilation_memory", 1, MOST_MIB)
    return _changed(COMPILE_LIMITS, seconds, memory, None)


def _checker_limits(limits: YamlMap) -> Limits | None:
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


def _read_ini(file: PackageFile | None, report: Report) -> dict[str, str]:
    """The pairs of domjudge-problem.ini, values without their quotes."""
    text = read_text(file, report) if file is not None else None
    found: dict[str, str] = {}
    for number, line in enumerate((text or "").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";", "[")):
            continue
        match = _INI_LINE.fullmatch(line)
        if match is None:
            report.add("ini-invalid", "domjudge-problem.ini", f"line {number} is not of the form key = value")
            continue
        value = match.group(2)
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[match.group(1).lower()] = value
    return found
