"""Owns the reading of the static validator of a 2025-09 package, and what may not lie beside a program. Never runs one.

Source: 2025-09 format, "Static validator" and "Working directory".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.icpc_metadata import Metadata
from services.gitserver.formats.icpc_programs import CheckerSource, read_checker
from services.gitserver.formats.package import PackageCase, PackageProgram

STATIC_VALIDATOR: Final = "static_validator"


def read_static(files: PackageFiles, metadata: Metadata, cases: Iterable[PackageCase], report: Report) -> CheckerSource | None:
    """The static validator that the static cases are judged by; None when there is none, or nothing for it to do."""
    asked = [case for case in cases if case.is_static]
    if not files.under(STATIC_VALIDATOR):
        for case in asked:
            report.add("static-validation", case.input.path, "there is a `static_validation_score` here, and no program in static_validator/")
        return None
    if metadata.is_output_only:
        report.add("static-validation", STATIC_VALIDATOR, "what is handed in of a submit-answer problem is no program: there is nothing to validate")
        return None
    found = read_checker(files, STATIC_VALIDATOR, (), metadata.checker_limits, report, is_custom=True)
    if not asked:
        report.add("static-validator-unused", STATIC_VALIDATOR, "no test_group.yaml has a `static_validation_score`: it is never run")
        return None
    return found


def check_collisions(cases: Iterable[PackageCase], validators: Iterable[PackageProgram], report: Report) -> None:
    """Says so when a file of a case has the name of one of an input validator: both lie in its working directory."""
    own = {path: program.path for program in validators for path in program.files}
    for case in cases:
        for path, file in case.files.items():
            if path in own:
                report.add("case-files", file.path, f"{own[path]} has a file of this name too, and both must lie in its working directory")
