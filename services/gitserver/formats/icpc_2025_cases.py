"""Owns the reading of test cases and test data groups of 2025-09 packages, in judging order. Never reads a case's bytes.

Source: 2025-09 format, "Test data", "Test data groups" and "Result aggregation".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, CaseGroup, OnReject, attainable_score
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, made
from services.gitserver.formats.icpc_2025_config import CaseConfig, GroupConfig, read_case_config, read_group_config
from services.gitserver.formats.icpc_cases import SUPPOSED_MAX, Cases, Kind, check_count
from services.gitserver.formats.icpc_samples import read_samples
from services.gitserver.formats.package import PackageCase

SECRET_MAX: Final = Fraction(100)
"""What `secret` is worth when it does not say."""

FOLDERS: Final = frozenset({"sample", "secret", "invalid_input", "invalid_output", "valid_output"})
_ENDINGS: Final = frozenset({
    "in", "ans", "yaml", "png", "jpg", "jpeg", "svg", "out", "interaction", "in.statement", "ans.statement", "in.download", "ans.download",
    "hint", "desc",
})  # fmt: skip
STATIC: Final = "static validation"
"""What a static validation test case is called in its folder: no file can have this name."""

MOST_FILES: Final = 50
MOST_FILES_BYTES: Final = 64 << 20
"""Of one .files folder: it is laid into a box before every run of its case."""

_WITHOUT_INPUT: Final = frozenset({"ans", "interaction", ""})
_BY_LENGTH: Final = sorted(_ENDINGS, key=len, reverse=True)
_SHOWN_TWICE: Final = ((".out", ".ans.statement"), (".interaction", ".in.statement"), (".interaction", ".ans.statement"), (".interaction", ".out"))
_PAIRED: Final = ((".in.download", ".in.statement"), (".ans.download", ".ans.statement"))


@dataclass(frozen=True, slots=True)
class Cases2025:
    """What a package has of test cases. ``configs`` are what is said of each of them, in their order."""

    read: Cases
    configs: tuple[CaseConfig, ...]


def read_cases_2025(files: PackageFiles, kind: Kind, report: Report) -> Cases2025:
    """All of data/sample/ and data/secret/."""
    return _Reading(files, kind, report).all()


def files_of_case(files: PackageFiles, place: str, report: Report) -> dict[str, PackageFile]:
    """What lies in the .files folder of a case, by the path that programs find it by; ``place`` is the case's path without ending."""
    folder = f"{place}.files"
    found = {file.path.removeprefix(folder + "/"): file for file in files.under(folder)}
    size_bytes = sum(file.size_bytes for file in found.values())
    if len(found) > MOST_FILES or size_bytes > MOST_FILES_BYTES:
        said = f"{len(found)} files of {size_bytes} bytes; at most {MOST_FILES} of {MOST_FILES_BYTES} bytes together can be laid before a program"
        report.add("case-files", folder, said)
        return {}
    return found


