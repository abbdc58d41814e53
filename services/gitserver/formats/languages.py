"""Owns what a file's ending says of its language. Never compiles: the runner does.

Source: the languages table of the ICPC/Kattis package format; ids as in `/api/v1`.
"""

from __future__ import annotations

import re
from typing import Final

from services.gitserver.formats.files import PackageFile

BY_SUFFIX: Final[dict[str, str]] = {
    ".c": "c",
    ".cc": "cpp", ".cpp": "cpp", ".cxx": "cpp", ".c++": "cpp", ".C": "cpp",
    ".java": "java",
    ".py": "python3", ".py3": "python3",
    ".kt": "kotlin",
    ".js": "javascript",
    ".ts": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".cs": "csharp",
    ".hs": "haskell",
    ".rb": "ruby",
    ".php": "php",
    ".pl": "perl", ".pm": "perl",
    ".pas": "pascal",
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

_SHEBANG = re.compile(rb"#!.*?(python2|pypy3|pypy|python3)")


def language_of(file: PackageFile) -> str:
    """The language id of a source file; empty when the ending is of none that we know, or it asks for Python 2."""
    language = BY_SUFFIX.get(file.suffix, "")
    if language != "python3" or file.content is None:
        return language
    shebang = _SHEBANG.match(file.content)
    if shebang is None or shebang.group(1) == b"python3":
        return language
    return "pypy3" if shebang.group(1).startswith(b"pypy") else ""
