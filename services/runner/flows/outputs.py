"""Owns how a submission without a program is read: which part of it is the output of which case. Pure.

One file is the output of every case, unless lines ``=== NAME ===`` divide it: then each part is that of the case of this name. Of several
files each is the output of the case that it is named after. A case is named by its whole name or its last part: ``secret/02`` or ``02``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.runner.builds import BuildFailed

_HEADER = re.compile(rb"^===[ \t]*(\S+)[ \t]*===[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_PREFIXES = ("output_", "output")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The parts of a submission by the name of their case; ``whole`` is the output of every case that has none, None when there is no such."""

    parts: Mapping[str, bytes]
    whole: bytes | None

    def of(self, case: str) -> bytes | None:
        """The output of a case, None without one."""
        return self.parts.get(case, self.whole)


def read_outputs(files: Mapping[str, bytes], cases: Sequence[str]) -> Outputs:
    """The outputs of a submission; ``cases`` are the names that there are. Raises: `BuildFailed` with what the contestant should know."""
    names = _names(cases)
    if len(files) > 1:
        return _by_file(files, names)
    path, content = next(iter(files.items()), ("", b""))
    headers = list(_HEADER.finditer(content))
    if headers and not content[: headers[0].start()].strip():
        return _by_header(content, headers, names)
    named = _case_of_file(path, names)
    return Outputs({}, content) if named is None or len(cases) == 1 else Outputs({named: content}, None)


def _names(cases: Sequence[str]) -> dict[str, str]:
    """Every name that a case answers to. A last part that two cases share names neither."""
    short: dict[str, list[str]] = {}
    for case in cases:
        short.setdefault(case.rpartition("/")[2], []).append(case)
    return {name: found[0] for name, found in short.items() if len(found) == 1} | {case: case for case in cases}


def _by_header(content: bytes, headers: Sequence[re.Match[bytes]], names: Mapping[str, str]) -> Outputs:
    parts: dict[str, bytes] = {}
    ends = [header.start() for header in headers[1:]] + [len(content)]
    for header, end in zip(headers, ends, strict=True):
        said = header[1].decode("utf-8", errors="replace")
        if said not in names:
            raise BuildFailed(f"there is no case {said[:60]!r}; those of this problem are {_listed(names)}")
        if names[said] in parts:
            raise BuildFailed(f"there are two outputs for the case {said!r}")
        parts[names[said]] = content[header.end() : end]
    return Outputs(parts, None)


def _by_file(files: Mapping[str, bytes], names: Mapping[str, str]) -> Outputs:
    parts: dict[str, bytes] = {}
    for path, content in sorted(files.items()):
        case = _case_of_file(path, names)
        if case is None:
            raise BuildFailed(f"the file {path!r} is named after no case; those of this problem are {_listed(names)}")
        parts[case] = content
    return Outputs(parts, None)


def _case_of_file(path: str, names: Mapping[str, str]) -> str | None:
    bare = str(PurePosixPath(path).with_suffix("")) if path else ""
    stem = bare.rpartition("/")[2]
    wanted = (path, bare, stem, *(stem.removeprefix(prefix) for prefix in _PREFIXES))
    return next((names[name] for name in wanted if name in names), None)


def _listed(names: Mapping[str, str]) -> str:
    cases = sorted(set(names.values()))
    return ", ".join(cases[:20]) + (f" and {len(cases) - 20} more" if len(cases) > 20 else "")
