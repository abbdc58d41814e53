"""Owns what the gitserver says about problem packages. Never reads one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from contest.limits import Limits


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a package check has to say. ``severity`` is error or warning; ``code`` kebab-case; ``path`` inside the package."""

    severity: str
    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """One file of a program: its path inside the program's folder, and the SHA-256 of its content.

    ``is_executable`` is only said of programs that are built by a script of their own.
    """

    path: str
    digest: str
    size_bytes: int
    is_executable: bool = False


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A zip of a package follows as the body. ``alias`` empty: taken from the package. ``owner`` is a username."""

    alias: str
    owner: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class ProblemRequest:
    """A problem, at a commit or (empty) at its newest accepted one."""

    alias: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as shown in a statement.

    ``interaction`` stands in place of the pair where program and judge talk: lines that begin with ``<`` are what the program reads,
    with ``>`` what it writes; a line ``---`` begins another pass. ``arguments`` are what the program is started with.
    """

    name: str
    input: str
    answer: str
    interaction: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement in one language. ``format`` is markdown, html, latex or pdf; ``path`` in the public tree; ``pages`` of a PDF, 0: unknown."""

    language: str
    format: str
    path: str
    title: str = ""
    pages: int = 0


@dataclass(frozen=True, slots=True)
class ProblemCard:
    """What anyone who may see the problem sees of it, from its public tree at ``commit``.

    ``languages`` are those that it takes, empty: whatever the contest takes. ``passes`` more than 1: a program is run again on what was
    made of its output. ``is_provisional``: its time limit is a generous one, until one was measured.
    """

    alias: str
    title: str
    commit: str
    version: str
    limits: Limits
    statements: tuple[StatementFile, ...]
    samples: tuple[Sample, ...]
    attachments: tuple[str, ...] = ()
    source: str = ""
    license: str = ""
    author: str = ""
    is_scoring: bool = False
    max_score: Fraction = Fraction(1)
    case_count: int = 0
    checker_note: str = ""
    languages: tuple[str, ...] = ()
    is_interactive: bool = False
    passes: int = 1
    is_output_only: bool = False
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """An accepted package: the card of its commit, and what the checks had to say."""

    card: ProblemCard
    owner: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """A statement's source. ``language`` falls back to English, then to any."""

    alias: str
    language: str = "en"
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's source as the setter wrote it: never trusted as HTML. Empty ``text`` with format pdf: fetch the file.

    LaTeX comes with the files in it that it puts in, and with ``figures``: the paths of all figures that the public tree has.
    """

    language: str
    format: str
    path: str
    title: str
    text: str
    pages: int = 0
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicFileRequest:
    """A file of the public tree (an image, a PDF, an attachment); ``path`` relative to it, with / between names."""

    alias: str
    path: str
    commit: str = ""


INPUT: Final = "input"
ANSWER: Final = "answer"
CASE_PARTS: Final = (INPUT, ANSWER)


@dataclass(frozen=True, slots=True)
class CaseFileRequest:
    """What a test case of one version gives a submission, or what is expected of it: ``part`` is one of `CASE_PARTS`.

    ``index`` is the case's place in the judging manifest of that version, from 0. For who may see everything of the problem.
    """

    alias: str
    version: str
    index: int
    part: str


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """The judging manifest of one version of a problem."""

    alias: str
    version: str


@dataclass(frozen=True, slots=True)
class CaseRule:
    """What is asked of a submission on some of its cases: ``spans`` are the first and the last of them, by their place in the manifest.

    Every one of them that is run must have a verdict of ``permitted``, at least one a verdict of ``required``; both are empty for any. At least
    one must have ``message`` in what the checker says of it. ``group`` is the path of the test group whose points the scores bound.
    ``limit_use`` is what they say of the time limit: "lower", "upper", or nothing. ``name`` is how the package calls them, empty: all.
    """

    name: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    permitted: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    message: str = ""
    group: str = ""
    least_score: Fraction | None = None
    most_score: Fraction | None = None
    limit_use: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedSubmission:
    """A submission that lies in the package, with the verdicts that the setter allows for it.

    ``path`` is that of the file, or of the folder when it has several: then ``filename`` is that of ``source`` inside the folder, and
    ``files`` are all others, compiled with it (as a `JudgingManifest.includes` of its language would be). ``least_score`` and ``most_score`` bound
    the points that it may get, None does not. ``limit_use`` is what it says of the time limit: "lower" (it must not exceed it), "upper",
    "none"; empty: what its verdicts say. ``rules`` are about single cases and groups; who has some is judged on every case that can be run.
    """

    path: str
    language: str
    source: str
    expected: tuple[str, ...]
    filename: str = ""
    files: tuple[ProgramFile, ...] = ()
    least_score: Fraction | None = None
    most_score: Fraction | None = None
    limit_use: str = ""
    rules: tuple[CaseRule, ...] = ()
