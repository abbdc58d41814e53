"""Owns the table of languages, and the finding of those whose toolchains this machine has. Adding one is a file and a row here."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from services.runner.languages.bash import BASH
from services.runner.languages.c import C
from services.runner.languages.cpp import CPP, CPP17, CPP23
from services.runner.languages.csharp import CSHARP
from services.runner.languages.finding import Finder
from services.runner.languages.go import GO
from services.runner.languages.haskell import HASKELL
from services.runner.languages.java import JAVA
from services.runner.languages.javascript import JAVASCRIPT
from services.runner.languages.kotlin import KOTLIN
from services.runner.languages.language import Language, Tools
from services.runner.languages.lua import LUA
from services.runner.languages.ocaml import OCAML
from services.runner.languages.pascal import PASCAL
from services.runner.languages.perl import PERL
from services.runner.languages.php import PHP
from services.runner.languages.python import PYPY3, PYTHON3
from services.runner.languages.ruby import RUBY
from services.runner.languages.rust import RUST
from services.runner.languages.scripted import SCRIPTED
from services.runner.languages.text import TEXT
from services.runner.languages.typescript import TYPESCRIPT

LANGUAGES: Final[dict[str, Language]] = {
    language.id: language
    for language in (
        C, CPP, CPP17, CPP23, JAVA, PYTHON3, PYPY3, KOTLIN, JAVASCRIPT, TYPESCRIPT, GO, RUST, CSHARP, HASKELL, RUBY, PHP, PERL, PASCAL,
        LUA, OCAML, BASH, TEXT,
    )
}  # fmt: skip
"""Every language that a runner knows, and that a submission may be in."""

EVERY: Final[dict[str, Language]] = {**LANGUAGES, SCRIPTED.id: SCRIPTED}
"""Those of setters' programs too."""


_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A language with the tools that were found for it."""

    language: Language
    tools: Tools


def find_toolchains(only: tuple[str, ...] = ()) -> dict[str, Toolchain]:
    """The languages that can be offered here, by id. ``only`` narrows those of submissions; empty: all. Blocks a few tenths of a second."""
    wanted = [language for name, language in EVERY.items() if not only or name in only or language.is_setters]
    finder = Finder()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = threads.map(finder.find, wanted)
        return {language.id: Toolchain(language, tools) for language, tools in zip(wanted, found, strict=True) if tools is not None}


def shown_files(toolchains: Mapping[str, Toolchain]) -> tuple[str, ...]:
    """The files of the host that the toolchains need in every box, beside /usr."""
    return tuple(sorted({path for toolchain in toolchains.values() for path in toolchain.tools.shown}))
