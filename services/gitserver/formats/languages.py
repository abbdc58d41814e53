"""Owns what a file's ending says of its language. Never compiles: the runner does.

Source: the languages table of the ICPC/Kattis package format; ids as in `/api/v1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from services.gitserver.formats.files import PackageFile
from wire.languages import LANGUAGES

BY_SUFFIX: Final[dict[str, str]] = {
    ".c": "c",
    ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".c++": "cpp", ".C": "cpp",
    ".java": "java",
    ".py": "python3", ".py3": "python3",
    ".kt": "kotlin",
    ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript",
    ".ts": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".cs": "csharp",
    ".hs": "haskell",
    ".rb": "ruby",
    ".php": "php",
    ".pl": "perl", ".pm": "perl",
    ".pas": "pascal", ".pp": "pascal", ".dpr": "pascal",
    ".lua": "lua",
    ".ml": "ocaml",
    ".sh": "bash", ".bash": "bash",
    ".txt": "text",
}  # fmt: skip
"""Language id by file ending."""

CHECKER_LANGUAGES: Final = frozenset({"c", "cpp", "java", "python3"})
"""What output validators may be written in."""

ACCOMPANYING: Final = frozenset({".h", ".hh", ".hpp", ".hxx", ".txt", ".md", ".json", ".yaml", ".inc"})
"""Endings of files that lie beside sources and say nothing of the language."""

BY_CODE: Final = {"cgmp": "c", "cppgmp": "cpp", "javaalgs4": "java", "python3numpy": "python3"}
"""Our id for a code of the format where the two differ."""

_MAIN = re.compile(rb"\b(?:int|auto|void|fun|func|fn)\s+main\s*\(|__name__\s*==|\bbegin\b", re.IGNORECASE)
_DIRECTIVE = re.compile(rb"^:-", re.MULTILINE)
"""What a line of Prolog begins with, and none of Perl, whose ending it shares."""

_SHEBANG = re.compile(rb"#!.*?(python2|pypy3|pypy|python3)")


def language_of(file: PackageFile) -> str:
    """The language id of a source file; empty when the ending is of none that we know, or it asks for Python 2, or is Prolog's."""
    language = BY_SUFFIX.get(file.suffix, "")
    if language == "perl" and _DIRECTIVE.search(file.content or b""):
        return ""
    if language != "python3" or file.content is None:
        return language
    shebang = _SHEBANG.match(file.content)
    if shebang is None or shebang.group(1) == b"python3":
        return language
    return "pypy3" if shebang.group(1).startswith(b"pypy") else ""


def main_of(sources: Sequence[PackageFile]) -> PackageFile:
    """The file of several that is run: called main, or with a main program in it, or the first."""
    for file in sources:
        if file.name.partition(".")[0].strip("_").lower() == "main":
            return file
    return next((file for file in sources if _MAIN.search(file.content or b"")), sources[0])


def known_languages(codes: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Our ids for codes of the format's table, in our order, and the codes that we have none for."""
    wanted = {BY_CODE.get(code, code): code for code in codes}
    return tuple(one for one in LANGUAGES if one in wanted), tuple(code for one, code in wanted.items() if one not in LANGUAGES)
