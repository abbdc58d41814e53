"""Owns the reading of test cases, their order and their groups of legacy ICPC packages. Never reads a case's bytes.

Source: legacy format, "Test data": groups are folders; cases and groups are used in lexicographical order of base name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.groups import CaseGroup, OnReject, VerdictRule, attainable_score
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_samples import SampleRules, read_samples
from services.gitserver.formats.icpc_testdata import GroupSettings, read_settings
from services.gitserver.formats.package import PackageCase
from wire.problems import Sample

MOST_CASES: Final = 5_000
MOST_WORDS: Final = 1_000
"""Characters of a hint or description: they travel with every manifest."""

SUPPOSED_MAX: Final = Fraction(100)
"""What a problem is worth in full when its package names no bound for its scores."""

_KNOWN_ENDINGS = frozenset({".in", ".ans", ".desc", ".hint", ".png", ".jpg", ".jpeg", ".svg", ".interaction", ".files", ".statement", ".yaml", ".md"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What of the kind of problem its cases depend on. ``gives_points``: the validator gives the points of a case (`custom score`)."""

    is_scoring: bool = False
    is_custom: bool = False
    gives_points: bool = False
    samples: SampleRules = field(default_factory=SampleRules)


@dataclass(slots=True)
class _Folder:
    """A folder of data/ while it is being read."""

    path: str
    settings: GroupSettings
    cases: dict[str, dict[str, PackageFile]] = field(default_factory=dict)
    folders: dict[str, _Folder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases in judging order, the tree of their groups, what is shown as samples, and the most points to be had.

    ``input_flags`` are those of each case for input validators, with the name of the one that they are for, empty for all. ``graded`` are
    the folders that ask for the package's own grader; ``lone`` are inputs without an answer, with what their cases' checker would be told.
    """

    cases: tuple[PackageCase, ...]
    groups: CaseGroup
    samples: tuple[Sample, ...]
    max_score: Fraction
    input_flags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    graded: tuple[str, ...] = ()
    lone: tuple[tuple[PackageFile, tuple[str, ...]], ...] = ()


def read_cases(files: PackageFiles, kind: Kind, settings: GroupSettings, report: Report) -> Cases:
    """All of data/. ``settings`` are those above the root's own. A case's ``checker_arguments`` are the flags of its group."""
    return _Reading(files, kind, report).all(settings)


class _Reading:
    """One reading of one package's data/."""

    def __init__(self, files: PackageFiles, kind: Kind, report: Report) -> None:
        self._files, self._kind, self._report = files, kind, report
        self._cases: list[PackageCase] = []
        self._input_flags: list[tuple[str, tuple[str, ...]]] = []
        self._graded: list[str] = []
        self._lone: list[tuple[PackageFile, tuple[str, ...]]] = []

    def all(self, settings: GroupSettings) -> Cases:
        """Folders first, then one walk in judging order."""
        root = _Folder("", self._settings("data", settings))
        for name in ("sample", "secret"):
            root.folders[name] = self._folder(name, root.settings)
        for file in self._files.under("data"):
            self._check_place(file)
        groups = self._walk(root)
        check_count(self._cases, self._files, self._report, talks=self._kind.samples.talks)
        if root.settings.ignores_sample:
            if root.settings.on_reject is OnReject.BREAK:
                self._report.add("grading-ignored", "data/testdata.yaml", "with ignore_sample a rejected sample does not break the judging")
            groups = replace(groups, groups=tuple(replace(group, is_ignored=group.path == "sample") for group in groups.groups))
        samples = read_samples(self._files, self._cases, self._kind.samples, self._report)
        return Cases(tuple(self._cases), groups, samples, self._worth(groups), tuple(self._input_flags), tuple(self._graded), tuple(self._lone))

    def _worth(self, groups: CaseGroup) -> Fraction:
        if not self._kind.is_scoring:
            return Fraction(1)
        worth = attainable_score(groups, len(self._cases))
        if worth is None:
            self._report.add("score-unbounded", "data/testdata.yaml", f"no `range` says the most points: {SUPPOSED_MAX} are taken as full")
            worth = SUPPOSED_MAX
        if worth <= 0:
            self._report.add("score-zero", "data/testdata.yaml", "no submission can get more than 0 points")
        if not _allows_part(groups):
            self._report.add(
                "score-all-or-nothing", "data/testdata.yaml",
                "one rejected case rejects the whole, without points: say accept_if_any_accepted or always_accept in secret/testdata.yaml",
            )  # fmt: skip
        return worth

    def _folder(self, path: str, inherited: GroupSettings) -> _Folder:
        place = f"data/{path}"
        folder = _Folder(path, self._settings(place, inherited))
        for name, held in self._files.children(place).items():
            if held[0].path != f"{place}/{name}":
                folder.folders[name] = self._folder(f"{path}/{name}", folder.settings)
            elif held[0].suffix in {".in", ".ans"}:
                folder.cases.setdefault(name.rpartition(".")[0], {})[held[0].suffix] = held[0]
        return folder

    def _check_place(self, file: PackageFile) -> None:
        top = file.path.split("/")[1]
        if top not in {"sample", "secret"}:
            if file.path != "data/testdata.yaml" and top not in {"invalid_input", "invalid_output", "valid_output"}:
                self._report.add("case-misplaced", file.path, "test cases lie in data/sample/ and data/secret/; this is ignored")
        elif file.suffix not in _KNOWN_ENDINGS:
            self._report.add("case-file-unknown", file.path, f"the ending {file.suffix or 'of this file'!r} means nothing among test cases")
        elif file.suffix in {".in", ".ans"} and not file.is_utf8:
            self._report.add("case-not-utf8", file.path, "the file is not valid UTF-8")

    def _walk(self, folder: _Folder) -> CaseGroup:
        """Appends the folder's cases in order and makes its group; cases and subgroups are merged by base name."""
        named: list[int] = []
        groups: list[CaseGroup] = []
        for name in sorted(folder.cases.keys() | folder.folders.keys()):
            pair = folder.cases.get(name)
            if pair is not None and (case := self._case(folder, name, pair)) is not None:
                named.append(len(self._cases))
                self._cases.append(case)
                self._input_flags.append((folder.settings.input_name, folder.settings.input_flags))
            if name in folder.folders:
                group = self._walk(folder.folders[name])
                if group.cases or group.groups:
                    groups.append(group)
        settings = folder.settings
        made = CaseGroup(folder.path, tuple(named), tuple(groups), on_reject=settings.on_reject, accepts_any=settings.accepts_any)
        if settings.has_grader:
            made = replace(made, has_grader=True, grader_arguments=settings.grader_words)
        if settings.on_reject is OnReject.CONTINUE or settings.rule is VerdictRule.ACCEPT:
            made = replace(made, rule=settings.rule)
        if not self._kind.is_scoring:
            return made
        return replace(
            made,
            aggregation=settings.aggregation,
            accept_score=settings.accept_score,
            reject_score=settings.reject_score,
            max_score=settings.max_score,
            gives_points=self._kind.gives_points,
            is_exact=self._kind.gives_points,
            is_strict=not folder.path,
        )

    def _case(self, folder: _Folder, name: str, pair: Mapping[str, PackageFile]) -> PackageCase | None:
        full = f"{folder.path}/{name}"
        if ".ans" not in pair:
            self._report.add("case-without-answer", f"data/{full}.in", f"there is no {name}.ans beside it")
            self._lone.append((pair[".in"], folder.settings.checker_flags))
            return None
        if ".in" not in pair:
            self._report.add("answer-without-input", f"data/{full}.ans", f"there is no {name}.in beside it")
            return None
        is_sample = full.startswith("sample/")
        return PackageCase(
            full, pair[".in"], pair[".ans"], is_sample, folder.path, folder.settings.checker_flags,
            hint=self._words(f"data/{full}.hint"), description=self._words(f"data/{full}.desc"),
        )  # fmt: skip

    def _words(self, path: str) -> str:
        """The head of a note beside a case; empty without one."""
        file = self._files.find(path)
        return (file.content or b"").decode(errors="replace").strip()[:MOST_WORDS] if file is not None else ""

    def _settings(self, place: str, inherited: GroupSettings) -> GroupSettings:
        """The settings of a folder: what its own testdata.yaml says, over what it inherits."""
        file = self._files.find(f"{place}/testdata.yaml")
        settings = inherited
        if file is not None:
            settings = read_settings(file, place, inherited, self._report, is_scoring=self._kind.is_scoring, is_custom=self._kind.is_custom)
        if settings.has_grader:
            self._graded.append(place)
        return settings


def check_count(cases: list[PackageCase], files: PackageFiles, report: Report, *, talks: bool) -> None:
    """Says so when there are no cases, no samples or too many cases."""
    samples = sum(case.is_sample for case in cases)
    if samples == len(cases):
        report.add("no-cases", "data/secret", "there is no test case (a .in and a .ans) under data/secret/")
    if samples == 0 and not (talks and any(file.suffix == ".interaction" for file in files.under("data/sample"))):
        report.add("no-sample-cases", "data/sample", "there is no test case under data/sample/")
    if len(cases) > MOST_CASES:
        report.add("too-many-cases", "data", f"{len(cases)} test cases; at most {MOST_CASES} are allowed")


def check_contents(
    cases: Iterable[PackageCase], output_bytes: int, report: Report, *, is_talking: bool, lone: Iterable[tuple[PackageFile, tuple[str, ...]]] = ()
) -> None:
    """Says of inputs that are there twice, and of answers that no program may write. ``is_talking``: answers are the validator's own matter.

    ``lone`` are inputs that have no answer. Source: problemtools, "Identical input files" and the size of answer files.
    """
    known = tuple(cases)
    inputs = [*((case.input, (*case.checker_arguments, *_besides(case))) for case in known), *lone]
    seen: dict[tuple[str, tuple[str, ...]], str] = {}
    for file, arguments in sorted(inputs, key=lambda pair: pair[0].path):
        first = seen.setdefault((file.digest, arguments), file.path)
        if first != file.path:
            report.add("case-duplicate", file.path, f"the same input as {first}")
    for case in known:
        if case.answer.size_bytes > output_bytes and not is_talking:
            report.add("answer-over-limit", case.answer.path, f"{case.answer.size_bytes} bytes; programs may write {output_bytes}")


def _besides(case: PackageCase) -> tuple[str, ...]:
    """What makes the same input another one: arguments of the program, files in its folder."""
    return (*case.arguments, *(f"\0{path}\0{file.digest}" for path, file in sorted(case.files.items())))


def _allows_part(group: CaseGroup) -> bool:
    """Whether a run of which some case is rejected can be accepted."""
    if group.rule is VerdictRule.ACCEPT or group.accepts_any or group.has_grader:
        return True
    counted = [inner for inner in group.groups if not inner.is_ignored]
    return not group.cases and bool(counted) and any(_allows_part(inner) for inner in counted)
