"""Owns what a published LaTeX statement is made of besides its own file: texts that it puts in, names of its figures. Never renders one."""

from __future__ import annotations

from typing import Final

from services.gitserver.repository import Repository
from services.statements import MAX_STATEMENT_CHARS
from services.statements.figures import DRAWN, LINKED
from services.statements.inputs import Inputs, inputs_of

MOST_ENTRIES: Final = 5_000
MOST_FIGURES: Final = 500
MOST_TEXTS: Final = 50
_WORDS: Final = ("\\includegraphics", "\\illustration", "\\input", "\\include")


async def whole_latex(repository: Repository, tree: str, path: str, text: str) -> tuple[str, tuple[str, ...]]:
    """The text of the statement ``path`` with those that it puts in, and the figures of the public tree ``tree``."""
    if not any(word in text for word in _WORDS):
        return text, ()
    entries = await repository.tree(tree, MOST_ENTRIES) or []
    figures = tuple(one.path for one in entries if one.path.lower().endswith((*DRAWN, *LINKED)))[:MOST_FIGURES]
    if next(inputs_of(text[:MAX_STATEMENT_CHARS]), None) is None:
        return text, figures
    named = [one.path for one in entries if one.path.endswith(".tex") and one.size_bytes <= MAX_STATEMENT_CHARS and one.path != path][:MOST_TEXTS]
    found = await repository.read(*(f"{tree}/{one}" for one in named))
    texts = {name: one.content.decode("utf-8-sig", "replace") for name, one in zip(named, found, strict=True) if one is not None}
    return Inputs(texts, MAX_STATEMENT_CHARS).put_into(text, path), figures
