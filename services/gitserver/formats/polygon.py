"""Owns the reading of Polygon's full packages: puts the parts together. Never reads what the parts read.

Source: Polygon's packages as they are exported (problem.xml); cms-dev/cms ``cmscontrib/loaders/polygon.py``.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.package import Package
from services.gitserver.formats.parts import HEADERS, sample, sample_files
from services.gitserver.formats.polygon_programs import Programs
from services.gitserver.formats.polygon_statements import Statements, read_statements, titles_of
from services.gitserver.formats.polygon_tests import DESCRIPTION, Testset, read_testset
from services.gitserver.formats.xml_tree import Element, read_xml

PROTECTED_FOLDERS: Final = ("solutions", "files", "statements", "statement-sections", "scripts")
"""What only those may see who may see solutions."""

_STANDARD_STREAMS: Final = ("", "stdin", "stdout", "standard input", "standard output")


class Polygon:
    """Reads what Polygon exports as a full package."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether there is a problem.xml."""
        return files.find(DESCRIPTION) is not None

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; what is wrong goes to the report, all of it."""
        file = files.find(DESCRIPTION)
        root = read_xml(file, report) if file is not None else None
        if root is None:
            return None
        if root.tag != "problem":
            report.add("xml-incomplete", DESCRIPTION, f"line {root.line}: the outermost element must be <problem>, not <{root.tag[:40]}>")
            return None
        _check_judging(root, report)
        titles = titles_of(root)
        title = titles.get("en") or next((one for one in titles.values() if one), "")
        if not title:
            report.add("title-missing", DESCRIPTION, f"there is no <name> in <names>: the problem is called {alias!r}")
        statements = read_statements(files, root, titles, report)
        testset = read_testset(files, root, report)
        shown = dict(statements.samples) or _shown(testset)
        samples = [sample(name, question, answer, report) for name, (question, answer) in sorted(shown.items())]
        if not shown:
            report.add("no-sample-cases", DESCRIPTION, "no test is a sample")
        programs = Programs(files, root, report)
        checker, interactor = programs.checker(), programs.interactor()
        includes = programs.includes()
        has_graders = any(file.suffix not in HEADERS for one in includes for file in one.files.values())
        return Package(
            format="Polygon",
            title=title or alias,
            limits=testset.limits,
            statements=statements.files,
            samples=tuple(one for one in samples if one is not None),
            attachments=(),
            public=_public(statements, shown),
            written=statements.written,
            cases=testset.cases,
            checker=checker.checker,
            checker_files=checker.files,
            groups=testset.groups,
            submissions=programs.submissions(is_scoring=testset.is_scoring),
            protected={one.path: one for folder in PROTECTED_FOLDERS for one in files.under(folder)},
            is_scoring=testset.is_scoring,
            max_score=testset.max_score,
            checker_note="A program checks the output.",
            is_interactive=interactor is not None,
            interactor=interactor,
            includes=includes,
            languages=tuple(one.language for one in includes) if has_graders else (),
            input_validators=programs.validators(),
        )


def _check_judging(root: Element, report: Report) -> None:
    """Where solutions read and write, and how often they are run on a test."""
    judging = root.find("judging")
    if judging is None:
        report.add("xml-incomplete", DESCRIPTION, "there is no <judging>")
        return
    for name, stream in (("input-file", "stdin"), ("output-file", "stdout")):
        if judging.attribute(name) not in _STANDARD_STREAMS:
            said = judging.attribute(name)[:60]
            report.add("file-io", DESCRIPTION, f"line {judging.line}: {name} is {said!r}; solutions use {stream} here: leave it empty")
    runs = judging.attribute("run-count") or "1"
    if runs != "1":
        report.add("run-count", DESCRIPTION, f"line {judging.line}: run-count is {runs[:20]!r}, and a test is run once: bring the problem as a multi-pass one")


def _shown(testset: Testset) -> dict[str, tuple[PackageFile, PackageFile]]:
    """The sample tests themselves."""
    return {case.name.rpartition("/")[2]: (case.input, case.answer) for case in testset.cases if case.is_sample}


def _public(statements: Statements, shown: dict[str, tuple[PackageFile, PackageFile]]) -> dict[str, PackageFile]:
    return dict(statements.public) | sample_files(shown)
