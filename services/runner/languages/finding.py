"""Owns the finding of toolchains on this machine: programs, files, versions. Never runs what a person wrote.

What lies where a box does not show it is not there: a program outside /usr, unless the language names it among its binds.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.runner.languages.language import Language, Tools

BOX_PATH = "/usr/local/bin:/usr/bin:/bin"
_ALWAYS_SHOWN = ("/usr/", "/bin/", "/lib/")
_LIMIT_S = 20.0


class Finder:
    """Finds toolchains, and asks no program the same thing twice."""

    def __init__(self) -> None:
        self._said = cache(_said)

    def find(self, language: Language) -> Tools | None:
        """What the language needs, None when something is missing, hidden from boxes or too old. Blocks."""
        shown = tuple(str(path) for pattern in language.binds for path in sorted(Path("/").glob(pattern.lstrip("/"))))
        paths = {names.split("|")[0]: _program(names, shown) for names in language.programs}
        paths |= {name: _file(patterns, shown) for name, patterns in language.files.items()}
        if not all(paths.values()):
            return None
        paths |= {name: found for name, patterns in language.extras.items() if (found := _file(patterns, shown))}
        version = self._version(language, paths)
        if not version or (language.trial and self._said((_first(paths), *language.trial)) is None):
            return None
        return Tools(paths, version, self._has_static(paths), shown)

    def _version(self, language: Language, paths: Mapping[str, str]) -> str:
        if language.read_version is not None:
            try:
                read = language.read_version(paths)
            except (OSError, ValueError, KeyError):
                read = ""
            if read or not language.version_arguments:
                return read
        said = self._said((_first(paths), *language.version_arguments))
        return next((line.strip() for line in (said or "").splitlines() if line.strip()), "")

    def _has_static(self, paths: Mapping[str, str]) -> bool:
        compiler = paths.get("g++") or paths.get("gcc")
        wanted = ("libc.a", "libm.a", *(("libstdc++.a",) if "g++" in paths else ()))
        return compiler is not None and all(
            Path((self._said((compiler, f"-print-file-name={name}")) or "").strip()).is_absolute() for name in wanted
        )


def _first(paths: Mapping[str, str]) -> str:
    return next(iter(paths.values()))


def _program(names: str, shown: tuple[str, ...]) -> str:
    for name in names.split("|"):
        path = shutil.which(name, path=BOX_PATH)
        if path is not None and _is_shown(path, shown):
            return path
    return ""


def _file(patterns: tuple[str, ...], shown: tuple[str, ...]) -> str:
    found = (str(path) for pattern in patterns for path in sorted(Path("/").glob(pattern.lstrip("/"))))
    return next((path for path in found if _is_shown(path, shown)), "")


def _is_shown(path: str, shown: tuple[str, ...]) -> bool:
    real = str(Path(path).resolve())
    return real.startswith(_ALWAYS_SHOWN) or any(real == each or real.startswith(f"{each}/") for each in shown)


def _said(argv: tuple[str, ...]) -> str | None:
    """What a program prints, on stderr when nothing on stdout; None when it fails."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False, env={"PATH": BOX_PATH, "LANG": "C.UTF-8"}
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout or done.stderr if done.returncode == 0 else None
