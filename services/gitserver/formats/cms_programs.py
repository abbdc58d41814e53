"""Owns the programs of CMS tasks in the italian format: checker, graders, stubs, solutions with what is expected of them. Never runs one.

CMS takes a checker that is built already; here its source is asked for, which lies beside it. A solution is expected to be right when it
is called as official ones are; others say so in a comment: task-maker's ``@check-wrong-answer: …`` or ``@EXPECTED_RESULTS@: …``.

Source: cms-dev/cms ``cmscontrib/loaders/italy_yaml.py``, ``docs/Task types.rst``; task-maker-rust, "Solution checks".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.cms_task import DESCRIPTION, Task
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.languages import BY_SUFFIX, language_of
from services.gitserver.formats.package import PackageProgram, PackageSubmission
from services.gitserver.formats.parts import (
    ACCEPTED, HEADERS, REJECTED, CheckerSource, check_accepted, checker_of, headers, included, program, submission,
)  # fmt: skip
from wire.judging import Checker, CheckerKind

CHECKERS: Final = ("check/checker", "cor/correttore", "cor/checker", "check/correttore")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,59}")
"""A file in the folder where a solution runs."""
_OFFICIAL: Final = ("soluzione", "solution", "official", "ufficiale")
_BESIDE: Final = ("grader", "stub", "template", "sample_grader")
_CHECKS: Final[Mapping[str, tuple[str, ...]]] = {
    "accepted": ACCEPTED,
    "wrong-answer": (Verdict.WA.value,),
    "time-limit-exceeded": (Verdict.TLE.value,),
    "memory-limit-exceeded": (Verdict.MLE.value,),
    "runtime-error": (Verdict.RTE.value,),
    "partial-score": (Verdict.PA.value,),
    "partially-correct": (Verdict.PA.value,),
    "zero": REJECTED,
}
_CHECK = re.compile(rb"@check-([a-z-]{1,40})\s*:")
_TAG = re.compile(rb"@EXPECTED_RESULTS@:[ \t]*([A-Za-z_,\- \t]+)")
_WORDS: Final[Mapping[str, Verdict]] = {
    "ACCEPTED": Verdict.AC, "CORRECT": Verdict.AC, "PARTIALLY_ACCEPTED": Verdict.PA, "WRONG_ANSWER": Verdict.WA, "TIMELIMIT": Verdict.TLE,
    "TIME_LIMIT_EXCEEDED": Verdict.TLE, "RUN_ERROR": Verdict.RTE, "RUN_TIME_ERROR": Verdict.RTE, "MEMORY_LIMIT": Verdict.MLE,
    "MEMORY_LIMIT_EXCEEDED": Verdict.MLE, "OUTPUT_LIMIT": Verdict.OLE, "OUTPUT_LIMIT_EXCEEDED": Verdict.OLE, "COMPILER_ERROR": Verdict.CE,
} | {verdict.value: verdict for verdict in Verdict}  # fmt: skip


def read_checker(files: PackageFiles, report: Report) -> CheckerSource:
    """The task's own checker from its source, else tokens as CMS's white-space diff has them."""
    for stem in CHECKERS:
        sources = [file for suffix in BY_SUFFIX if (file := files.find(stem + suffix)) is not None and suffix != ".txt"]
        if len(sources) > 1:
            report.add("validators-many", sources[0].path, f"which one is the checker: {', '.join(file.path for file in sources)}?")
        if sources:
            made = program(sources[0], headers(files.under(stem.partition("/")[0])), CheckerKind.CMS, report)
            return checker_of(made) if made is not None else CheckerSource(Checker(CheckerKind.CMS), {})
        if files.find(stem) is not None:
            report.add("validator-source-missing", stem, f"the checker is here as a built program: put its source beside it, as {stem}.cpp")
            return CheckerSource(Checker(CheckerKind.CMS), {})
    return CheckerSource(Checker(case_sensitive=True), {})


def file_names(files: PackageFiles, task: Task, report: Report) -> tuple[str, str]:
    """The files that solutions may use in place of stdin and stdout; empty where they use the stream alone.

    CMS lays input.txt beside a solution and takes output.txt whatever task.yaml says, so that solutions which name them mean them.
    """
    found: list[str] = []
    for key, said, usual, stream in (("infile", task.infile, "input.txt", "stdin"), ("outfile", task.outfile, "output.txt", "stdout")):
        name = said if said not in {None, "", f"/dev/{stream}"} else usual if _is_named(files, usual) else ""
        if name and _NAME.fullmatch(name) is None:
            report.add("file-io", DESCRIPTION, f"`{key}` is {name[:60]!r}: it must be a file's name of letters, digits, dots and dashes, or empty")
        found.append(name or "")
    if found[0] and found[0] == found[1]:
        report.add("file-io", DESCRIPTION, f"`infile` and `outfile` are both {found[0][:60]!r}: give them two names")
    return found[0], found[1]


def _is_named(files: PackageFiles, name: str) -> bool:
    return any(name.encode() in (file.content or b"") for file in files.under("sol"))


def read_includes(files: PackageFiles, starters: Iterable[PackageFile]) -> tuple[PackageProgram, ...]:
    """The grader or stub of each language, with the headers and Pascal units beside it: compiled with every solution."""
    beside = [file for file in files.under("sol") if file.path.count("/") == 1]
    found: list[PackageProgram] = []
    for starter in starters:
        language = language_of(starter)
        more = [file for file in beside if (language in {"c", "cpp"} and file.suffix in HEADERS) or (language == "pascal" and file.name.endswith("lib.pas"))]
        found += included(language, {file.name: file for file in (starter, *more)}, starter.path)
    return tuple(sorted(found, key=lambda one: one.language))


def read_solutions(files: PackageFiles, task: Task, report: Report) -> tuple[PackageSubmission, ...]:
    """Every solution that says, by its name or in a comment, what is expected of it."""
    found: list[PackageSubmission] = []
    passed_over = {*HEADERS, ".md", ".pdf", ".tex", ""} | (set() if task.is_output_only else {".txt"})
    for folder in ("sol", "solution"):
        for file in files.under(folder):
            stem = file.name.partition(".")[0]
            if file.path.count("/") > 1 or stem in _BESIDE or stem.endswith("lib") or file.suffix in passed_over:
                continue
            allowed = _expected(file, stem, task, report)
            if not allowed:
                report.add("submission-folder", file.path, "neither its name nor @check-… or @EXPECTED_RESULTS@ in it says a verdict; it is left out")
            elif (made := submission(file, language_of(file), allowed, report)) is not None:
                found.append(made)
    check_accepted(found, "sol", report)
    return tuple(sorted(found, key=lambda one: one.path))


def _expected(file: PackageFile, stem: str, task: Task, report: Report) -> tuple[str, ...]:
    """The verdicts that a solution may get; empty when it says nothing."""
    content = file.content or b""
    tag = _TAG.search(content)
    if tag is not None:
        words = [word.strip(" \t-_").upper().replace("-", "_") for word in tag[1].decode().split(",")]
        unknown = [word for word in words if word and word not in _WORDS]
        if unknown:
            report.add("expectation-conflict", file.path, f"@EXPECTED_RESULTS@ has an unknown word: {unknown[0][:40]}")
        return tuple(_WORDS[word].value for word in words if word in _WORDS)
    checks = {match.decode() for match in _CHECK.findall(content)}
    if checks & _CHECKS.keys():
        verdicts = {verdict for check in checks for verdict in _CHECKS.get(check, ())}
        return ACCEPTED if checks == {"accepted"} else tuple((verdicts - set(ACCEPTED)) | {Verdict.PA.value})
    return ACCEPTED if stem.lower() in {*_OFFICIAL, task.name.lower()} else ()
