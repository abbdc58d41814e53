"""Owns the one inner shape of a problem package, whatever format it came in. Never reads one: the readers do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Protocol

from contest.limits import Limits
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from wire.judging import CaseGroup, Checker, CheckerKind, Claim
from wire.manifest import Talks
from wire.problems import CaseRule, Finding, ProgramFile, Sample, StatementFile
from wire.verification import LimitRule

SCRIPTS: Final = frozenset({"build", "run"})
"""What a program in a folder may be built and started by. Submissions have none: there they are sources of no language."""


@dataclass(frozen=True, slots=True)
class PackageCase:
    """One test case: ``name`` is its path without ending below the data, as ``secret/02-big``.

    ``arguments`` and ``files`` (by their path in its working directory) are what the program gets besides its input. ``is_static``: the
    static validator looks at the submission in place of a run, input and answer are nothing. The rest is as in `wire.manifest.TestCase`.
    """

    name: str
    input: PackageFile
    answer: PackageFile
    is_sample: bool
    group: str
    checker_arguments: tuple[str, ...] = ()
    input_arguments: tuple[str, ...] = ()
    threshold: Fraction | None = None
    arguments: tuple[str, ...] = ()
    files: Mapping[str, PackageFile] = field(default_factory=dict)
    is_static: bool = False
    is_open: bool = False
    hint: str = ""
    description: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class PackageProgram:
    """A program of a package that is run when it is tried out or judged by; ``files`` by their path inside the program's folder."""

    language: str
    files: Mapping[str, PackageFile]
    path: str = ""
    arguments: tuple[str, ...] = ()
    kind: CheckerKind = CheckerKind.CUSTOM
    case_arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackageProbe:
    """A case by which a package tries its validators out: ``path`` is the file that ``claim`` is about, ``output`` what the checker is shown."""

    claim: Claim
    path: str
    case: PackageCase
    output: PackageFile | None = None


@dataclass(frozen=True, slots=True)
class PackageSubmission:
    """A submission of the package that can be judged, with the verdicts (their short names) that the setter allows.

    ``path`` is the file's own, or that of the folder of several: ``file`` is then the one that is run, ``others`` the rest by their path
    inside the folder. The folder lies in `Package.protected`. Scores that it may get lie between ``least_score`` and ``most_score``.
    ``limit_use`` is what it says of the time limit: "lower" (it must not exceed it), "upper", "none"; empty: what its verdicts say.
    """

    path: str
    language: str
    expected: tuple[str, ...]
    file: PackageFile
    others: Mapping[str, PackageFile] = field(default_factory=dict)
    least_score: Fraction | None = None
    most_score: Fraction | None = None
    limit_use: str = ""
    rules: tuple[CaseRule, ...] = ()

    @property
    def filename(self) -> str:
        """The path of the file that is run inside the submission's folder; empty when it is the whole submission."""
        return self.file.path.removeprefix(self.path + "/") if self.file.path != self.path else ""


@dataclass(frozen=True, slots=True)
class Package:
    """A problem package as understood.

    ``public`` and ``protected`` map the path that a file gets in its published tree to the file; ``checker_files`` does
    so inside the checker's folder. ``cases`` are in judging order; ``groups`` counts in that order. Paths of
    ``statements`` and ``attachments`` are paths of ``public``. The kind of problem is that of `wire.judging.JudgingManifest`, whose fields
    these become; ``includes`` are files compiled with submissions, ``interactor`` a program besides the checker; ``static_files`` are those of the static
    validator, ``more_checker_files`` each those of one of ``more_checkers``. ``probes`` are tried when the package is, and judged by never. ``written`` are texts of
    the public tree that no file of the package is, by their path there: a reader made them of several.
    """

    format: str
    title: str
    limits: Limits
    statements: tuple[StatementFile, ...]
    samples: tuple[Sample, ...]
    attachments: tuple[str, ...]
    public: Mapping[str, PackageFile]
    cases: tuple[PackageCase, ...]
    checker: Checker
    checker_files: Mapping[str, PackageFile]
    groups: CaseGroup
    submissions: tuple[PackageSubmission, ...]
    protected: Mapping[str, PackageFile]
    compile_limits: Limits | None = None
    is_scoring: bool = False
    max_score: Fraction = Fraction(1)
    author: str = ""
    source: str = ""
    license: str = ""
    checker_note: str = ""
    is_interactive: bool = False
    interactor: PackageProgram | None = None
    passes: int = 1
    is_output_only: bool = False
    includes: tuple[PackageProgram, ...] = ()
    languages: tuple[str, ...] = ()
    source_name: str = ""
    input_validators: tuple[PackageProgram, ...] = ()
    limit_rule: LimitRule = field(default_factory=LimitRule)
    findings: tuple[Finding, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)
    grader: PackageProgram | None = None
    processes: int = 1
    talks: Talks = Talks.FIFOS
    input_file: str = ""
    output_file: str = ""
    static_validator: Checker | None = None
    static_files: Mapping[str, PackageFile] = field(default_factory=dict)
    more_checkers: tuple[Checker, ...] = ()
    more_checker_files: tuple[Mapping[str, PackageFile], ...] = ()
    probes: tuple[PackageProbe, ...] = ()
    code_bytes: int = 0
    writes_files: bool = True


def program_file(path: str, file: PackageFile, *, is_scripted: bool) -> ProgramFile:
    """A file of a program. Which may be executed matters where a script of its own builds it; the script itself always may."""
    return ProgramFile(path, file.digest, file.size_bytes, is_executable=is_scripted and (file.is_executable or path in SCRIPTS))


class Reader(Protocol):
    """Reads one format. Pure; says everything that is wrong to the report, at once, and never raises for it."""

    def recognises(self, files: PackageFiles) -> bool:
        """Whether the package looks like this format."""
        ...

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """The package; None or anything when the report holds an error."""
        ...
