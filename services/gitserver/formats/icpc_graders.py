"""Owns the reading of ``graders/``: the program of a legacy package that makes the results of test groups. Never runs one.

Source: legacy format, "Graders": there may be one; groups with `grading: custom` ask it.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_programs import one_program
from services.gitserver.formats.package import PackageProgram

FOLDER = "graders"


def read_grader(files: PackageFiles, asking: Sequence[str], report: Report) -> PackageProgram | None:
    """The package's own grader; None when none of the folders ``asking`` asks for one, or it cannot be used."""
    programs = files.children(FOLDER)
    if not asking:
        for file in files.under(FOLDER):
            report.add("graders-not-run", file.path, "no testdata.yaml says `grading: custom`: this file is ignored")
        return None
    if not programs:
        report.add("grader-missing", asking[0], f"the group is graded by a grader of the package's own (`grading: custom`), and {FOLDER}/ holds none")
        return None
    language, chosen = one_program(FOLDER, programs, "grader", "graders-many", report)
    return PackageProgram(language, chosen, path=FOLDER) if language else None