class _Reading:
    """One reading of one package's data/."""

    def __init__(self, files: PackageFiles, kind: Kind, report: Report) -> None:
        self._files, self._kind, self._report = files, kind, report
        self._cases: list[PackageCase] = []
        self._configs: list[CaseConfig] = []

    def all(self) -> Cases2025:
        """Samples, then the secret cases or groups."""
        sample = self._leaf("sample", self._config("sample"))
        secret_config = self._config("secret")
        names = self._group_names()
        if names:
            secret = self._secret(secret_config, [(name, self._config(f"secret/{name}")) for name in names])
        else:
            secret = self._leaf("secret", secret_config)
            if self._kind.is_scoring:
                secret = self._scored(secret, secret_config, is_whole=True)
        groups = CaseGroup(groups=tuple(group for group in (sample, secret) if group.cases or group.groups))
        if self._kind.is_scoring:
            inner = tuple(
                replace(group, is_ignored=True, on_reject=OnReject.CONTINUE) if group.path == "sample" else group for group in groups.groups
            )
            groups = replace(groups, groups=inner, on_reject=OnReject.CONTINUE)
        for file in self._files.under("data"):
            self._check_place(file.path)
        run = [case for case in self._cases if not case.is_static]
        check_count(run, self._files, self._report, talks=self._kind.samples.talks)
        self._check_shown(run)
        samples = read_samples(self._files, run, self._kind.samples, self._report)
        return Cases2025(Cases(tuple(self._cases), groups, samples, self._worth(groups)), tuple(self._configs))

    def _config(self, path: str) -> GroupConfig:
        return read_group_config(self._files, f"data/{path}", self._report, is_scoring=self._kind.is_scoring, is_custom=self._kind.is_custom)

    def _group_names(self) -> list[str]:
        """The groups of secret: its folders, when it has no cases of its own."""
        folders, cases = [], 0
        for name, held in self._files.children("data/secret").items():
            if held[0].path == f"data/secret/{name}":
                cases += held[0].suffix == ".in"
            elif not name.endswith(".files"):
                folders.append(name)
        if folders and cases:
            self._report.add("group-mixed", "data/secret", "secret/ holds test cases and groups: it must be one or the other")
        return sorted(folders)

    def _secret(self, config: GroupConfig, inner: list[tuple[str, GroupConfig]]) -> CaseGroup:
        earlier = {"sample": Aggregation.PASS}
        groups: list[CaseGroup] = []
        whole = self._leaf("secret", config, is_flat=True).cases
        most = config.max_score if config.says_max else SECRET_MAX
        for name, own in inner:
            path = f"secret/{name}"
            group = self._leaf(path, own)
            if not group.cases:
                self._report.add("group-empty", f"data/{path}", "there is no test case in this group, nor a static validation")
            if self._kind.is_scoring:
                group = self._scored(group, own, is_whole=False)
                self._check_requires(path, own, earlier)
                if most is not None and own.max_score is None:
                    self._report.add("group-unbounded", f"data/{path}", "a group needs a `max_score` unless secret/ says that it is unbounded")
            earlier[path] = own.aggregation or Aggregation.PASS
            groups.append(group)
        secret = CaseGroup("secret", whole, tuple(groups))
        if not self._kind.is_scoring:
            return secret
        aggregation = config.aggregation or Aggregation.SUM
        self._check_requires("secret", config, {"sample": Aggregation.PASS})
        if aggregation is Aggregation.PASS and any((own.aggregation or Aggregation.PASS) is not Aggregation.PASS for _, own in inner):
            self._report.add("group-key", "data/secret/test_group.yaml", "where secret/ is pass-fail all of its groups must be")
        of_static = (config.static.score if config.static else None) or Fraction(0)
        total = sum((own.max_score or Fraction(0) for _, own in inner), of_static)
        if aggregation is Aggregation.SUM and most is not None and total > most:
            self._report.add("group-scores", "data/secret", f"the groups are worth {total} together, and secret/ at most {most}")
        on_reject = OnReject.BREAK if aggregation is Aggregation.PASS else OnReject.CONTINUE
        graded = replace(secret, aggregation=aggregation, max_score=most, on_reject=on_reject, requires=config.requires, is_exact=True)
        return replace(graded, accept_score=of_static) if whole else graded

    def _leaf(self, path: str, config: GroupConfig, *, is_flat: bool = False) -> CaseGroup:
        """The cases of a folder at any depth, appended in order; ``is_flat``: what lies in its folders are groups."""
        place = f"data/{path}/"
        named = self._static(path, config)
        for file in self._files.under(f"data/{path}"):
            if file.suffix != ".in" or ".files/" in file.path or (is_flat and "/" in file.path.removeprefix(place)):
                continue
            name = file.path.removesuffix(".in")
            if name.rpartition("/")[2] == "test_group":
                self._report.add("case-misplaced", file.path, "a test case must not be called test_group")
                continue
            own = read_case_config(self._files.find(f"{name}.yaml"), config.cases, self._report, is_custom=self._kind.is_custom)
            laid = files_of_case(self._files, name, self._report)
            answer = self._files.find(f"{name}.ans")
            if answer is None:
                self._report.add("case-without-answer", file.path, f"there is no {name.rpartition('/')[2]}.ans beside it")
                continue
            if self._files.under(name):
                self._report.add("case-misplaced", file.path, f"there is a folder {name.rpartition('/')[2]}/ beside it: it must be called otherwise")
            named.append(len(self._cases))
            full = f"{path}/{name.removeprefix(place)}"
            self._configs.append(own)
            self._cases.append(PackageCase(
                full, file, answer, path == "sample", path, own.checker_args, arguments=own.arguments, files=laid,
                is_open=path != "sample" and bool(own.is_open), hint=own.hint, description=own.description,
            ))  # fmt: skip
        return CaseGroup(path, tuple(named))

    def _static(self, path: str, config: GroupConfig) -> list[int]:
        """Appends the static validation test case of a folder, which is judged before what lies in it."""
        if config.static is None:
            return []
        nothing = made(f"data/{path}/test_group.yaml", b"")
        self._configs.append(CaseConfig())
        self._cases.append(PackageCase(
            f"{path}/{STATIC}", nothing, nothing, path == "sample", path, config.static.arguments, is_static=True,
        ))  # fmt: skip
        return [len(self._cases) - 1]

    def _scored(self, group: CaseGroup, config: GroupConfig, *, is_whole: bool) -> CaseGroup:
        """The group with what it is worth; ``is_whole``: it is secret itself."""
        aggregation = config.aggregation or (Aggregation.SUM if is_whole else Aggregation.PASS)
        most = config.max_score if config.says_max or not is_whole else SECRET_MAX
        scored = replace(group, aggregation=aggregation, max_score=most, requires=config.requires, is_exact=True)
        if is_whole:
            self._check_requires("secret", config, {"sample": Aggregation.PASS})
        if aggregation is Aggregation.PASS:
            if most is None:
                self._report.add("group-unbounded", f"data/{group.path}", "a pass-fail group needs a `max_score` that is a number")
            return scored
        on_reject = OnReject.BREAK if aggregation is Aggregation.MIN else OnReject.CONTINUE
        own = config.static.score if config.static is not None else None
        if most is None:
            unbounded = replace(scored, on_reject=on_reject, gives_points=True)
            if own is None:
                return unbounded
            inner = CaseGroup(f"{group.path}/{STATIC}", group.cases[:1], accept_score=own, is_exact=True)
            return replace(unbounded, cases=group.cases[1:], groups=(inner,))
        if own is None:
            share = most / max(1, len(group.cases)) if aggregation is Aggregation.SUM else most
            return replace(scored, on_reject=on_reject, accept_score=share)
        if own > most:
            self._report.add("group-scores", f"data/{group.path}", f"static validation is worth {own}, and the whole group at most {most}")
        count = len(group.cases) - 1
        share = max(Fraction(0), most - own) / max(1, count) if aggregation is Aggregation.SUM else most
        return replace(scored, on_reject=on_reject, accept_score=share, case_scores=(own, *[share] * count))

    def _check_requires(self, path: str, config: GroupConfig, earlier: dict[str, Aggregation]) -> None:
        for name in config.requires:
            if name not in earlier:
                why = f"`require_pass`: {name[:60]!r} is no group that stands before this one"
                self._report.add("group-requires", f"data/{path}/test_group.yaml", why)
            elif earlier[name] is not Aggregation.PASS:
                why = f"`require_pass`: {name[:60]!r} is not a pass-fail group"
                self._report.add("group-requires", f"data/{path}/test_group.yaml", why)

    def _worth(self, groups: CaseGroup) -> Fraction:
        if not self._kind.is_scoring:
            return Fraction(1)
        worth = attainable_score(groups, len(self._cases))
        if worth is None:
            if not self._kind.is_custom:
                self._report.add("validator-missing", "output_validator", "cases without a bound need a validator that gives their points")
            self._report.add("score-unbounded", "data/secret", f"`max_score` is unbounded: {SUPPOSED_MAX} are taken as full")
            return SUPPOSED_MAX
        if worth <= 0:
            self._report.add("score-zero", "data/secret", "no submission can get more than 0 points")
        return worth

    def _check_place(self, path: str) -> None:
        parts = path.split("/")
        if parts[1] not in {"sample", "secret"}:
            if parts[1] not in FOLDERS:
                self._report.add("case-misplaced", path, "test cases lie in data/sample/ and data/secret/; this is ignored")
            return
        if any(part.endswith(".files") for part in parts[2:-1]):
            self._check_owner(path, parts)
            return
        self._check_name(path, parts)

    def _check_name(self, path: str, parts: list[str]) -> None:
        ending = next((end for end in _BY_LENGTH if parts[-1].endswith(f".{end}")), parts[-1].partition(".")[2])
        name = parts[-1].removesuffix(f".{ending}")
        if parts[-1] == "test_group.yaml":
            if len(parts) > 4 or (parts[1] == "sample" and len(parts) > 3):
                self._report.add("group-key", path, "groups are folders of data/secret/ and have no groups in them")
        elif ending not in _ENDINGS:
            self._report.add("case-file-unknown", path, f"the ending .{ending} means nothing among test cases")
        elif ending not in _WITHOUT_INPUT and ending != "in" and self._files.find("/".join([*parts[:-1], f"{name}.in"])) is None:
            self._report.add("case-file-stray", path, f"there is no {name}.in: this file belongs to no test case")
        elif ending == "ans" and self._files.find(f"{path.removesuffix('.ans')}.in") is None:
            self._report.add("answer-without-input", path, f"there is no {name}.in beside it")
        elif ending in {"in", "ans"} and (file := self._files.find(path)) is not None and not file.is_utf8:
            self._report.add("case-not-utf8", path, "the file is not valid UTF-8")

    def _check_owner(self, path: str, parts: list[str]) -> None:
        depth = next(place for place, part in enumerate(parts[2:-1], 2) if part.endswith(".files"))
        owner = "/".join(parts[: depth + 1]).removesuffix(".files")
        if self._files.find(f"{owner}.in") is None:
            self._report.add("case-file-stray", path, f"there is no {owner.rpartition('/')[2]}.in: these files belong to no test case")

    def _check_shown(self, cases: Iterable[PackageCase]) -> None:
        """What is shown in place of a case must not be said twice, and what is shown must be what is fetched."""
        for case in cases:
            has = {end for pair in (*_SHOWN_TWICE, *_PAIRED) for end in pair if self._files.find(f"data/{case.name}{end}") is not None}
            for one, other in _SHOWN_TWICE:
                if one in has and other in has:
                    self._report.add("sample-files", f"data/{case.name}{other}", f"there is a {one} too: it must be one of the two")
            for one, other in _PAIRED:
                if (one in has) != (other in has):
                    self._report.add("sample-files", case.input.path, f"there must be both of {one} and {other}, or neither")
