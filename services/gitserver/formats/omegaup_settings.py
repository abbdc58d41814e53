"""Owns the reading of omegaUp's settings.json: limits, validator, group policy, weights. Never looks at cases or programs.

There are two of that name: the one that omegaUp exports and keeps (``Limits``, ``Validator``), and the one from which its tools upload a
problem (``limits`` in milliseconds, ``validator``, ``title``, ``misc``), in which repositories of problems hold theirs.

Source: omegaup/quark ``common/problemsettings.go`` (keys and defaults), omegaup/go-base ``duration.go`` and ``byte.go`` (times and sizes);
omegaup/ofmi-archive (the other one).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.limits import Limits
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile
from services.gitserver.formats.json_map import JsonMap, read_json
from services.gitserver.formats.parts import LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES, MOST_MS, MOST_POINTS

MIB: Final = 1 << 20
VALIDATORS: Final = ("token", "token-caseless", "token-numeric", "literal", "custom")
SUM_IF_NOT_ZERO: Final = "sum-if-not-zero"
MIN: Final = "min"

_LANGUAGES: Final = {
    "c": "c", "cpp": "cpp", "java": "java", "py": "python3", "py3": "python3", "kt": "kotlin", "js": "javascript", "ts": "typescript", "go": "go",
    "rs": "rust", "cs": "csharp", "hs": "haskell", "rb": "ruby", "php": "php", "pl": "perl", "pas": "pascal", "lua": "lua", "cat": "text",
}  # fmt: skip
_UNITS_MS: Final = {
    "h": Fraction(3_600_000), "m": Fraction(60_000), "s": Fraction(1000), "ms": Fraction(1),
    "us": Fraction(1, 1000), "µs": Fraction(1, 1000), "μs": Fraction(1, 1000), "ns": Fraction(1, 1_000_000),
}  # fmt: skip
_SIZES: Final = {"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1, "": 1}
_PART = re.compile(r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})(h|ms|m|s|us|µs|μs|ns)")
_PLAIN = re.compile(r"\d{1,12}(?:\.\d{0,9})?")
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{0,9})?)(TiB|GiB|MiB|KiB|B|)")

_DEFAULT = Limits(cpu_ms=1_000, wall_ms=2_000, memory_bytes=32 * MIB, output_bytes=10 * 1024)
_OF_VALIDATOR = Limits(cpu_ms=1_000, wall_ms=5_000, memory_bytes=256 * MIB, output_bytes=10 * 1024)


@dataclass(frozen=True, slots=True)
class Validator:
    """How outputs are compared. ``language`` is omegaUp's id of it, ``limits`` those of a custom one."""

    name: str = "token-caseless"
    tolerance: Fraction | None = None
    language: str = ""
    limits: Limits | None = None
    policy: str = SUM_IF_NOT_ZERO


@dataclass(frozen=True, slots=True)
class Settings:
    """What settings.json says; ``weights`` by case name, empty when it names no cases.

    ``module`` and ``parent`` are libinteractive's: what the contestants' file is called, and our id of Main's language.
    """

    limits: Limits = _DEFAULT
    validator: Validator = field(default_factory=Validator)
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    is_interactive: bool = False
    module: str = ""
    parent: str = ""
    title: str = ""
    source: str = ""


def read_settings(file: PackageFile | None, report: Report) -> Settings:
    """The settings of a package; omegaUp's own defaults where it has none, which is said."""
    whole = read_json(file, report) if file is not None else None
    if whole is None:
        if file is None:
            report.add("settings-missing", "settings.json", "there is no settings.json: 1 second, 32 MiB and token-caseless are taken")
        return Settings()
    if "Limits" not in whole and "limits" in whole:
        return _to_upload(whole)
    limits = whole.map("Limits")
    if "TimeLimit" not in limits:
        report.add("time-limit-missing", "settings.json", "`Limits.TimeLimit` is not there; 1 second is taken")
    found = Settings(
        limits=_limits(limits, _DEFAULT),
        validator=_validator(whole.map("Validator")),
        weights=_weights(whole),
    )
    whole.finish(ignore=("Slow", "Interactive"))
    return _with_interactive(found, whole, "Interactive")


def _to_upload(whole: JsonMap) -> Settings:
    """The settings of a problem that is to be uploaded: times are milliseconds, and there are no weights."""
    validator = whole.map("validator")
    name = validator.text("name", "token-caseless")
    if name not in VALIDATORS:
        validator.fault("validation-unknown", f"`validator.name` must be one of {', '.join(VALIDATORS)}, not {name[:40]!r}")
        name = "token-caseless"
    of_validator = validator.map("limits")
    found = Settings(
        limits=_limits(whole.map("limits"), _DEFAULT, in_ms=True),
        validator=Validator(
            name=name,
            tolerance=validator.number("tolerance", 0, 1e9, "validator-flag-bad"),
            language=validator.text("lang"),
            limits=_limits(of_validator, _OF_VALIDATOR, in_ms=True) if "limits" in validator else None,
            policy=_policy(validator, "group_score_policy"),
        ),
        title=whole.text("title"),
        source=whole.text("source"),
    )
    validator.finish()
    whole.finish(ignore=("misc", "interactive"))
    return _with_interactive(found, whole, "interactive")


