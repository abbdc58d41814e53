"""Owns which file of a package a figure's name means, and which figures a browser draws. Never reads a file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

DRAWN: Final = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp")
"""Endings of what a browser draws, the best to take first."""

LINKED: Final = (".pdf", ".eps")
"""Endings of what LaTeX draws and a browser does not: a page has a link in its place."""

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")


def public_path(address: str, folder: str = "") -> str | None:
    """The path in the public tree that a relative address in ``folder`` means; None when it means anything else."""
    address = unquote(address.split("#", 1)[0].split("?", 1)[0]).strip()
    if not address or "\\" in address or "\0" in address or address.startswith("/") or _SCHEME.match(address):
        return None
    path = posixpath.normpath(posixpath.join(folder, address))
    return None if path.startswith(("..", "/")) or path == "." else path


def figure_named(name: str, known: Collection[str], folder: str = "", places: Sequence[str] = ("",)) -> str | None:
    r"""The name with the ending of the file that is meant, relative to ``folder`` as it was; None when there is none.

    ``known`` are paths of the public tree, ``places`` folders that ``\graphicspath`` names. A drawn twin of a PDF or EPS goes before it.
    """
    name = name.strip().strip('"')
    stem, dot, ending = name.rpartition(".")
    has_ending = f"{dot}{ending}".lower() in (*DRAWN, *LINKED)
    names = [name] if has_ending else []
    if not has_ending or f".{ending}".lower() in LINKED:
        names = [f"{stem if has_ending else name}{one}" for one in DRAWN] + names
    names += [] if has_ending else [name + one for one in LINKED]
    for place in places:
        for one in names:
            path = public_path(posixpath.join(place, one), folder)
            if path is not None and path in known:
                return posixpath.join(place, one)
    return None


@dataclass(frozen=True, slots=True)
class Beside:
    """The files that lie beside a statement in the ``folder`` of the public tree: ``known`` are paths in it, empty when nobody said."""

    folder: str = ""
    known: frozenset[str] = frozenset()

    def figure(self, name: str, places: Sequence[str]) -> str:
        """The name of the file that is meant, relative to the folder; as it is written when there is none."""
        return (figure_named(name, self.known, self.folder, places) if self.known else None) or name.strip()
