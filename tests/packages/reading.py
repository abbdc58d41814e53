"""Packages read as the gitserver reads them, without one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from services.gitserver.findings import Report
from services.gitserver.formats import read_package
from services.gitserver.formats.files import MOST_KEPT_BYTES, PackageFile, PackageFiles
from services.gitserver.formats.package import Package
from services.gitserver.links import LINK_MODE, followed
from services.gitserver.repository import EXECUTABLE_MODE, TreeEntry
from tests.packages.building import Executable, Link


MOST_FILES = 20_000


def files_of(contents: Mapping[str, bytes], report: Report | None = None) -> PackageFiles:
    """The files with the facts that a snapshot would have of them, links followed; an object's id is the path here."""

    def is_utf8(content: bytes) -> bool:
        return content.decode(errors="replace").encode() == content

    entries = [TreeEntry(path, _mode(content), path, len(content)) for path, content in contents.items()]
    targets: dict[str, str | None] = {path: content.decode() for path, content in contents.items() if isinstance(content, Link)}
    return PackageFiles(
        PackageFile(
            entry.path, "0" * 40, len(content), hashlib.sha256(content).hexdigest(), content if len(content) <= MOST_KEPT_BYTES else None,
            is_utf8(content), entry.mode == EXECUTABLE_MODE,
        )
        for entry in followed(entries, targets, MOST_FILES, report or Report())
        for content in (contents[entry.oid],)
    )  # fmt: skip


def _mode(content: bytes) -> str:
    return LINK_MODE if isinstance(content, Link) else EXECUTABLE_MODE if isinstance(content, Executable) else "100644"


def read(contents: Mapping[str, bytes]) -> tuple[Package | None, Report]:
    """The package, None when it is refused, and the report."""
    report = Report()
    return read_package(files_of(contents, report), "sum", report), report
