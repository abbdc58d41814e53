"""Owns what the symbolic links of a package lead to: files of the package itself, each under the name that the link gives it. Never opens one.

A link is followed as a file system would: from the folder that it lies in, through other links; one to a folder brings all that is below it.
What comes of it counts as files of the package, so that links to folders full of links cannot make more than a package may hold.
Source: ICPC problem package format, "General requirements": links lead to other files of the package, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from services.gitserver.findings import Report
from services.gitserver.repository import TreeEntry

LINK_MODE: Final = "120000"
MOST_TARGET_BYTES: Final = 1024
"""No path of a package is nearly as long."""
MOST_HOPS: Final = 40
"""Through so many links one leads at most. Source: path_resolution(7)."""
MOST_STEPS: Final = 1_000_000
"""Names that are looked at to follow all the links of a package."""

Folder: TypeAlias = "dict[str, Folder | TreeEntry]"
Place: TypeAlias = tuple[str, ...]


class _Astray(Exception):
    """A link leads to no file and no folder of the package."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class _TooMany(Exception):
    """More names come of links than a package may have files."""


def followed(entries: Sequence[TreeEntry], targets: Mapping[str, str | None], most_files: int, report: Report) -> list[TreeEntry]:
    """The entries of a tree with what its links lead to in place of them.

    ``targets`` are the links' own texts by their path, None for what is no text. A link that may not be followed is left out and said in
    the report; so is everything, when more than ``most_files`` would come of it.
    """
    links = [entry for entry in entries if entry.mode == LINK_MODE]
    if not links:
        return list(entries)
    package = _Package(entries, targets, most_files, report)
    found = [entry for entry in entries if entry.mode != LINK_MODE]
    for link in links:
        try:
            found += package.behind(link)
        except _TooMany:
            report.add("too-many-files", link.path, f"more than {most_files} files, with those that the package's links lead to")
            return []
    return found


class _Package:
    """A tree in which links are followed. Each is followed once, however many other links lead to it."""

    def __init__(self, entries: Sequence[TreeEntry], targets: Mapping[str, str | None], most_files: int, report: Report) -> None:
        self._root: Folder = {}
        self._targets, self._report, self._most_files = targets, report, most_files
        self._ends: dict[str, Place | None] = {}
        self._steps = MOST_STEPS
        self._names = sum(entry.mode != LINK_MODE for entry in entries)
        for entry in entries:
            *above, name = entry.path.split("/")
            folder = self._root
            for part in above:
                inner = folder.setdefault(part, {})
                folder = inner if isinstance(inner, dict) else {}
            folder.setdefault(name, entry)

    def behind(self, link: TreeEntry, named: str = "", through: tuple[Place, ...] = ()) -> Iterator[TreeEntry]:
        """The files that a link leads to, under its own name or the one that links give it ``through`` which this one was come to."""
        name = named or link.path
        end = self._end(link)
        if end is None:
            return
        chain = (*through, tuple(link.path.split("/")))
        there = self._at(end)
        if not isinstance(there, dict):
            self._count()
            assert there is not None
            yield replace(there, path=name)
        elif any(one[: len(end)] == end for one in chain):
            self._astray(link, "link-loop", "leads to a folder in which it lies itself, or a link that leads to it")
        else:
            yield from self._below(there, name, chain)

    def _below(self, folder: Folder, name: str, through: tuple[Place, ...]) -> Iterator[TreeEntry]:
        for part, inner in folder.items():
            self._count()
            if isinstance(inner, dict):
                yield from self._below(inner, f"{name}/{part}", through)
            elif inner.mode == LINK_MODE:
                yield from self.behind(inner, f"{name}/{part}", through)
            else:
                yield replace(inner, path=f"{name}/{part}")

    def _count(self) -> None:
        self._names += 1
        if self._names > self._most_files:
            raise _TooMany

    def _end(self, link: TreeEntry) -> Place | None:
        """Where a link leads in the end; None, with a finding, when that is nowhere."""
        if link.path not in self._ends:
            try:
                self._ends[link.path] = self._walked(link)
            except _Astray as astray:
                self._ends[link.path] = None
                self._astray(link, astray.code, astray.message)
        return self._ends[link.path]

    def _astray(self, link: TreeEntry, code: str, message: str) -> None:
        self._ends[link.path] = None
        target = self._targets.get(link.path) or "?"
        self._report.add(code, link.path, f"the symbolic link to {_shown(target)!r} {_shown(message)}")

    def _walked(self, link: TreeEntry) -> Place:
        place = list(link.path.split("/")[:-1])
        waiting = self._parts(link)
        hops = 1
        while waiting:
            self._steps -= 1
            if self._steps < 0:
                raise _Astray("link-loop", f"is one of so many that more than {MOST_STEPS} names would have to be looked at")
            part = waiting.pop()
            folder = self._at(tuple(place))
            if not isinstance(folder, dict):
                raise _Astray("link-dangling", "leads through a file as if it were a folder")
            if part in {"", "."}:
                continue
            if part == "..":
                if not place:
                    raise _Astray("link-outside", "leads out of the package")
                place.pop()
                continue
            inner = folder.get(part)
            if inner is None:
                raise _Astray("link-dangling", f"leads to nothing: there is no {'/'.join((*place, part))}")
            if isinstance(inner, dict) or inner.mode != LINK_MODE:
                place.append(part)
                continue
            hops += 1
            if hops > MOST_HOPS:
                raise _Astray("link-loop", f"leads in a circle, or through more than {MOST_HOPS} other links")
            waiting += self._parts(inner)
        return tuple(place)

    def _parts(self, link: TreeEntry) -> list[str]:
        """What a link says, the first name last."""
        target = self._targets.get(link.path)
        if not target:
            raise _Astray("link", f"says no path: it must be UTF-8, and at most {MOST_TARGET_BYTES} bytes")
        if target.startswith("/"):
            raise _Astray("link-outside", "begins with /, and leads to whatever lies there on somebody's machine")
        return target.split("/")[::-1]

    def _at(self, place: Place) -> Folder | TreeEntry | None:
        there: Folder | TreeEntry | None = self._root
        for part in place:
            if not isinstance(there, dict):
                return None
            there = there.get(part)
        return there


def _shown(words: str) -> str:
    """Words with names from outside in them, fit to be shown."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)[:200]
