"""Owns the list of languages that may be submitted in: id, name, endings of files. Never runs one: runners do.

Source: language ids of the ICPC Contest API and of Kattis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """A programming language. ``extensions`` without the dot, the usual one first."""

    id: str
    name: str
    extensions: tuple[str, ...]


LANGUAGES: Final[dict[str, Language]] = {
    language.id: language
    for language in (
        Language("c", "C", ("c",)),
        Language("cpp", "C++", ("cpp", "cc", "cxx", "c++", "C")),
        Language("java", "Java", ("java",)),
        Language("python3", "Python 3", ("py", "py3")),
        Language("pypy3", "PyPy 3", ("py",)),
        Language("kotlin", "Kotlin", ("kt",)),
        Language("javascript", "JavaScript", ("js", "mjs")),
        Language("typescript", "TypeScript", ("ts",)),
        Language("go", "Go", ("go",)),
        Language("rust", "Rust", ("rs",)),
        Language("csharp", "C#", ("cs",)),
        Language("haskell", "Haskell", ("hs",)),
        Language("ruby", "Ruby", ("rb",)),
        Language("php", "PHP", ("php",)),
        Language("perl", "Perl", ("pl",)),
        Language("pascal", "Pascal", ("pas",)),
        Language("lua", "Lua", ("lua",)),
        Language("ocaml", "OCaml", ("ml",)),
        Language("bash", "Bash", ("sh",)),
        Language("text", "Text", ("txt",)),
    )
}
"""Every language by id, in the order in which people choose."""


def name_of(language: str) -> str:
    """The name that people read; the id when it is not known any more."""
    known = LANGUAGES.get(language)
    return known.name if known else language
