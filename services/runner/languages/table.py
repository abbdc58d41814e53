"""Owns the table of languages, and the finding of those whose toolchains this machine has. Adding one is a file and a row here."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.runner.languages.c import C
from services.runner.languages.cpp import CPP
from services.runner.languages.java import JAVA
from services.runner.languages.language import Language, Tools
from services.runner.languages.python3 import PYTHON3

LANGUAGES: Final[dict[str, Language]] = {language.id: language for language in (C, CPP, JAVA, PYTHON3)}
"""Every language that a runner knows."""

BOX_PATH = "/usr/local/bin:/usr/bin:/bin"
_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A language with the tools that were found for it."""

    language: Language
    tools: Tools


def find_toolchains(only: tuple[str, ...] = ()) -> dict[str, Toolchain]:
    """The languages that can be offered here, by id. ``only`` narrows them; empty: all. Blocks a few tenths of a second."""
    wanted = [language for name, language in LANGUAGES.items() if not only or name in only]
    with ThreadPoolExecutor(len(wanted) or 1) as threads:
        found = threads.map(_find, wanted)
    return {language.id: Toolchain(language, tools) for language, tools in zip(wanted, found, strict=True) if tools is not None}


def shown_files(toolchains: Mapping[str, Toolchain]) -> tuple[str, ...]:
    """The files of the host that the toolchains need in every box, beside /usr."""
    return tuple(sorted({path for toolchain in toolchains.values() for path in toolchain.tools.shown}))


def _find(language: Language) -> Tools | None:
    paths: dict[str, str] = {}
    for name in language.programs:
        path = shutil.which(name, path=BOX_PATH)
        if path is None:
            return None
        paths[name] = path
    said = _output([paths[language.programs[0]], *language.version_arguments])
    if said is None:
        return None
    compiler = paths.get("g++") or paths.get("gcc")
    has_static = compiler is not None and all(
        Path((_output([compiler, f"-print-file-name={name}"]) or "").strip()).is_absolute()
        for name in ("libc.a", "libm.a", *(("libstdc++.a",) if "g++" in paths else ()))
    )
    shown = tuple(str(path) for pattern in language.binds for path in Path("/").glob(pattern.lstrip("/")))
    return Tools(paths, said.strip().splitlines()[0] if said.strip() else "", has_static, shown)


def _output(argv: list[str]) -> str | None:
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False, env={"PATH": BOX_PATH, "LANG": "C.UTF-8"}
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout or done.stderr if done.returncode == 0 else None
