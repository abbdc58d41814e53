"""Owns the reading of test cases, their order and their groups of ICPC packages. Never reads a case's bytes.

Source: legacy format, "Test data": groups are folders; cases and groups are used in lexicographical order of base name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, CaseGroup, OnReject, attainable_score
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_programs import token_checker
from services.gitserver.formats.package import PackageCase
from services.gitserver.formats.yaml_map import NUMBER, YamlMap, read_yaml
from wire.problems import Sample

MOST_CASES: Final = 5_000
MOST_SAMPLE_BYTES: Final = 64 * 1024
_KNOWN_ENDINGS = frozenset({".in", ".ans", ".desc", ".hint", ".png", ".jpg", ".jpeg", ".svg", ".interaction", ".files", ".statement", ".yaml", ".md"})


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What a testdata.yaml says; it holds for the group and for groups below that have none of their own."""

    on_reject: OnReject = OnReject.BREAK
    aggregation: Aggregation = Aggregation.SUM
    ignores_sample: bool = False
    accept_score: Fraction = Fraction(1)
    reject_score: Fraction = Fraction(0)
    max_score: Fraction | None = None
    checker_flags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Folder:
    """A folder of data/ while it is being read."""

    path: str
    settings: GroupSettings
    cases: dict[str, dict[str, PackageFile]] = field(default_factory=dict)
    folders: dict[str, _Folder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases in judging order, the tree of their groups, what is shown as samples, and the most points to be had."""

    cases: tuple[PackageCase, ...]
    groups: CaseGroup
    samples: tuple[Sample, ...]
    max_score: Fraction


def read_cases(files: PackageFiles, *, is_scoring: bool, is_custom: bool, report: Report) -> Cases:
    """All of data/. A case's ``checker_arguments`` are the flags of its group."""
    return _Reading(files, is_scoring=is_scoring, is_custom=is_custom, report=report).all()


class _Reading:
    """One reading of one package's data/."""

    def __init__(self, files: PackageFiles, *, is_scoring: bool, is_custom: bool, report: Report) -> None:
        self._files, self._is_scoring, self._is_custom, self._report = files, is_scoring, is_custom, report
        self._cases: list[PackageCase] = []

    def all(self) -> Cases:
        """Folders first, then one walk in judging order."""
        root = _Folder("", self._settings("data", GroupSettings()))
        for name in ("sample", "secret"):
            root.folders[name] = self._folder(name, root.settings)
        for file in self._files.under("data"):
            self._check_place(file)
        groups = self._walk(root)
        self._check_count()
        if root.settings.ignores_sample and self._is_scoring:
            inner = tuple(_worthless(group) if group.path == "sample" else group for group in groups.groups)
            groups = replace(groups, groups=inner, on_reject=OnReject.CONTINUE)
        worth = (attainable_score(groups, len(self._cases)) or Fraction(0)) if self._is_scoring else Fraction(1)
        return Cases(tuple(self._cases), groups, _samples(self._cases, self._report), worth)

    def _check_count(self) -> None:
        samples = sum(case.is_sample for case in self._cases)
        if samples == len(self._cases):
            self._report.add("no-cases", "data/secret", "there is no test case (a .in and a .ans) under data/secret/")
        if samples == 0:
            self._report.add("no-sample-cases", "data/sample", "there is no test case under data/sample/")
        if len(self._cases) > MOST_CASES:
            self._report.add("too-many-cases", "data", f"{len(self._cases)} test cases; at most {MOST_CASES} are allowed")

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
            if name in folder.folders:
                group = self._walk(folder.folders[name])
                if group.cases or group.groups:
                    groups.append(group)
        settings = folder.settings
        made = CaseGroup(folder.path, tuple(named), tuple(groups), on_reject=settings.on_reject)
        if not self._is_scoring:
            return made
        return replace(
            made,
            aggregation=settings.aggregation,
            accept_score=settings.accept_score,
            reject_score=settings.reject_score,
            max_score=settings.max_score,
        )

    def _case(self, folder: _Folder, name: str, pair: Mapping[str, PackageFile]) -> PackageCase | None:
        full = f"{folder.path}/{name}"
        if ".ans" not in pair:
            self._report.add("case-without-answer", f"data/{full}.in", f"there is no {name}.ans beside it")
            return None
        if ".in" not in pair:
            self._report.add("answer-without-input", f"data/{full}.ans", f"there is no {name}.in beside it")
            return None
        is_sample = full.startswith("sample/")
        return PackageCase(full, pair[".in"], pair[".ans"], is_sample, folder.path, folder.settings.checker_flags)

    def _settings(self, place: str, inherited: GroupSettings) -> GroupSettings:
        """The settings of a folder: its own testdata.yaml whole, or what it inherits."""
        file = self._files.find(f"{place}/testdata.yaml")
        yaml_map = read_yaml(file, self._report) if file is not None else None
        if file is None or yaml_map is None:
            return inherited
        if yaml_map.choice("grading", ("default", "custom"), "default", "yaml-wrong-type") == "custom":
            yaml_map.fault("grading", "grading-not-yet", "`grading: custom`: custom graders cannot be judged yet")
        flags = _flags(yaml_map, "output_validator_flags")
        if not self._is_custom:
            token_checker(flags, file.path, self._report)
        for key in ("accept_score", "reject_score", "range"):
            if key in yaml_map and not self._is_scoring:
                yaml_map.fault(key, "grading-ignored", f"`{key}` says nothing for pass-fail problems")
        aggregation, ignores_sample = _grader_flags(yaml_map, place, self._is_scoring)
        accept, reject = yaml_map.number("accept_score", 0, 1e9), yaml_map.number("reject_score", 0, 1e9)
        settings = GroupSettings(
            on_reject=OnReject(yaml_map.choice("on_reject", ("break", "continue"), "break", "yaml-wrong-type")),
            aggregation=aggregation,
            ignores_sample=ignores_sample,
            accept_score=Fraction(1) if accept is None else accept,
            reject_score=Fraction(0) if reject is None else reject,
            max_score=_most_of_range(yaml_map),
            checker_flags=flags,
        )
        yaml_map.finish(ignore=("input_validator_flags",))
        return settings


def _flags(yaml_map: YamlMap, key: str) -> tuple[str, ...]:
    text = yaml_map.map(key).text("flags") if yaml_map.is_map(key) else yaml_map.text(key)
    return tuple(text.split())


def _grader_flags(yaml_map: YamlMap, place: str, is_scoring: bool) -> tuple[Aggregation, bool]:
    """How scores are joined, and whether samples count for nothing. Source: legacy format, "Default Grader"."""
    aggregation, ignores_sample = Aggregation.SUM, False
    for word in yaml_map.text("grader_flags").split():
        if word in set(Aggregation):
            aggregation = Aggregation(word)
        elif word == "ignore_sample" and place == "data":
            ignores_sample = True
        elif word in {"always_accept", "accept_if_any_accepted"} and not is_scoring:
            yaml_map.fault("grader_flags", "grading-not-yet", f"`grader_flags: {word}` cannot be judged yet for pass-fail problems")
        elif word not in {"worst_error", "ignore_sample"}:
            yaml_map.fault("grader_flags", "grading-ignored", f"`grader_flags: {word[:40]}` changes nothing here")
    return aggregation, ignores_sample


def _most_of_range(yaml_map: YamlMap) -> Fraction | None:
    """The upper end of `range`, None when it is open."""
    parts = yaml_map.text("range").split()
    if not parts:
        return None
    ends = [_end(part) for part in parts]
    least, most = (*ends, None, None)[:2]
    if len(ends) != 2 or least is None or most is None or least > most or most == -math.inf:
        yaml_map.fault("range", "yaml-wrong-type", "`range` must be two numbers, the smaller first; -inf and +inf are allowed")
        return None
    return None if most == math.inf else Fraction(parts[1])


def _end(text: str) -> float | None:
    if not NUMBER.fullmatch(text) and text.lower().lstrip("+-") != "inf":
        return None
    return float(text)


def _worthless(group: CaseGroup) -> CaseGroup:
    """The group judged in full and worth nothing, whatever it gets."""
    inner = tuple(_worthless(below) for below in group.groups)
    return replace(group, groups=inner, accept_score=Fraction(0), reject_score=Fraction(0), on_reject=OnReject.CONTINUE)


def _samples(cases: list[PackageCase], report: Report) -> tuple[Sample, ...]:
    shown: list[Sample] = []
    for case in cases:
        if not case.is_sample:
            continue
        if max(case.input.size_bytes, case.answer.size_bytes) > MOST_SAMPLE_BYTES or case.input.content is None or case.answer.content is None:
            report.add("sample-large", case.input.path, f"larger than {MOST_SAMPLE_BYTES} bytes: not shown in the statement")
            continue
        name = case.name.removeprefix("sample/")
        shown.append(Sample(name, case.input.content.decode(errors="replace"), case.answer.content.decode(errors="replace")))
    return tuple(shown)
