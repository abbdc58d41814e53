"""Owns the reading of omegaUp packages: puts the parts together. Never reads what the parts read.

Source: omegaup/gitserver ``handler.go`` and ``ziphandler.go`` (what a problem's tree holds), omegaup/quark ``common/problemsettings.go``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.omegaup_cases import FULL_SCORE, read_cases, read_samples
from services.gitserver.formats.omegaup_interactive import CALLS_WALL_MS, OFFERED, is_interactive, kept, read_interactive
from services.gitserver.formats.omegaup_programs import read_checker, read_probes, read_tests
from services.gitserver.formats.omegaup_settings import read_settings
from services.gitserver.formats.omegaup_statements import read_statements
from services.gitserver.formats.package import Package

PROTECTED_FOLDERS: Final = ("solutions", "tests")
"""What only those may see who may see solutions."""

_NOTES: Final = {
    "token": "Upper and lower case are different.",
    "token-numeric": "Only the numbers of the output are looked at, with a tolerance.",
    "custom": "Any right answer is accepted: a program checks it.",
}


class OmegaUp:
    """Reads what omegaUp exports and takes: settings.json, or cases/ and statements/ without one."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether there is a settings.json, or both folders that every such package has."""
        return files.find("settings.json") is not None or bool(files.under("cases") and files.under("statements"))

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; what is wrong goes to the report, all of it."""
        settings = read_settings(files.find("settings.json"), report)
        has_calls = is_interactive(files, settings)
        interactive = read_interactive(files, settings, report) if has_calls else None
        if not settings.title:
            report.add("title-missing", "settings.json", f"this format has no place for a title: the problem is called {alias!r}")
        kits = interactive.kits if interactive is not None else {}
        statements = read_statements(files, settings.title or alias, report, tuple(kits))
        cases = read_cases(files, settings, report)
        samples, sample_files = read_samples(files, report, are_inputs=has_calls)
        samples = (statements.samples or samples) if has_calls else (samples or statements.samples)
        if not samples:
            report.add("no-sample-cases", "examples", "there is no sample in examples/ or between ||input and ||end in a statement")
        checker = read_checker(files, settings.validator, report)
        submissions, validators = read_tests(files, cases.total, report)
        submissions = kept(submissions, report) if has_calls else submissions
        attachments = _handed_out(files) | dict(kits)
        return Package(
            format="omegaUp",
            title=settings.title or alias,
            source=settings.source,
            limits=replace(settings.limits, wall_ms=settings.limits.wall_ms + CALLS_WALL_MS) if has_calls else settings.limits,
            statements=statements.files,
            samples=samples,
            attachments=tuple(attachments),
            public=dict(statements.public) | attachments | sample_files,
            written=statements.written,
            cases=cases.cases,
            checker=checker.checker,
            checker_files=checker.files,
            groups=cases.groups,
            submissions=submissions,
            protected={file.path: file for folder in PROTECTED_FOLDERS for file in files.under(folder)},
            is_scoring=True,
            max_score=FULL_SCORE,
            input_validators=validators,
            probes=read_probes(files) if validators else (),
            checker_note=_NOTES.get(settings.validator.name, ""),
            is_interactive=has_calls,
            interactor=interactive.interactor if interactive is not None else None,
            includes=interactive.includes if interactive is not None else (),
            languages=OFFERED if has_calls else (),
            source_name=interactive.source_name if interactive is not None else "",
            processes=interactive.processes if interactive is not None else 1,
        )


def _handed_out(files: PackageFiles) -> dict[str, PackageFile]:
    """Files that omegaUp gives to contestants besides the statement."""
    named = [file for file in files if file.path.startswith("validator.distrib.") and "/" not in file.path]
    return {f"attachments/{file.name}": file for file in named}
