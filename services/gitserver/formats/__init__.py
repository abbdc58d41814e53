"""The readers of package formats, behind one seam: `read_package` chooses a reader, and every reader makes a `Package`.

Readers are pure: they see the files of one commit and a report, do no I/O and never raise for what a setter did wrong.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.cms_italian import CmsItalian
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_legacy import IcpcLegacy
from services.gitserver.formats.not_yet import NotYet
from services.gitserver.formats.omegaup import OmegaUp
from services.gitserver.formats.package import Package, Reader
from services.gitserver.formats.polygon import Polygon

READERS: Final[tuple[Reader, ...]] = (
    NotYet("ICPC/Kattis 2023-07 or 2025-09", marks=(), versions=("2023-07", "2023-07-draft", "2025-09", "2025-09-draft", "draft")),
    IcpcLegacy(),
    OmegaUp(),
    Polygon(),
    CmsItalian(),
    NotYet("DMOJ", marks=("init.yml",)),
)
"""Every reader, in the order in which they are asked whether they know the package."""

_MARKS: Final = "problem.yaml (ICPC, Kattis), settings.json or cases/ and statements/ (omegaUp), problem.xml (Polygon), task.yaml (CMS)"


def read_package(files: PackageFiles, alias: str, report: Report) -> Package | None:
    """The package in its one inner shape; None when an error in the report refuses it."""
    reader = next((reader for reader in READERS if reader.recognises(files)), None)
    if reader is None:
        report.add("problem-yaml-missing", "problem.yaml", f"there is none of these in the package's top folder: {_MARKS}")
        return None
    package = reader.read(files, alias, report)
    return None if report.is_refused else package
