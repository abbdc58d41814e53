"""Owns the constants of a 2025-09 package: their values put in wherever the format says so. Never touches test data or problem.yaml.

Source: 2025-09 format, "Constants".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, made
from services.gitserver.formats.yaml_map import YamlMap

PLACES: Final = ("input_validators/", "output_validator/", "include/", "submissions/")
MOST_BYTES: Final = 4 << 20
"""No file may grow beyond this by what is put in."""

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TAG: Final = re.compile(rb"\{\{([a-zA-Z_][a-zA-Z0-9_]*)\}\}")
_COMMAND: Final = re.compile(rb"\\constant\{([a-zA-Z_][a-zA-Z0-9_]*)\}")
_OURS: Final = frozenset({"nextsample", "remainingsamples"})


def read_constants(yaml_map: YamlMap) -> dict[str, str]:
    """The constants of problem.yaml, as they are written."""
    inner = yaml_map.map("constants")
    found: dict[str, str] = {}
    for name in inner.keys_as_written():
        if _NAME.fullmatch(name):
            found[name] = inner.text(name)
        else:
            inner.fault(name, "constant-name", f"`constants.{name[:40]}` is no name: letters, digits and _ make one")
    return found


def with_constants(files: PackageFiles, constants: Mapping[str, str], report: Report) -> PackageFiles:
    """The files of the package with every constant in its place."""
    return PackageFiles(_with_constants(file, constants, report) for file in files)


def _with_constants(file: PackageFile, constants: Mapping[str, str], report: Report) -> PackageFile:
    is_statement = file.path.startswith("statement/") and file.suffix in {".md", ".tex"}
    is_config = file.path.startswith("data/") and file.name == "test_group.yaml"
    if file.content is None or not (is_statement or is_config or file.path.startswith(PLACES)):
        return file
    pattern = _COMMAND if file.suffix == ".tex" else _TAG
    unknown: set[str] = set()

    def value(match: re.Match[bytes]) -> bytes:
        name = match.group(1).decode()
        if name not in constants:
            unknown.add(name)
            return match.group()
        return constants[name].encode()

    content = pattern.sub(value, file.content)
    if is_statement:
        for name in sorted(unknown - _OURS):
            report.add("constant-unknown", file.path, f"{name[:40]!r} is none of the `constants` of problem.yaml")
    if len(content) > max(MOST_BYTES, file.size_bytes):
        report.add("file-too-large", file.path, f"with its constants the file has {len(content)} bytes; at most {MOST_BYTES} are taken")
        return file
    return file if content == file.content else made(file.path, content, is_executable=file.is_executable)
