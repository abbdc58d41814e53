"""Owns the view that format readers have of a package: its files, as facts. Never touches a disk or git."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.gitserver.findings import Report

MOST_KEPT_BYTES: Final = 1 << 20
"""A file larger than this is known by its facts only."""

_BOM = b"\xef\xbb\xbf"
_AFTER_SLASH: Final = chr(ord("/") + 1)


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file: where it lies, which git object it is, the SHA-256 and nature of its content.

    ``content`` is None for files that were not kept in memory: test cases and what is larger than `MOST_KEPT_BYTES`. ``is_executable`` is what
    the archive or the commit says of it.
    """

    path: str
    oid: str
    size_bytes: int
    digest: str
    content: bytes | None = None
    is_utf8: bool = True
    is_executable: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_made(self) -> bool:
        """Whether the content is ours and no git object yet: what became of a file in which something was replaced."""
        return not self.oid

    @property
    def suffix(self) -> str:
        """The ending with its dot, as it is written; empty when there is none."""
        stem, dot, ending = self.name.rpartition(".")
        return dot + ending if stem else ""


def made(path: str, content: bytes, *, is_executable: bool = False) -> PackageFile:
    """A file that no commit holds as it is."""
    return PackageFile(path, "", len(content), hashlib.sha256(content).hexdigest(), content, is_utf8=True, is_executable=is_executable)


class PackageFiles:
    """The files of one package by path, sorted."""

    def __init__(self, files: Iterable[PackageFile]) -> None:
        self._files = {file.path: file for file in sorted(files, key=lambda file: file.path)}
        self._paths = list(self._files)

    def __iter__(self) -> Iterator[PackageFile]:
        return iter(self._files.values())

    def __len__(self) -> int:
        return len(self._files)

    def find(self, path: str) -> PackageFile | None:
        """The file of that path, None when there is none."""
        return self._files.get(path)

    def under(self, folder: str) -> list[PackageFile]:
        """Every file below a folder, at any depth, sorted by path. Looks at no others: it is asked of every test case."""
        first = bisect_left(self._paths, f"{folder}/")
        end = bisect_left(self._paths, f"{folder}{_AFTER_SLASH}", first)
        return [self._files[path] for path in self._paths[first:end]]

    def children(self, folder: str) -> dict[str, list[PackageFile]]:
        """The files below a folder by the name of the folder's own entry that they are or lie in."""
        found: dict[str, list[PackageFile]] = {}
        for file in self.under(folder):
            found.setdefault(file.path[len(folder) + 1 :].partition("/")[0], []).append(file)
        return found


def read_text(file: PackageFile, report: Report) -> str | None:
    """The file as text without a byte-order mark; None, with a finding, when it is too large or not UTF-8."""
    if file.content is None:
        report.add("file-too-large", file.path, f"{file.size_bytes} bytes; at most {MOST_KEPT_BYTES} can be read")
        return None
    content = file.content
    if content.startswith(_BOM):
        report.add("text-bom", file.path, "the file begins with a byte-order mark")
        content = content.removeprefix(_BOM)
    try:
        return content.decode()
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        report.add("text-not-utf8", file.path, f"line {line}: byte 0x{content[wrong.start]:02x} is not valid UTF-8")
        return None
