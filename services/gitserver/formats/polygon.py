"""Owns the reading of Polygon's full packages: puts the parts together. Never reads what the parts read.

Source: Polygon's packages as they are exported (problem.xml); cms-dev/cms ``cmscontrib/loaders/polygon.py``.
"""

from __future__ import annotations

import re
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.package import Package
from services.gitserver.formats.parts import HEADERS, files_note, sample, sample_files
from services.gitserver.formats.polygon_programs import Programs, gives_points
from services.gitserver.formats.polygon_statements import Statements, read_statements, titles_of
from services.gitserver.formats.polygon_tests import DESCRIPTION, Testset, read_testset
from services.gitserver.formats.xml_tree import Element, read_xml

PROTECTED_FOLDERS: Final = ("solutions", "files", "statements", "statement-sections", "scripts")
"""What only those may see who may see solutions."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,59}")
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
        names = _file_names(root, report)
        titles = titles_of(root)
        title = titles.get("en") or next((one for one in titles.values() if one), "")
        if not title:
            report.add("title-missing", DESCRIPTION, f"there is no <name> in <names>: the problem is called {alias!r}")
        statements = read_statements(files, root, titles, report)
        programs = Programs(files, root, report)
        checker, interactor = programs.checker(), programs.interactor()
        testset = read_testset(files, root, report, checker_gives_points=gives_points(checker))
        shown = dict(statements.samples) or _shown(testset)
        samples = [sample(name, question, answer, report) for name, (question, answer) in sorted(shown.items())]
        if not shown and all(test.attribute("sample") != "true" for test in root.all("judging/testset/tests/test")):
            report.add("no-sample-cases", DESCRIPTION, "no test is a sample")
        includes = programs.includes()
        with_graders = [one.language for one in includes if any(file.suffix not in HEADERS for file in one.files.values())]
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
            submissions=programs.submissions(is_scoring=testset.is_scoring, is_bounded=not testset.groups.gives_points),
            protected={one.path: one for folder in PROTECTED_FOLDERS for one in files.under(folder)},
            is_scoring=testset.is_scoring,
            max_score=testset.max_score,
            checker_note=f"A program checks the output. {files_note(*names)}".strip(),
            is_interactive=interactor is not None,
            interactor=interactor,
            includes=includes,
            languages=tuple(with_graders),
            input_validators=programs.validators(),
            input_file=names[0],
            output_file=names[1],
        )


def _file_names(root: Element, report: Report) -> tuple[str, str]:
    """The files that solutions use in place of stdin and stdout; empty where they use the stream. Refuses more than one run on a test."""
    judging = root.find("judging")
    if judging is None:
        report.add("xml-incomplete", DESCRIPTION, "there is no <judging>")
        return "", ""
    found = [_file_name(judging, name, report) for name in ("input-file", "output-file")]
    if found[0] and found[0] == found[1]:
        report.add("file-io", DESCRIPTION, f"line {judging.line}: input-file and output-file are both {found[0]!r}: give them two names")
    if any(found) and root.find("assets/interactor") is not None:
        report.add("file-io", DESCRIPTION, f"line {judging.line}: an interactive problem talks over stdin and stdout: leave input-file and output-file empty")
    runs = judging.attribute("run-count") or "1"
    if runs != "1":
        report.add("run-count", DESCRIPTION, f"line {judging.line}: run-count is {runs[:20]!r}, and a test is run once: bring the problem as a multi-pass one")
    return found[0], found[1]


def _file_name(judging: Element, key: str, report: Report) -> str:
    said = judging.attribute(key)
    if said in _STANDARD_STREAMS:
        return ""
    if _NAME.fullmatch(said) is None:
        report.add("file-io", DESCRIPTION, f"line {judging.line}: {key} is {said[:60]!r}: it must be a file's name of letters, digits, dots and dashes")
        return ""
    return said


def _shown(testset: Testset) -> dict[str, tuple[PackageFile, PackageFile]]:
    """The sample tests themselves."""
    return {case.name.rpartition("/")[2]: (case.input, case.answer) for case in testset.cases if case.is_sample}


def _public(statements: Statements, shown: dict[str, tuple[PackageFile, PackageFile]]) -> dict[str, PackageFile]:
    return dict(statements.public) | sample_files(shown)
