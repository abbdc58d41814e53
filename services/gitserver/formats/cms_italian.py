"""Owns the reading of CMS tasks in the italian format: puts the parts together. Never reads what the parts read.

Source: cms-dev/cms ``cmscontrib/loaders/italy_yaml.py``, ``docs/External contest formats.rst``.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.cms_cases import read_cases
from services.gitserver.formats.cms_manager import programs_called, read_communication, stubs
from services.gitserver.formats.cms_programs import file_names, read_checker, read_includes, read_solutions
from services.gitserver.formats.cms_task import DESCRIPTION, Task, read_task
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.human_languages import code_of
from services.gitserver.formats.package import Package
from services.gitserver.formats.parts import files_note, sample, sample_files
from services.gitserver.formats.statement_remarks import look_at_statements
from wire.manifest import CheckerKind, Talks
from wire.problems import StatementFile
from wire.verification import LimitRule

PROTECTED_FOLDERS: Final = ("sol", "solution", "gen", "check", "cor")
"""What only those may see who may see solutions."""

_FOLDERS: Final = {"statement": "statement", "testo": "testo"}
_FORMATS: Final = {".md": "markdown", ".html": "html", ".tex": "latex", ".pdf": "pdf"}


class CmsItalian:
    """Reads the format of the Italian Olympiad, which CMS imports as ``italy_yaml``."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether there is a task.yaml."""
        return files.find(DESCRIPTION) is not None

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; what is wrong goes to the report, all of it."""
        task = read_task(files, report)
        if not task.title:
            report.add("title-missing", DESCRIPTION, f"there is no `title`: the problem is called {task.name or alias!r}")
        title = task.title or task.name or alias
        communication = read_communication(files, task, report)
        checker = read_checker(files, report)
        is_numeric = communication is not None or checker.checker.kind is CheckerKind.CMS
        input_file, output_file = file_names(files, task, report) if communication is None and not task.is_output_only else ("", "")
        statements, public = _statements(files, task, title, report)
        cases = read_cases(files, task, report, gives_numbers=is_numeric)
        handed_out = {file.digest: file for file in files.under("att")}
        shown = {
            case.name.removeprefix("cases/"): (handed_out[case.input.digest], handed_out[case.answer.digest])
            for case in cases.cases if case.is_sample
        }  # fmt: skip
        samples = [sample(name, question, answer, report) for name, (question, answer) in shown.items()]
        attachments = {f"attachments/{file.path.removeprefix('att/')}": file for file in files.under("att")}
        if task.is_output_only:
            attachments |= {f"attachments/input_{case.name.removeprefix('cases/')}.txt": case.input for case in cases.cases}
        report.add("input-validators-missing", "gen", "validators of this format are not run: nothing checks the inputs")
        starters = programs_called(files, "grader") if communication is None else stubs(files, task)
        note = "Any right answer is accepted: a program checks it." if checker.checker.kind is CheckerKind.CMS else ""
        includes = () if task.is_output_only else read_includes(files, starters)
        return Package(
            format="CMS italian",
            title=title,
            limits=task.limits,
            statements=statements,
            samples=tuple(one for one in samples if one is not None),
            attachments=tuple(attachments),
            public=public | attachments | sample_files(shown),
            cases=cases.cases,
            checker=checker.checker,
            checker_files=checker.files,
            groups=cases.groups,
            submissions=read_solutions(files, task, report),
            protected={file.path: file for folder in PROTECTED_FOLDERS for file in files.under(folder)},
            is_scoring=True,
            max_score=cases.max_score,
            checker_note=f"{note} {files_note(input_file, output_file)}".strip(),
            is_output_only=task.is_output_only,
            limit_rule=LimitRule(is_stated=task.is_limit_stated),
            includes=includes,
            languages=("text",) if task.is_output_only else tuple(one.language for one in includes),
            source_name=task.name if includes and task.name.isidentifier() else "",
            is_interactive=communication is not None,
            interactor=communication.manager if communication is not None else None,
            talks=communication.talks if communication is not None else Talks.FIFOS,
            processes=communication.processes if communication is not None else 1,
            input_file=input_file,
            output_file=output_file,
        )


def _statements(files: PackageFiles, task: Task, title: str, report: Report) -> tuple[tuple[StatementFile, ...], dict[str, PackageFile]]:
    """statement/statement.pdf or testo/testo.pdf in the task's language; files that are called by a language in that one."""
    found: list[StatementFile] = []
    public: dict[str, PackageFile] = {}
    folder = next((folder for folder in _FOLDERS if files.under(folder)), "statement")
    for file in files.under(folder):
        path = f"statement/{file.path[len(folder) + 1 :]}"
        public[path] = file
        stem, text_format = file.name.removesuffix(file.suffix), _FORMATS.get(file.suffix)
        language = code_of(task.language) if stem == folder else code_of(stem)
        if text_format is None or not language or path.count("/") > 1:
            continue
        if text_format == "pdf" or read_text(file, report) is not None:
            found.append(StatementFile(language, text_format, path, title))
    if not found:
        report.add("statement-missing", folder, "there is no statement/statement.pdf, testo/testo.pdf or LANGUAGE.pdf beside it")
    order = list(_FORMATS.values())
    found.sort(key=lambda one: (one.language != "en", one.language, order.index(one.format)))
    look_at_statements(found, public, report)
    return tuple(found), public
