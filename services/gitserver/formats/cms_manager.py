"""Owns what makes a CMS task a Communication one: its manager, how solutions reach it, and with how many processes. Never runs one.

CMS gives a manager the names of two FIFOs for each process, the one to read from first, and every process the same two the other way
round. A FIFO has no direction of its own: old tasks open the first one for writing, in manager and stub alike, and CMS never noticed.

Source: cms-dev/cms ``cms/grading/tasktypes/Communication.py``, ``cmscontrib/loaders/italy_yaml.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats.cms_task import DESCRIPTION, Task
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.languages import BY_SUFFIX, language_of
from services.gitserver.formats.package import PackageProgram
from services.gitserver.formats.parts import headers, program
from wire.manifest import CheckerKind, Talks

MANAGERS: Final = ("check/manager", "cor/manager")
MOST_PROCESSES: Final = 3
"""With so many processes of one submission a runner lets a manager talk."""
_WRITES_FIRST = re.compile(
    rb"fopen\s*\(\s*argv\s*\[\s*1\s*\]\s*,\s*\"w|open\s*\(\s*argv\s*\[\s*1\s*\]\s*,\s*O_WRONLY"
    rb"|ofstream\s+\w{1,60}\s*[({]\s*argv\s*\[\s*1\s*\]|open\s*\(\s*sys\.argv\[1\]\s*,\s*[\"']w"
)


@dataclass(frozen=True, slots=True)
class Communication:
    """A manager, None when it cannot be used; how solutions reach it; with how many processes."""

    manager: PackageProgram | None
    talks: Talks
    processes: int


def read_communication(files: PackageFiles, task: Task, report: Report) -> Communication | None:
    """The manager from its source; None when the task has none, and is no Communication one."""
    for stem in MANAGERS:
        sources = [file for suffix in BY_SUFFIX if (file := files.find(stem + suffix)) is not None and suffix != ".txt"]
        if len(sources) > 1:
            report.add("validators-many", sources[0].path, f"which one is the manager: {', '.join(file.path for file in sources)}?")
        if not sources and files.find(stem) is None:
            continue
        made = program(sources[0], headers(files.under(stem.partition("/")[0])), CheckerKind.CMS, report) if sources else None
        if not sources:
            report.add("validator-source-missing", stem, f"the manager is here as a built program: put its source beside it, as {stem}.cpp")
        if task.is_output_only:
            report.add("communication", DESCRIPTION, f"there is {stem}, and `output_only`: which of them is it?")
        if task.processes > MOST_PROCESSES:
            report.add("communication", DESCRIPTION, f"`num_processes` is {task.processes}; a manager talks with at most {MOST_PROCESSES} here")
        return Communication(made, _talks(files, task, sources[0] if sources else None), task.processes)
    return None


def stubs(files: PackageFiles, task: Task) -> list[PackageFile]:
    """The files sol/stub.LANGUAGE, which are compiled with every solution."""
    return [] if task.is_alone else programs_called(files, "stub")


def programs_called(files: PackageFiles, stem: str) -> list[PackageFile]:
    """The files sol/STEM.LANGUAGE."""
    return [file for file in files.under("sol") if file.name.partition(".")[0] == stem and file.path.count("/") == 1 and language_of(file)]


def _talks(files: PackageFiles, task: Task, manager: PackageFile | None) -> Talks:
    """As task.yaml says; else with stubs over FIFOs, without over the streams. Source: the loader's defaults."""
    if task.user_io == "std_io" or (not task.user_io and not stubs(files, task)):
        return Talks.STREAMS
    is_old = manager is not None and _WRITES_FIRST.search(manager.content or b"") is not None
    return Talks.FIFOS_WRITE_FIRST if is_old else Talks.FIFOS
