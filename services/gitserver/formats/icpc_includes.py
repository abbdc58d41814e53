"""Owns the reading of ``include/``: files that are compiled with every submission of a language. Never compiles any.

Source: 2025-09 format, "Included files": ``include/default`` for every language, ``include/LANGUAGE`` lies over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.package import PackageProgram
from wire.languages import LANGUAGES

EVERY: Final = "*"
"""The language of what is compiled with submissions of every language that no other include names."""


def read_includes(files: PackageFiles, allowed: tuple[str, ...], report: Report) -> tuple[PackageProgram, ...]:
    """What is compiled with submissions, one program for each language and one for all others. ``allowed`` empty: every language."""
    folders: dict[str, dict[str, PackageFile]] = {}
    for name, held in files.children("include").items():
        if held[0].path == f"include/{name}":
            report.add("include-unknown", held[0].path, "files to include lie in a folder of a language, as include/cpp/")
            continue
        own = {file.path.removeprefix(f"include/{name}/"): file for file in held}
        if name == "default":
            folders[EVERY] = own
            continue
        if name not in LANGUAGES:
            report.add("include-unknown", f"include/{name}", f"{name!r} is no language that is judged here: the folder is ignored")
        elif allowed and name not in allowed:
            report.add("include-unknown", f"include/{name}", f"the problem does not take {name!r}: the folder is ignored")
        else:
            folders[name] = own
    every = folders.get(EVERY, {})
    return tuple(_program(language, every | own) for language, own in sorted(folders.items()))


def _program(language: str, held: Mapping[str, PackageFile]) -> PackageProgram:
    return PackageProgram(language, held, path="include/default" if language == EVERY else f"include/{language}")
