"""Owns the reading of ``graders/``: the program of a legacy package that makes the results of test groups. Never runs one.

Source: legacy format, "Graders": there may be one; groups with `grading: custom` ask it.
"""

from __future__ import annotations

from contest.groups import CaseGroup
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_programs import one_program
from services.gitserver.formats.package import PackageProgram

FOLDER = "graders"


def read_grader(files: PackageFiles, groups: CaseGroup, report: Report) -> PackageProgram | None:
    """The package's own grader; None when no group asks for one, or it cannot be used."""
    asking = _asking(groups)
    programs = files.children(FOLDER)
    if not asking:
        for file in files.under(FOLDER):
            report.add("graders-not-run", file.path, "no testdata.yaml says `grading: custom`: this file is ignored")
        return None
    if not programs:
        path = f"data/{asking[0]}".rstrip("/")
        report.add("grader-missing", path, f"the group is graded by a grader of the package's own (`grading: custom`), and {FOLDER}/ holds none")
        return None
    language, chosen = one_program(FOLDER, programs, "grader", "graders-many", report)
    return PackageProgram(language, chosen, path=FOLDER) if language else None


def _asking(group: CaseGroup) -> list[str]:
    return [group.path] * group.has_grader + [path for inner in group.groups for path in _asking(inner)]
