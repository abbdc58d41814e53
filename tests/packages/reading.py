"""Packages read as the gitserver reads them, without one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from services.gitserver.findings import Report
from services.gitserver.formats import read_package
from services.gitserver.formats.files import MOST_KEPT_BYTES, PackageFile, PackageFiles
from services.gitserver.formats.package import Package


def files_of(contents: Mapping[str, bytes]) -> PackageFiles:
    """The files with the facts that a snapshot would have of them."""

    def is_utf8(content: bytes) -> bool:
        return content.decode(errors="replace").encode() == content

    return PackageFiles(
        PackageFile(
            path, "0" * 40, len(content), hashlib.sha256(content).hexdigest(), content if len(content) <= MOST_KEPT_BYTES else None, is_utf8(content)
        )
        for path, content in contents.items()
    )


def read(contents: Mapping[str, bytes]) -> tuple[Package | None, Report]:
    """The package, None when it is refused, and the report."""
    report = Report()
    return read_package(files_of(contents), "sum", report), report
