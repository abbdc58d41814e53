"""Owns the reading of output validators and example submissions of ICPC packages. Never runs one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from contest.limits import Limits
from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.languages import ACCOMPANYING, CHECKER_LANGUAGES, language_of
from services.gitserver.formats.package import PackageSubmission
from wire.judging import Checker, CheckerKind, Program, ProgramFile

MOST_SOURCE_BYTES: Final = 256 * 1024

FOLDER_VERDICTS: Final[Mapping[str, tuple[Verdict, ...]]] = {
    "accepted": (Verdict.AC,),
    "partially_accepted": (Verdict.PA,),
    "wrong_answer": (Verdict.WA,),
    "time_limit_exceeded": (Verdict.TLE,),
    "run_time_error": (Verdict.RTE,),
    "memory_limit_exceeded": (Verdict.MLE,),
    "memory_limit": (Verdict.MLE,),
    "output_limit_exceeded": (Verdict.OLE,),
    "output_limit": (Verdict.OLE,),
    "compile_error": (Verdict.CE,),
    "compiler_error": (Verdict.CE,),
    "no_output": (Verdict.WA,),
    "rejected": (Verdict.WA, Verdict.TLE, Verdict.RTE, Verdict.MLE, Verdict.OLE, Verdict.CE, Verdict.RFE),
}
"""What the folder of a submission allows."""

TAG_VERDICTS: Final[Mapping[str, Verdict]] = {
    "ACCEPTED": Verdict.AC, "CORRECT": Verdict.AC,
    "PARTIALLY_ACCEPTED": Verdict.PA,
    "WRONG_ANSWER": Verdict.WA, "NO_OUTPUT": Verdict.WA,
    "TIME_LIMIT_EXCEEDED": Verdict.TLE, "TIMELIMIT": Verdict.TLE,
    "RUN_TIME_ERROR": Verdict.RTE, "RUN_ERROR": Verdict.RTE,
    "MEMORY_LIMIT_EXCEEDED": Verdict.MLE, "MEMORY_LIMIT": Verdict.MLE,
    "OUTPUT_LIMIT_EXCEEDED": Verdict.OLE, "OUTPUT_LIMIT": Verdict.OLE,
    "COMPILE_ERROR": Verdict.CE, "COMPILER_ERROR": Verdict.CE,
    "RESTRICTED_FUNCTION": Verdict.RFE,
} | {verdict.value: verdict for verdict in Verdict}  # fmt: skip
"""The words of ``@EXPECTED_RESULTS@``, dashes read as underscores. Source: DOMjudge manual; ours are the short names."""

_TAG = re.compile(r"@EXPECTED_RESULTS@:[ \t]*([A-Za-z_,\- \t]+)")


@dataclass(frozen=True, slots=True)
class CheckerSource:
    """The checker of a problem, and its files by their path inside the checker's folder."""

    checker: Checker
    files: Mapping[str, PackageFile]


def read_checker(files: PackageFiles, is_custom: bool, flags: tuple[str, ...], limits: Limits | None, report: Report) -> CheckerSource:
    """The checker that `validation` and its flags describe."""
    programs = files.children("output_validators") or files.children("output_validator")
    if not is_custom:
        if programs:
            report.add("validator-unused", "output_validators", "there is a program here, and `validation` in problem.yaml does not say custom")
        return CheckerSource(token_checker(flags, "problem.yaml", report), {})
    chosen = _validator(programs, report)
    language = _checker_language(chosen, report) if chosen else ""
    made = tuple(ProgramFile(path, file.digest, file.size_bytes) for path, file in sorted(chosen.items()))
    return CheckerSource(Checker(CheckerKind.CUSTOM, arguments=flags, program=Program(language, made), limits=limits), chosen)


def token_checker(flags: tuple[str, ...], path: str, report: Report) -> Checker:
    """The default validator with its flags. Source: legacy format, "Default Output Validator Specification"."""
    words = list(flags)
    found: dict[str, str] = {}
    case_sensitive = space_change_sensitive = False
    while words:
        word = words.pop(0)
        if word == "case_sensitive":
            case_sensitive = True
        elif word == "space_change_sensitive":
            space_change_sensitive = True
        elif word in {"float_tolerance", "float_absolute_tolerance", "float_relative_tolerance"}:
            value = words.pop(0) if words else ""
            if not _is_tolerance(value):
                report.add("validator-flag-bad", path, f"{word} needs a number that is at least 0 after it, not {value[:40]!r}")
                continue
            if word != "float_relative_tolerance":
                found["absolute"] = value
            if word != "float_absolute_tolerance":
                found["relative"] = value
        else:
            report.add("validator-flag-bad", path, f"the default validator knows no flag {word[:60]!r}")
    return Checker(
        CheckerKind.TOKEN,
        case_sensitive=case_sensitive,
        space_change_sensitive=space_change_sensitive,
        float_absolute_tolerance=found.get("absolute"),
        float_relative_tolerance=found.get("relative"),
    )


