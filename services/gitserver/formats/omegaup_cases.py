"""Owns the cases of omegaUp packages: which belong together, what each is worth, what is shown as samples. Never reads a case's bytes.

A case's group is its name up to the first dot. Weights come from ``testplan``, else from settings.json, else each case weighs 1; they are
shares of 100 points here. A group counts only when every case of it scores (``sum-if-not-zero``), or by its worst case (``min``).

Source: omegaup/quark ``common/problemsettings.go`` (names, testplan), ``runner/runner.go`` (Grade); omegaup/gitserver ``ziphandler.go``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, CaseGroup, OnReject
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.omegaup_settings import MIN, Settings
from services.gitserver.formats.package import PackageCase
from services.gitserver.formats.parts import MOST_POINTS, check_count, check_utf8, sample, sample_files
from wire.problems import Sample

FULL_SCORE: Final = Fraction(100)
_PLAN_LINE = re.compile(r"\s*([^#\s]+)\s+(\d{1,9}(?:\.\d{1,18})?)\s*")


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases in judging order and the tree of their groups; samples, and the files they are."""

    cases: tuple[PackageCase, ...]
    groups: CaseGroup
    total: Fraction


def read_cases(files: PackageFiles, settings: Settings, report: Report) -> Cases:
    """Every case of cases/ with its worth."""
    pairs = _pairs(files, "cases", report)
    check_count(len(pairs), "cases", report)
    weights = _weights(files, settings, set(pairs), report)
    total = sum(weights.values(), Fraction(0))
    if pairs and not total:
        report.add("bad-points", "testplan" if files.find("testplan") else "settings.json", "all cases together weigh nothing")
    names = sorted(pairs, key=lambda name: (_group_of(name), name))
    cases = tuple(PackageCase(f"cases/{name}", *pairs[name], is_sample=False, group=_group_of(name)) for name in names)
    check_utf8(cases, report)
    scale = FULL_SCORE / total if total else Fraction(0)
    return Cases(cases, _tree(names, {name: weights.get(name, Fraction(0)) * scale for name in names}, settings), total)


def read_samples(files: PackageFiles, report: Report, *, are_inputs: bool = False) -> tuple[tuple[Sample, ...], dict[str, PackageFile]]:
    """What lies in examples/ (interactive/examples/ of older ones): shown, and not judged. ``are_inputs``: an output may be missing there."""
    folder = "examples" if files.under("examples") else "interactive/examples"
    pairs = _pairs(files, folder, Report() if are_inputs else report)
    found = [sample(name, question, answer, report) for name, (question, answer) in sorted(pairs.items())]
    return tuple(one for one in found if one is not None), sample_files(pairs)


def _pairs(files: PackageFiles, folder: str, report: Report) -> dict[str, tuple[PackageFile, PackageFile]]:
    """Inputs and answers by name."""
    sides: dict[str, dict[str, PackageFile]] = {".in": {}, ".out": {}}
    for file in files.under(folder):
        name = file.path[len(folder) + 1 :]
        if "/" in name or file.suffix not in sides:
            report.add("case-file-unknown", file.path, f"cases are NAME.in and NAME.out, right in {folder}/; this is ignored")
        else:
            sides[file.suffix][name.removesuffix(file.suffix)] = file
    questions, answers = sides[".in"], sides[".out"]
    for name in sorted(questions.keys() - answers.keys()):
        report.add("case-without-answer", questions[name].path, f"there is no {name}.out beside it")
    for name in sorted(answers.keys() - questions.keys()):
        report.add("answer-without-input", answers[name].path, f"there is no {name}.in beside it")
    return {name: (questions[name], answers[name]) for name in questions.keys() & answers.keys()}


def _weights(files: PackageFiles, settings: Settings, names: set[str], report: Report) -> Mapping[str, Fraction]:
    """The weight of every case; what a plan names and is not there, and the other way round, is a fault."""
    plan = files.find("testplan")
    if plan is not None:
        weights, path = _plan(plan, report), plan.path
    elif settings.weights:
        weights, path = dict(settings.weights), "settings.json"
    else:
        return dict.fromkeys(names, Fraction(1))
    for name in sorted(weights.keys() - names):
        report.add("plan-mismatch", path, f"it names the case {name[:80]!r}, and there is no such .in with its .out in cases/")
    for name in sorted(names - weights.keys()):
        report.add("plan-mismatch", path, f"it does not name the case {name!r}, which lies in cases/")
    return {name: weight for name, weight in weights.items() if name in names}


def _plan(file: PackageFile, report: Report) -> dict[str, Fraction]:
    """A testplan: a name and points on each line, # begins a comment."""
    found: dict[str, Fraction] = {}
    for number, line in enumerate((read_text(file, report) or "").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _PLAN_LINE.fullmatch(line.partition("#")[0])
        if match is None or float(match[2]) > MOST_POINTS:
            report.add("bad-points", file.path, f"line {number}: a line is the name of a case and its points, as `group.case 25`")
        else:
            found[match[1]] = Fraction(match[2])
    return found


def _tree(names: list[str], points: Mapping[str, Fraction], settings: Settings) -> CaseGroup:
    """One group for each beginning of names, none of which stops another."""
    is_partial = settings.validator.name in {"custom", "literal"}
    groups: list[CaseGroup] = []
    by_group: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        by_group.setdefault(_group_of(name), []).append(place)
    for group, held in by_group.items():
        worths = tuple(points[names[place]] for place in held)
        groups.append(_group(group, tuple(held), worths, is_partial=is_partial, is_by_worst=settings.validator.policy == MIN))
    return CaseGroup(groups=tuple(groups), on_reject=OnReject.CONTINUE)


def _group(path: str, held: tuple[int, ...], worths: tuple[Fraction, ...], *, is_partial: bool, is_by_worst: bool) -> CaseGroup:
    """All or nothing, where a case is right or wrong; else as the policy says of cases that are right in part."""
    whole = sum(worths, Fraction(0))
    if not is_partial:
        return CaseGroup(path, held, aggregation=Aggregation.PASS, max_score=whole)
    if is_by_worst:
        return CaseGroup(path, held, aggregation=Aggregation.MIN, accept_score=whole)
    return CaseGroup(path, held, aggregation=Aggregation.SUM_IF_NOT_ZERO, case_scores=worths)


def _group_of(name: str) -> str:
    return name.partition(".")[0]
