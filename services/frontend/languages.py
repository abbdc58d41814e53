"""Owns the list of languages that may be submitted in: id, name, endings of files. Never runs one: runners do.

Source: language ids of the ICPC Contest API and of Kattis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from wire.runners import RunnerStatus


@dataclass(frozen=True, slots=True)
class Language:
    """A programming language. ``extensions`` without the dot, the usual one first."""

    id: str
    name: str
    extensions: tuple[str, ...]


_CPP = ("cpp", "cc", "cxx", "c++", "C")
LANGUAGES: Final[dict[str, Language]] = {
    language.id: language
    for language in (
        Language("c", "C", ("c",)),
        Language("cpp", "C++20", _CPP),
        Language("cpp17", "C++17", _CPP),
        Language("cpp23", "C++23", _CPP),
        Language("java", "Java", ("java",)),
        Language("python3", "Python 3", ("py", "py3")),
        Language("pypy3", "PyPy 3", ("py", "py3")),
        Language("kotlin", "Kotlin", ("kt",)),
        Language("javascript", "JavaScript", ("js", "mjs", "cjs")),
        Language("typescript", "TypeScript", ("ts", "mts", "cts")),
        Language("go", "Go", ("go",)),
        Language("rust", "Rust", ("rs",)),
        Language("csharp", "C#", ("cs",)),
        Language("haskell", "Haskell", ("hs",)),
        Language("ruby", "Ruby", ("rb",)),
        Language("php", "PHP", ("php",)),
        Language("perl", "Perl", ("pl", "pm")),
        Language("pascal", "Pascal", ("pas", "pp", "dpr")),
        Language("lua", "Lua", ("lua",)),
        Language("ocaml", "OCaml", ("ml",)),
        Language("bash", "Bash", ("sh", "bash")),
        Language("text", "Text (output only)", ("txt", "out", "ans")),
    )
}
"""Every language by id, in the order in which people choose."""


def name_of(language: str) -> str:
    """The name that people read; the id when it is not known any more."""
    known = LANGUAGES.get(language)
    return known.name if known else language


def versions_of(runners: Iterable[RunnerStatus]) -> Mapping[str, tuple[str, ...]]:
    """What runners say of each language's version, each once; nothing of languages whose runners say none."""
    told: dict[str, set[str]] = {}
    for facts in (runner.facts for runner in runners if runner.facts is not None):
        for language, version in facts.versions.items():
            told.setdefault(language, set()).add(version)
    return {language: tuple(sorted(versions)) for language, versions in told.items()}
