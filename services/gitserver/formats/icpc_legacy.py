"""Owns the reading of ICPC/Kattis legacy packages, with what DOMjudge adds to them: puts the parts together.

Source: https://icpc.io/problem-package-format/spec/legacy and the DOMjudge manual, appendix "Problem format specification".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_cases import Cases, read_cases
from services.gitserver.formats.icpc_metadata import read_metadata
from services.gitserver.formats.icpc_programs import read_checker, read_submissions, token_checker
from services.gitserver.formats.package import Package, PackageCase
from services.gitserver.formats.statements import read_statements
from wire.judging import Checker, CheckerKind
from wire.problems import StatementFile

PROTECTED_FOLDERS: Final = ("submissions", "solution", "solutions", "input_validators", "input_format_validators", "generators")
"""What only those may see who may see solutions."""


class IcpcLegacy:
    """Reads `legacy` and `legacy-icpc`."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether there is a problem.yaml: every other format that has one names its version in it."""
        return files.find("problem.yaml") is not None

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; what is wrong goes to the report, all of it."""
        metadata = read_metadata(files, report)
        statements = read_statements(files, metadata.titles, report)
        checker = read_checker(files, metadata.is_custom, metadata.validator_flags, metadata.checker_limits, report)
        cases = read_cases(files, is_scoring=metadata.is_scoring, is_custom=metadata.is_custom, report=report)
        _check_folders(files, report)
        attachments = {file.path: file for file in files.under("attachments")}
        judged, whole = _lift_flags(cases.cases, checker.checker, metadata.validator_flags, report)
        return Package(
            format="ICPC/Kattis legacy",
            title=_title(statements.files, metadata.titles, alias, report),
            limits=metadata.limits,
            compile_limits=metadata.compile_limits,
            statements=statements.files,
            samples=cases.samples,
            attachments=tuple(attachments),
            public=dict(statements.public) | attachments | _sample_files(cases),
            cases=judged,
            checker=whole,
            checker_files=checker.files,
            groups=cases.groups,
            submissions=read_submissions(files, report),
            protected={file.path: file for folder in PROTECTED_FOLDERS for file in files.under(folder)},
            is_scoring=metadata.is_scoring,
            max_score=cases.max_score,
            author=metadata.author,
            source=metadata.source,
            license=metadata.license,
            checker_note=_checker_note(whole),
        )


def _check_folders(files: PackageFiles, report: Report) -> None:
    for folder in ("include", "graders"):
        if files.under(folder):
            report.add("include-not-yet", folder, f"{folder}/ cannot be judged yet")
    if not files.under("input_validators") and not files.under("input_format_validators"):
        report.add("input-validators-missing", "input_validators", "nothing checks that the inputs keep the statement's promises")


def _title(statements: tuple[StatementFile, ...], titles: Mapping[str, str], alias: str, report: Report) -> str:
    title = titles.get("") or titles.get("en") or next((statement.title for statement in statements if statement.title), "")
    if not title:
        report.add("title-missing", "problem.yaml", f"no `name` and no \\problemname: the problem is called {alias!r}")
    return title or alias


def _sample_files(cases: Cases) -> dict[str, PackageFile]:
    found: dict[str, PackageFile] = {}
    for case in cases.cases:
        if case.is_sample:
            name = case.name.removeprefix("sample/")
            found[f"samples/{name}.in"] = case.input
            found[f"samples/{name}.ans"] = case.answer
    return found


def _lift_flags(
    cases: tuple[PackageCase, ...], checker: Checker, flags: tuple[str, ...], report: Report
) -> tuple[tuple[PackageCase, ...], Checker]:
    """Flags that every group has become the checker's own, so that only what differs stands at a case."""
    of_groups = {case.checker_arguments for case in cases}
    if len(of_groups) != 1 or of_groups == {()}:
        return cases, checker
    joined = flags + of_groups.pop()
    whole = replace(checker, arguments=joined) if checker.kind is CheckerKind.CUSTOM else token_checker(joined, "data/testdata.yaml", report)
    return tuple(replace(case, checker_arguments=()) for case in cases), whole


def _checker_note(checker: Checker) -> str:
    """How answers are compared, in words for contestants; empty when nothing is to be said."""
    if checker.kind is CheckerKind.CUSTOM:
        return "Any right answer is accepted: a program checks it."
    notes = []
    absolute, relative = checker.float_absolute_tolerance, checker.float_relative_tolerance
    if absolute is not None or relative is not None:
        parts = [f"{kind} error of at most {_plain(value)}" for kind, value in (("an absolute", absolute), ("a relative", relative)) if value]
        notes.append(f"Numbers are right with {' or '.join(parts)}.")
    if checker.space_change_sensitive:
        notes.append("White space must be exactly as asked.")
    if checker.case_sensitive:
        notes.append("Upper and lower case are different.")
    return " ".join(notes)


def _plain(value: str) -> str:
    """A tolerance as people write it: 1e-06 for 0.000001."""
    number = Decimal(value)
    return f"{float(number):g}" if number else "0"
