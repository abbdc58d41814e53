"""Owns the reading of problem.yaml of the 2025-09 format. Never reads anything else of a package.

Source: https://icpc.io/problem-package-format/spec/2025-09, "Problem metadata"; `2023-07-draft` had the same keys.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from fractions import Fraction
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.icpc_constants import read_constants
from services.gitserver.formats.icpc_metadata import (
    DEFAULT_CPU_MS, LICENSES, MOST_SECONDS, Metadata, checker_limits, compile_limits, read_passes, run_limits,
)  # fmt: skip
from services.gitserver.formats.languages import known_languages
from services.gitserver.formats.yaml_map import NUMBER, YamlMap
from wire.verification import LimitRule

TYPES: Final = ("pass-fail", "scoring", "multi-pass", "interactive", "submit-answer")
EXCLUDING: Final = (("pass-fail", "scoring"), ("multi-pass", "submit-answer"), ("interactive", "submit-answer"))
CREDITS: Final = ("authors", "contributors", "testers", "packagers", "acknowledgements")

WHOLE_NUMBERS: Final = (
    "memory", "output", "code", "compilation_time", "compilation_memory", "validation_time", "validation_memory", "validation_output",
    "validation_passes",
)  # fmt: skip
MOST_CODE_KIB: Final = 1 << 20

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?")
_PERSON_KEYS: Final = ("email", "orcid", "kattis")


def read_metadata_2025(yaml_map: YamlMap, report: Report, *, is_custom: bool) -> Metadata:
    """What problem.yaml says; defaults stand where a finding was added. ``is_custom``: the package has an output validator."""
    kinds = _kinds(yaml_map)
    limits = yaml_map.map("limits")
    titles = yaml_map.texts_by_language("name")
    if "" in titles:
        titles = {"en": titles[""]}
    if not titles:
        report.add("title-missing", "problem.yaml", "there is no `name`, which must be there")
    credits_ = _credits(yaml_map)
    license_ = yaml_map.choice("license", LICENSES, "unknown", "license-unknown")
    owner = yaml_map.text("rights_owner")
    if owner and license_ == "public domain":
        yaml_map.fault("rights_owner", "license-unknown", "nobody owns what is in the public domain: leave `rights_owner` out")
    source = _source(yaml_map)
    if license_ not in {"unknown", "public domain"} and not (owner or credits_ or source):
        report.add("license-unknown", "problem.yaml", f"with the license {license_!r} there must be a rights_owner, an author or a source")
    _check_identity(yaml_map, report)
    cpu_ms, is_stated = _cpu_ms(limits, report, is_needed="submit-answer" not in kinds)
    found = Metadata(
        limits=run_limits(limits, cpu_ms),
        compile_limits=compile_limits(limits),
        checker_limits=checker_limits(limits),
        titles={language: title for language, title in titles.items() if title},
        is_scoring="scoring" in kinds,
        is_custom=is_custom,
        author=", ".join(credits_) or owner,
        source=source,
        license=license_ if "license" in yaml_map else "",
        is_interactive="interactive" in kinds,
        passes=_passes(limits, kinds),
        is_output_only="submit-answer" in kinds,
        languages=("text",) if "submit-answer" in kinds else _languages(yaml_map),
        limit_rule=replace(_limit_rule(limits), is_stated=is_stated),
        constants=read_constants(yaml_map),
        code_bytes=_code_bytes(limits),
        writes_files=yaml_map.flag("allow_file_writing"),
    )
    _check_whole_numbers(limits)
    yaml_map.text("version")
    yaml_map.sequence("keywords")
    limits.finish()
    yaml_map.finish(ignore=("problem_format_version", "languages"))
    return found


def _passes(limits: YamlMap, kinds: tuple[str, ...]) -> int:
    """How often a program is run at most; what is said of it is looked at even where it means nothing."""
    passes = read_passes(limits)
    if "multi-pass" in kinds:
        return passes
    if "validation_passes" in limits:
        limits.fault("validation_passes", "limit-unused", "`limits.validation_passes` says nothing where `type` does not say multi-pass")
    return 1


def _code_bytes(limits: YamlMap) -> int:
    """The longest source, 0 for whatever the house takes."""
    kibibytes = limits.number("code", 1, MOST_CODE_KIB)
    return 0 if kibibytes is None else int(kibibytes * 1024)


def _check_whole_numbers(limits: YamlMap) -> None:
    for key in WHOLE_NUMBERS:
        text = limits.text(key)
        if NUMBER.fullmatch(text) and Fraction(text.replace("_", "")).denominator != 1:
            limits.fault(key, "limit-bad", f"`limits.{key}` must be a whole number, not {text[:40]}")


def _kinds(yaml_map: YamlMap) -> tuple[str, ...]:
    kinds = yaml_map.texts("type")
    if not kinds:
        if "type" in yaml_map:
            yaml_map.fault("type", "type-unknown", f"`type` must be of {', '.join(TYPES)}; it names none")
        return ("pass-fail",)
    for kind in dict.fromkeys(kinds):
        if kind not in TYPES:
            yaml_map.fault("type", "type-unknown", f"`type` must be of {', '.join(TYPES)}, not {kind[:40]!r}")
        elif kinds.count(kind) > 1:
            yaml_map.fault("type", "type-unknown", f"`type` names {kind} twice")
    for one, other in EXCLUDING:
        if one in kinds and other in kinds:
            yaml_map.fault("type", "type-unknown", f"`type` can not be {one} and {other} at once")
    return kinds


def _languages(yaml_map: YamlMap) -> tuple[str, ...]:
    words = yaml_map.texts("languages")
    if not words and "languages" in yaml_map:
        yaml_map.fault("languages", "language-none", "`languages` names none: leave it out, or say all")
    if not words or words == ("all",):
        return ()
    known, unknown = known_languages(words)
    for word in unknown:
        yaml_map.fault("languages", "language-unknown", f"`languages`: {word[:40]!r} is not judged here")
    if not known:
        yaml_map.fault("languages", "language-none", "`languages` names none that is judged here")
    return known


def _check_identity(yaml_map: YamlMap, report: Report) -> None:
    word = yaml_map.text("uuid")
    if not word:
        report.add("uuid-missing", "problem.yaml", "there is no `uuid`; the format asks for one")
    else:
        try:
            uuid.UUID(word)
        except ValueError:
            yaml_map.fault("uuid", "uuid-missing", f"`uuid` must be one, not {word[:60]!r}")
    embargo = yaml_map.text("embargo_until")
    if embargo and not _DATE.fullmatch(embargo):
        yaml_map.fault("embargo_until", "yaml-wrong-type", "`embargo_until` must be a date, or date and time as 2026-01-31T18:00:00Z")


def _credits(yaml_map: YamlMap) -> list[str]:
    """The authors; all other credits are looked at and nothing more."""
    if not yaml_map.is_map("credits"):
        return _persons(yaml_map, "credits")
    inner = yaml_map.map("credits")
    found = {key: _persons(inner, key) for key in CREDITS}
    translators = inner.map("translators")
    for language in translators.keys_as_written():
        _persons(translators, language)
    inner.finish()
    return found["authors"]


def _persons(yaml_map: YamlMap, key: str) -> list[str]:
    names: list[str] = []
    for member in yaml_map.members(key):
        if isinstance(member, str):
            names.append(member.partition(" <")[0])
            continue
        names.append(member.text("name"))
        if not names[-1]:
            yaml_map.fault(key, "yaml-wrong-type", f"`{key}`: a person needs a `name`")
        for known in _PERSON_KEYS:
            member.text(known)
        member.finish()
    return [name for name in names if name]


def _source(yaml_map: YamlMap) -> str:
    names: list[str] = []
    for member in yaml_map.members("source"):
        if isinstance(member, str):
            names.append(member)
            continue
        names.append(member.text("name"))
        if not names[-1]:
            yaml_map.fault("source", "yaml-wrong-type", "`source`: an entry needs a `name`")
        member.text("url")
        member.finish()
    return ", ".join(name for name in names if name)


def _cpu_ms(limits: YamlMap, report: Report, *, is_needed: bool) -> tuple[int, bool]:
    """The time limit of one case, and whether it is stated; where nothing is run (``is_needed`` False) none has to be."""
    seconds = limits.number("time_limit", 0.001, MOST_SECONDS)
    if seconds is not None:
        return max(1, round(seconds * 1000)), True
    if "time_limit" not in limits and is_needed:
        report.add("time-limit-missing", "problem.yaml", f"no `limits.time_limit`: {DEFAULT_CPU_MS / 1000:g} seconds until one is measured")
    return DEFAULT_CPU_MS, not is_needed


def _limit_rule(limits: YamlMap) -> LimitRule:
    found, inner = LimitRule(), limits.map("time_multipliers")
    accepted, exceeding = inner.number("ac_to_time_limit", 1, 1000), inner.number("time_limit_to_tle", 1, 1000)
    step = limits.number("time_resolution", 0.001, MOST_SECONDS)
    inner.finish()
    return replace(
        found,
        accepted_multiplier=found.accepted_multiplier if accepted is None else accepted,
        exceeding_multiplier=found.exceeding_multiplier if exceeding is None else exceeding,
        step_ms=found.step_ms if step is None else max(1, round(step * 1000)),
    )
