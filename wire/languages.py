"""Owns the ids of programming languages. Never knows how one is compiled or run. Source: ICPC and Kattis."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final[tuple[str, ...]] = (
    "c", "cpp", "java", "python3", "pypy3", "kotlin", "javascript", "typescript", "go", "rust", "csharp", "haskell", "ruby", "php",
    "perl", "pascal", "lua", "ocaml", "bash", "text",
)  # fmt: skip
"""Every id that may be said; which of them can be run is what the runners say."""
