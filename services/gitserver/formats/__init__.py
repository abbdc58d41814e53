"""The readers of package formats, behind one seam: `read_package` chooses a reader, and every reader makes a `Package`.

Readers are pure: they see the files of one commit and a report, do no I/O and never raise for what a setter did wrong.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.cms_italian import CmsItalian
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_2025 import Icpc2025
from services.gitserver.formats.icpc_legacy import IcpcLegacy
from services.gitserver.formats.not_yet import NotYet
from services.gitserver.formats.omegaup import OmegaUp
from services.gitserver.formats.package import Package, Reader
from services.gitserver.formats.polygon import Polygon
from services.gitserver.names import is_usual

READERS: Final[tuple[Reader, ...]] = (
    Icpc2025(),
    IcpcLegacy(),
    OmegaUp(),
    Polygon(),
    CmsItalian(),
    NotYet("DMOJ", marks=("init.yml",)),
)
"""Every reader, in the order in which they are asked whether they know the package."""

_ANY_NAMES: Final = (OmegaUp, Polygon, CmsItalian, NotYet)
"""Readers of formats that have no rules for the names of files."""

_FILES: Final = frozenset({"problem.yaml", "settings.json", "problem.xml", "task.yaml"})
"""Files by which a format is told."""

_FOLDERS: Final = frozenset({
    "data", "problem_statement", "statement", "solution", "solutions", "attachments", "include", "submissions", "generators", "graders", "static_validator",
    "input_validators", "input_format_validators", "input_validator", "output_validators", "output_validator",
})  # fmt: skip
"""Top folders of ICPC packages."""

_MARKS: Final = "problem.yaml (ICPC, Kattis), settings.json or cases/ and statements/ (omegaUp), problem.xml (Polygon), task.yaml (CMS)"


def read_package(files: PackageFiles, alias: str, report: Report) -> Package | None:
    """The package in its one inner shape; None when an error in the report refuses it."""
    reader = next((reader for reader in READERS if reader.recognises(files)), None)
    if reader is None:
        report.add("problem-yaml-missing", "problem.yaml", f"there is none of these in the package's top folder: {_MARKS}{_elsewhere(files)}")
        return None
    if not isinstance(reader, _ANY_NAMES):
        _note_unusual([file.path for file in files if not is_usual(file.path)], report)
        _note_case({file.path.partition("/")[0] for file in files if "/" in file.path}, report)
    package = reader.read(files, alias, report)
    return None if report.is_refused else package


def _elsewhere(files: PackageFiles) -> str:
    """Where what was looked for lies, when it does not lie at the top."""
    found = [file.path for file in files if file.name in _FILES and "/" in file.path]
    nearest = min(found, key=lambda path: (path.count("/"), path), default="")
    return f". {nearest} is there: pack {nearest.rpartition('/')[0]}/ itself, not what is around it" if nearest else ""


def _note_case(folders: set[str], report: Report) -> None:
    """A warning for each that was surely meant for one that is read."""
    for folder in sorted(folders):
        if folder not in _FOLDERS and (meant := folder.lower()) in _FOLDERS:
            report.add("folder-case", folder, f"{folder}/ is not {meant}/, and is not read")


def _note_unusual(paths: list[str], report: Report) -> None:
    """One warning for all the names outside the format's rules."""
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        report.add("path-unusual", paths[0], f"the name is outside the rules of the package format{more}")