def _with_interactive(found: Settings, whole: JsonMap, key: str) -> Settings:
    """The rest of that object is code that omegaUp had made; here it is made anew."""
    if key not in whole:
        return found
    given = whole.map(key)
    return replace(found, is_interactive=True, module=given.text("ModuleName"), parent=language_named(given.text("ParentLang")))


def _limits(given: JsonMap, usual: Limits, *, in_ms: bool = False) -> Limits:
    """Limits of one execution. ``OverallWallTimeLimit`` is one for all cases together there; here it bounds each of them."""
    unit = Fraction(1 if in_ms else 1000)
    cpu = _milliseconds(given, "TimeLimit", unit, least=1)
    extra = _milliseconds(given, "ExtraWallTime", unit) or 0
    overall = _milliseconds(given, "OverallWallTimeLimit", unit)
    memory = _bytes(given, "MemoryLimit", LEAST_MEMORY_BYTES)
    output = _bytes(given, "OutputLimit", 1)
    given.finish(ignore=("InputLimit",) if in_ms else ())
    cpu_ms = usual.cpu_ms if cpu is None else cpu
    wall_ms = max(usual.wall_ms, 2 * cpu_ms + 1_000) + extra
    if overall:
        wall_ms = max(min(wall_ms, overall), cpu_ms + 1)
    made = replace(usual, cpu_ms=cpu_ms, wall_ms=wall_ms, memory_bytes=memory or usual.memory_bytes, output_bytes=output or usual.output_bytes)
    return replace(made, file_bytes=max(made.file_bytes, made.output_bytes))


def _validator(given: JsonMap) -> Validator:
    name = given.text("Name", "token-caseless")
    if name not in VALIDATORS:
        given.fault("validation-unknown", f"`Validator.Name` must be one of {', '.join(VALIDATORS)}, not {name[:40]!r}")
        name = "token-caseless"
    found = Validator(
        name=name,
        tolerance=given.number("Tolerance", 0, 1e9, "validator-flag-bad"),
        language=given.text("Lang"),
        limits=_limits(given.map("Limits"), _OF_VALIDATOR) if "Limits" in given else None,
        policy=_policy(given, "GroupScorePolicy"),
    )
    given.finish()
    return found


def _policy(given: JsonMap, key: str) -> str:
    policy = given.text(key) or SUM_IF_NOT_ZERO
    if policy not in {SUM_IF_NOT_ZERO, MIN}:
        given.fault("grading-not-yet", f"`Validator.{key}` must be {SUM_IF_NOT_ZERO} or {MIN}, not {policy[:40]!r}")
        policy = SUM_IF_NOT_ZERO
    return policy


def language_named(name: str) -> str:
    """Our id of an omegaUp language such as cpp17-gcc or py3; empty when nothing is said, or nothing that is known."""
    plain = name.partition("-")[0]
    return _LANGUAGES.get(plain) or _LANGUAGES.get(plain.rstrip("0123456789"), "")


def _weights(whole: JsonMap) -> dict[str, Fraction]:
    """The weight of every case that settings.json names."""
    found: dict[str, Fraction] = {}
    for group in whole.maps("Cases"):
        group.text("Name")
        for case in group.maps("Cases"):
            name, weight = case.text("Name"), case.number("Weight", 0, MOST_POINTS, "bad-points")
            if name in found:
                case.fault("plan-mismatch", f"the case {name[:60]!r} stands twice in `Cases`")
            found[name] = Fraction(1) if weight is None else weight
            case.finish()
        group.finish()
    return found


def _milliseconds(given: JsonMap, key: str, unit: Fraction, least: int = 0) -> int | None:
    """A time as Go writes it ("1m30s", "500ms"), or a number of units of so many milliseconds; None when it is absent or wrong."""
    if key not in given:
        return None
    text = given.text(key)
    rest, total = text.strip(), Fraction(0)
    if _PLAIN.fullmatch(rest):
        total, rest = Fraction(rest) * unit, ""
    while rest and (part := _PART.match(rest)) is not None:
        total += Fraction(part[1] if not part[1].startswith(".") else "0" + part[1]) * _UNITS_MS[part[2]]
        rest = rest[part.end() :]
    if rest or not text or not least <= total <= MOST_MS:
        given.fault("limit-bad", f"`{key}` must be a time such as 1s or 500ms, at most {MOST_MS // 1000}s, not {text[:40]!r}")
        return None
    return max(int(total), least)


def _bytes(given: JsonMap, key: str, least: int) -> int | None:
    """A size in bytes, or with a unit such as 32MiB; None when it is absent or wrong."""
    if key not in given:
        return None
    text = given.text(key)
    match = _SIZE.fullmatch(text.strip())
    size = int(Fraction(match[1]) * _SIZES[match[2]]) if match is not None else 0
    if not least <= size <= MOST_MEMORY_BYTES:
        given.fault("limit-bad", f"`{key}` must be a size such as 33554432 or 32MiB, at least {least}, not {text[:40]!r}")
        return None
    return size
