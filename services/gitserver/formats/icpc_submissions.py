"""Owns the reading of example submissions of legacy ICPC packages. Never runs one.

Source: legacy format, "Example Submissions"; DOMjudge manual, "Problem format specification" (``@EXPECTED_RESULTS@``, ``@EXPECTED_SCORE@``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.languages import ACCOMPANYING, language_of, main_of
from services.gitserver.formats.package import PackageSubmission
from services.gitserver.formats.yaml_map import NUMBER

MOST_SOURCE_BYTES: Final = 256 * 1024

FOLDER_VERDICTS: Final[Mapping[str, tuple[Verdict, ...]]] = {
    "accepted": (Verdict.AC,),
    "partially_accepted": (Verdict.PA,),
    "wrong_answer": (Verdict.WA,),
    "time_limit_exceeded": (Verdict.TLE,),
    "run_time_error": (Verdict.RTE, Verdict.MLE),
    "memory_limit_exceeded": (Verdict.MLE,),
    "memory_limit": (Verdict.MLE,),
    "output_limit_exceeded": (Verdict.OLE,),
    "output_limit": (Verdict.OLE,),
    "compile_error": (Verdict.CE,),
    "compiler_error": (Verdict.CE,),
    "no_output": (Verdict.WA,),
    "rejected": (Verdict.WA, Verdict.TLE, Verdict.RTE, Verdict.MLE, Verdict.OLE, Verdict.CE, Verdict.RFE),
}
"""What the folder of a submission allows. Who runs out of memory crashes, to Kattis and to DOMjudge."""

_CRASHES: Final = frozenset({"RUN_TIME_ERROR", "RUN_ERROR"})

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

PARTIAL: Final = "submissions/partially_accepted"

_TAG = re.compile(r"@EXPECTED_RESULTS@:[ \t]*([A-Za-z_,\- \t]+)")
_SCORE_TAG = re.compile(r"@EXPECTED_SCORE@:[ \t]*(\S+)")


def read_submissions(files: PackageFiles, report: Report, *, is_scoring: bool) -> tuple[PackageSubmission, ...]:
    """Every example submission that can be judged, sorted by path; findings say why others are left out."""
    if not is_scoring and files.under(PARTIAL):
        report.add("expectation-conflict", PARTIAL, "nothing is partially accepted where the problem counts no points")
    found: list[PackageSubmission] = []
    for folder, below in files.children("submissions").items():
        if below[0].path == f"submissions/{folder}":
            if folder not in {"README.md", "submissions.yaml"}:
                report.add("submission-folder", below[0].path, "a submission must lie in a folder such as submissions/accepted/")
            continue
        for name, held in files.children(f"submissions/{folder}").items():
            submission = program_submission(f"submissions/{folder}/{name}", held, report)
            if submission is not None and (expected := _expected(folder, submission, report)):
                found.append(_with_score(replace(submission, expected=expected), report))
    require_accepted(found, report)
    return tuple(sorted(found, key=lambda submission: submission.path))


def require_accepted(found: list[PackageSubmission], report: Report) -> None:
    """Says so when nothing must be accepted."""
    if not any(submission.path.startswith("submissions/accepted/") for submission in found):
        report.add("no-accepted-submission", "submissions/accepted", "there is no submission that must be accepted")


def program_submission(path: str, held: list[PackageFile], report: Report, language: str = "", entry: str = "") -> PackageSubmission | None:
    """A submission of one file, or of a folder of them; nothing is expected of it yet. None, with a finding, when it cannot be judged.

    ``language`` and ``entry`` (the file that is run) are what the package says of it, empty for what follows from its files.
    """
    sources = [file for file in held if file.suffix not in ACCOMPANYING or len(held) == 1]
    languages = {language} if language else {language_of(file) for file in sources}
    if len(languages) != 1:
        names = ", ".join(file.name for file in sources) or "none"
        report.add("submission-many-files", path, f"the files of one submission must be of one language: {names}")
        return None
    spoken = languages.pop()
    if not spoken:
        report.add("submission-language", sources[0].path, f"no known language has the ending {sources[0].suffix or 'of this file'!r}")
        return None
    for file in held:
        if file.size_bytes > MOST_SOURCE_BYTES or file.content is None or not file.is_utf8:
            report.add("submission-too-large", file.path, f"a submission must be UTF-8 text of at most {MOST_SOURCE_BYTES} bytes")
            return None
    main = next((file for file in sources if entry and file.name.partition(".")[0] == entry.partition(".")[0]), None) or main_of(sources)
    if len(held) == 1:
        return PackageSubmission(main.path, spoken, (), main)
    others = {file.path.removeprefix(path + "/"): file for file in held if file is not main}
    return PackageSubmission(path, spoken, (), main, others)


def _with_score(submission: PackageSubmission, report: Report) -> PackageSubmission:
    """The points that ``@EXPECTED_SCORE@`` names."""
    match = _SCORE_TAG.search((submission.file.content or b"").decode())
    if match is None:
        return submission
    if NUMBER.fullmatch(match.group(1)) is None:
        report.add("expectation-conflict", submission.file.path, f"@EXPECTED_SCORE@ needs a number, not {match.group(1)[:40]!r}")
        return submission
    score = Fraction(match.group(1).replace("_", ""))
    return replace(submission, least_score=score, most_score=score)


def _expected(folder: str, submission: PackageSubmission, report: Report) -> tuple[str, ...]:
    """The verdicts that folder and tag allow: the folder's, widened by a tag that names them too; else the tag's."""
    file = submission.file
    of_folder = set(FOLDER_VERDICTS.get(folder, ()))
    match = _TAG.search((file.content or b"").decode())
    words = [word.strip(" \t-_").upper().replace("-", "_") for word in match.group(1).split(",")] if match is not None else []
    unknown = [word for word in words if word and word not in TAG_VERDICTS and word != "CHECK_MANUALLY"]
    of_tag = {TAG_VERDICTS[word] for word in words if word in TAG_VERDICTS} | ({Verdict.MLE} if _CRASHES & set(words) else set())
    if unknown:
        report.add("expectation-conflict", file.path, f"@EXPECTED_RESULTS@ has an unknown word: {unknown[0][:40]}")
    if not of_folder:
        if not of_tag and _SCORE_TAG.search((file.content or b"").decode()):
            of_tag = {Verdict.AC, Verdict.PA, Verdict.WA, Verdict.TLE, Verdict.RTE, Verdict.MLE, Verdict.OLE}
        if not of_tag:
            report.add("submission-folder", file.path, f"the folder {folder!r} says no verdict, nor does @EXPECTED_RESULTS@ in the file")
        return tuple(verdict.value for verdict in Verdict if verdict in of_tag)
    if of_tag and not of_tag & of_folder:
        report.add("expectation-conflict", file.path, f"@EXPECTED_RESULTS@ contradicts the folder {folder!r}; the folder counts")
        of_tag = set()
    allowed = of_tag if folder == "rejected" and of_tag else of_folder | of_tag
    return tuple(verdict.value for verdict in Verdict if verdict in allowed)