def _is_tolerance(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and value >= 0


def _validator(programs: dict[str, list[PackageFile]], report: Report) -> dict[str, PackageFile]:
    """The files of the one output validator: a file, a folder, or sources with their headers lying loose."""
    loose = [held[0] for name, held in programs.items() if held[0].name == name and len(held) == 1 and held[0].path.count("/") == 1]
    folders = {name: held for name, held in programs.items() if held[0] not in loose}
    sources = [file for file in loose if file.suffix not in ACCOMPANYING]
    if not folders and not sources:
        report.add("validator-missing", "output_validators", "`validation: custom` needs a program in output_validators/")
        return {}
    if len(folders) + len(sources) > 1:
        names = ", ".join(sorted([*folders, *(file.name for file in sources)]))
        report.add("validators-many", "output_validators", f"there must be one output validator, not {names}")
        return {}
    if sources:
        return {file.name: file for file in loose}
    name, held = next(iter(folders.items()))
    root = held[0].path.split("/", 1)[0] + f"/{name}/"
    return {file.path.removeprefix(root): file for file in held}


def _checker_language(chosen: Mapping[str, PackageFile], report: Report) -> str:
    folder = next(iter(chosen.values())).path.rpartition("/")[0]
    for path, file in chosen.items():
        if path in {"build", "run"}:
            report.add("validator-build-script", file.path, "build and run scripts are not run; give the sources alone")
            return ""
    sources = [file for file in chosen.values() if file.suffix not in ACCOMPANYING]
    if not any(file.size_bytes for file in sources):
        report.add("validator-source-missing", folder, "the output validator has no source file, or only empty ones")
        return ""
    languages = {language_of(file) for file in sources}
    if len(languages) != 1 or not languages <= CHECKER_LANGUAGES:
        names = ", ".join(sorted(file.name for file in sources))
        report.add("validator-language", folder, f"an output validator must be C, C++, Java or Python 3, and one of them: {names}")
        return ""
    return languages.pop()


def read_submissions(files: PackageFiles, report: Report) -> tuple[PackageSubmission, ...]:
    """Every example submission that can be judged, sorted by path; findings say why others are left out."""
    found: list[PackageSubmission] = []
    for folder, below in files.children("submissions").items():
        for name, held in files.children(f"submissions/{folder}").items():
            submission = _submission(folder, f"submissions/{folder}/{name}", held, report)
            if submission is not None:
                found.append(submission)
        if len(below) == 1 and below[0].path == f"submissions/{folder}" and folder not in {"README.md", "submissions.yaml"}:
            report.add("submission-folder", below[0].path, "a submission must lie in a folder such as submissions/accepted/")
    if not any(submission.path.startswith("submissions/accepted/") for submission in found):
        report.add("no-accepted-submission", "submissions/accepted", "there is no submission that must be accepted")
    return tuple(sorted(found, key=lambda submission: submission.path))


def _submission(folder: str, path: str, held: list[PackageFile], report: Report) -> PackageSubmission | None:
    sources = [file for file in held if file.suffix not in ACCOMPANYING or len(held) == 1]
    if len(sources) != 1:
        report.add("submission-many-files", path, f"{len(sources)} source files; only submissions of one file can be judged yet")
        return None
    file = sources[0]
    language = language_of(file)
    if not language:
        report.add("submission-language", file.path, f"no known language has the ending {file.suffix or 'of this file'!r}")
        return None
    if file.size_bytes > MOST_SOURCE_BYTES or file.content is None or not file.is_utf8:
        report.add("submission-too-large", file.path, f"a submission must be UTF-8 text of at most {MOST_SOURCE_BYTES} bytes")
        return None
    expected = _expected(folder, file, report)
    return PackageSubmission(file.path, language, expected, file) if expected else None


def _expected(folder: str, file: PackageFile, report: Report) -> tuple[str, ...]:
    """The verdicts that folder and tag allow: the folder's, widened by a tag that names them too; else the tag's."""
    of_folder = set(FOLDER_VERDICTS.get(folder, ()))
    match = _TAG.search((file.content or b"").decode())
    words = [word.strip(" \t-_").upper().replace("-", "_") for word in match.group(1).split(",")] if match is not None else []
    unknown = [word for word in words if word and word not in TAG_VERDICTS and word != "CHECK_MANUALLY"]
    of_tag = {TAG_VERDICTS[word] for word in words if word in TAG_VERDICTS}
    if unknown:
        report.add("expectation-conflict", file.path, f"@EXPECTED_RESULTS@ has an unknown word: {unknown[0][:40]}")
    if not of_folder:
        if not of_tag:
            report.add("submission-folder", file.path, f"the folder {folder!r} says no verdict, nor does @EXPECTED_RESULTS@ in the file")
        return tuple(verdict.value for verdict in Verdict if verdict in of_tag)
    if of_tag and not of_tag & of_folder:
        report.add("expectation-conflict", file.path, f"@EXPECTED_RESULTS@ contradicts the folder {folder!r}; the folder counts")
        of_tag = set()
    allowed = of_tag if folder == "rejected" and of_tag else of_folder | of_tag
    return tuple(verdict.value for verdict in Verdict if verdict in allowed)
