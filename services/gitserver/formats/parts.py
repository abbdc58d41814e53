"""Owns what the readers of omegaUp, Polygon and CMS packages do alike: programs, submissions, samples, bounds. Never reads a format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from contest.limits import Limits
from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile
from services.gitserver.formats.languages import CHECKER_LANGUAGES, language_of
from services.gitserver.formats.package import PackageCase, PackageProgram, PackageSubmission
from wire.judging import Checker, CheckerKind, Program, ProgramFile
from wire.problems import Sample

MOST_CASES: Final = 5_000
MOST_SAMPLE_BYTES: Final = 64 * 1024
MOST_SOURCE_BYTES: Final = 256 * 1024
MOST_POINTS: Final = 1e6
LEAST_MS: Final = 1
MOST_MS: Final = 600_000
LEAST_MEMORY_BYTES: Final = 1 << 20
MOST_MEMORY_BYTES: Final = 64 << 30

HEADERS: Final = (".h", ".hh", ".hpp", ".hxx", ".inc")
"""Endings of what a C or C++ program includes."""

ACCEPTED: Final = (Verdict.AC.value,)
REJECTED: Final = tuple(verdict.value for verdict in (Verdict.CE, Verdict.RFE, Verdict.MLE, Verdict.RTE, Verdict.TLE, Verdict.OLE, Verdict.WA))
"""The verdicts of a submission that is not right."""

VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {"cpp": ("cpp", "cpp17", "cpp23"), "python3": ("python3", "pypy3")}
"""Languages that the same sources are meant for."""

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]{1,200})[>"]', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CheckerSource:
    """The checker of a problem, and its files by their path inside the checker's folder."""

    checker: Checker
    files: Mapping[str, PackageFile]


def files_note(input_file: str, output_file: str) -> str:
    """What contestants are told of files that they may use; empty where there are none."""
    said = [f"{verb} {name} in place of {stream}" for verb, name, stream in (("read", input_file, "stdin"), ("write", output_file, "stdout")) if name]
    return f"Programs may {' and '.join(said)}." if said else ""


def in_order(verdicts: Iterable[str]) -> tuple[str, ...]:
    """Verdicts without doubles, worst first."""
    known = set(verdicts)
    return tuple(verdict.value for verdict in Verdict if verdict.value in known)


def limits_of(cpu_ms: int, memory_bytes: int, extra_wall_ms: int = 0) -> Limits:
    """The limits of one case; the clock gets twice the time and a second, as in every format that does not name it."""
    return Limits(cpu_ms=cpu_ms, wall_ms=2 * cpu_ms + 1_000 + extra_wall_ms, memory_bytes=memory_bytes)


def headers(files: Iterable[PackageFile]) -> dict[str, PackageFile]:
    """What programs may include, by name."""
    return {file.name: file for file in files if file.suffix in HEADERS}


def program(source: PackageFile, beside: Mapping[str, PackageFile], kind: CheckerKind, report: Report) -> PackageProgram | None:
    """A setter's program of one source file with the headers that it may include; None, with a finding, when it cannot be used."""
    language = language_of(source)
    if language not in CHECKER_LANGUAGES:
        report.add("validator-language", source.path, "a checker, interactor or validator must be written in C, C++, Java or Python 3")
        return None
    if not source.size_bytes:
        report.add("validator-source-missing", source.path, "the file is empty")
        return None
    wants_headers = language in {"c", "cpp"}
    if wants_headers and b"testlib.h" in _includes(source) and "testlib.h" not in beside:
        report.add("testlib-missing", source.path, "the program includes testlib.h, which is not in the package: put the file beside it")
        return None
    files = {source.name: source} | ({name: file for name, file in beside.items() if name != source.name} if wants_headers else {})
    return PackageProgram(language, files, path=source.path, kind=kind)


def included(language: str, held: Mapping[str, PackageFile], path: str) -> list[PackageProgram]:
    """Files that are compiled with submissions of a language, and of those that are written alike."""
    return [PackageProgram(one, held, path=path) for one in VARIANTS.get(language, (language,))]


def checker_of(made: PackageProgram, limits: Limits | None = None) -> CheckerSource:
    """The checker that a program is."""
    files = tuple(ProgramFile(path, file.digest, file.size_bytes) for path, file in sorted(made.files.items()))
    return CheckerSource(Checker(made.kind, arguments=made.arguments, program=Program(made.language, files), limits=limits), made.files)


def submission(
    file: PackageFile, language: str, expected: Iterable[str], report: Report, scores: tuple[Fraction | None, Fraction | None] = (None, None)
) -> PackageSubmission | None:
    """A submission of the package; None, with a finding, when it cannot be judged."""
    if not language:
        report.add("submission-language", file.path, f"no known language has the ending {file.suffix or 'of this file'!r}")
        return None
    if file.size_bytes > MOST_SOURCE_BYTES or file.content is None or not file.is_utf8:
        report.add("submission-too-large", file.path, f"a submission must be UTF-8 text of at most {MOST_SOURCE_BYTES} bytes")
        return None
    return PackageSubmission(file.path, language, in_order(expected), file, least_score=scores[0], most_score=scores[1])


def check_accepted(submissions: Iterable[PackageSubmission], path: str, report: Report) -> None:
    """Warns when no submission is there that must be accepted."""
    if not any(one.expected == ACCEPTED for one in submissions):
        report.add("no-accepted-submission", path, "there is no submission that must be accepted")


def check_count(count: int, path: str, report: Report) -> None:
    """Refuses a package without cases, and one with too many."""
    if not count:
        report.add("no-cases", path, f"there is no test case in {path}/")
    if count > MOST_CASES:
        report.add("too-many-cases", path, f"{count} test cases; at most {MOST_CASES} are allowed")


def sample(name: str, question: PackageFile, answer: PackageFile, report: Report) -> Sample | None:
    """A pair to be shown in the statement; None, with a finding, when it is too large for that."""
    texts = (question.content, answer.content)
    if max(question.size_bytes, answer.size_bytes) > MOST_SAMPLE_BYTES or texts[0] is None or texts[1] is None:
        report.add("sample-large", question.path, f"larger than {MOST_SAMPLE_BYTES} bytes: not shown in the statement")
        return None
    return Sample(name, texts[0].decode(errors="replace"), texts[1].decode(errors="replace"))


def sample_files(pairs: Mapping[str, tuple[PackageFile, PackageFile]]) -> dict[str, PackageFile]:
    """Samples as they lie in the public tree."""
    found: dict[str, PackageFile] = {}
    for name, (question, answer) in pairs.items():
        found[f"samples/{name}.in"] = question
        found[f"samples/{name}.ans"] = answer
    return found


def check_utf8(cases: Iterable[PackageCase], report: Report) -> None:
    """Warns of cases that are no UTF-8."""
    for case in cases:
        for file in (case.input, case.answer):
            if not file.is_utf8:
                report.add("case-not-utf8", file.path, "the file is not valid UTF-8")


def _includes(file: PackageFile) -> set[bytes]:
    return set(_INCLUDE.findall(file.content or b""))
