"""Owns the cases of CMS tasks in the italian format: gen/GEN, score types, points, which case is shown. Never reads a case's bytes.

``#ST: N`` in gen/GEN begins a subtask of N points, whose worst case counts (GroupMin); without one every case counts for itself (Sum).
``score_type`` and ``score_type_parameters`` in task.yaml go before gen/GEN.

Source: cms-dev/cms ``cmscontrib/loaders/italy_yaml.py``, ``docs/External contest formats.rst``, ``docs/Score types.rst``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, CaseGroup, OnReject
from services.gitserver.findings import Report
from services.gitserver.formats.cms_task import MOST_GROUPS, GroupPlan, Task
from services.gitserver.formats.files import PackageFile, PackageFiles, read_text
from services.gitserver.formats.package import PackageCase
from services.gitserver.formats.patterns import Numbers
from services.gitserver.formats.parts import MOST_CASES, MOST_POINTS, check_count, check_utf8

GEN: Final = "gen/GEN"
_NUMBERED = re.compile(r"(?:input|output)(\d{1,5})\.txt")
_POINTS = re.compile(r"\d{1,7}(?:\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases in judging order, the tree of their groups, the most points to be had."""

    cases: tuple[PackageCase, ...]
    groups: CaseGroup
    max_score: Fraction


@dataclass(frozen=True, slots=True)
class _Plan:
    """Subtasks by their points and how many cases they have; none: every case for itself."""

    count: int | None = None
    groups: tuple[GroupPlan, ...] = ()


def read_cases(files: PackageFiles, task: Task, report: Report, *, gives_numbers: bool) -> Cases:
    """Every case with its worth. ``gives_numbers``: a program of the package says what an output is worth."""
    questions, answers = _numbered(files, "input", report), _numbered(files, "output", report)
    plan = _plan(files.find(GEN), report)
    count = _count(task, plan, len(questions), report)
    found: list[PackageCase] = []
    missing: list[int] = []
    open_files = {file.digest for file in files.under("att")}
    for number in range(min(count, MOST_CASES)):
        question, answer = questions.get(number), answers.get(number)
        if question is None and answer is None:
            missing.append(number)
        elif question is None:
            report.add("answer-without-input", f"input/input{number}.txt", f"there are {count} cases, numbered from 0, and this one is not there")
        elif answer is None:
            report.add("case-without-answer", question.path, f"there is no output/output{number}.txt")
        else:
            is_sample = {question.digest, answer.digest} <= open_files
            found.append(PackageCase(f"cases/{number:03}", question, answer, is_sample, ""))
    if missing:
        which = f"this one and {len(missing) - 1} more, up to {missing[-1]}, are" if len(missing) > 1 else "this one is"
        report.add("plan-mismatch", f"input/input{missing[0]}.txt", f"there are {count} cases, numbered from 0, and {which} not there")
    for number in sorted(set(questions) | set(answers)):
        if number >= count:
            report.add("plan-mismatch", f"input/input{number}.txt", f"there are {count} cases, numbered from 0, and this is one more")
    check_count(len(questions), "input", report)
    check_utf8(found, report)
    groups = task.groups or plan.groups
    if groups and task.score_type != "Sum":
        return _grouped(found, groups, count, report, score_type=task.score_type, gives_numbers=gives_numbers)
    value = task.value_of_case if task.value_of_case is not None else task.total_value / count if count else Fraction(0)
    tree = CaseGroup(cases=tuple(range(len(found))), accept_score=value, on_reject=OnReject.CONTINUE)
    return _checked(Cases(tuple(found), tree, value * len(found)), report)


def _grouped(
    found: Sequence[PackageCase], plans: Sequence[GroupPlan], count: int, report: Report, *, score_type: str, gives_numbers: bool
) -> Cases:
    """Cases in their subtasks. One that is in several stands once in each, and is judged once: the first is what the others are the same as."""
    names = [f"{number:03}" for number in range(count)]
    numbers = Numbers.of(names)
    place = {case.name.rpartition("/")[2]: index for index, case in enumerate(found)}
    taken: set[str] = set()
    groups: list[CaseGroup] = []
    cases = list(found)
    for number, plan in enumerate(plans):
        chosen = plan.of(numbers)
        threshold = plan.threshold if score_type == "GroupThreshold" and gives_numbers else None
        held: list[int] = []
        for name in chosen:
            if name not in place or len(cases) > MOST_CASES:
                continue
            index, in_group = place[name], replace(found[place[name]], group=f"subtask-{number}", threshold=threshold)
            if name in taken:
                index, in_group = len(cases), replace(in_group, name=f"{in_group.name}-{number}", same_as=in_group.name)
                cases.append(in_group)
            cases[index] = in_group
            held.append(index)
        taken.update(chosen)
        if not held and len(cases) <= MOST_CASES:
            report.add("plan-mismatch", "task.yaml" if plan.names or plan.pattern else GEN, f"subtask {number} has no case")
        groups.append(_group(f"subtask-{number}", tuple(held), plan, score_type))
        if score_type == "GroupThreshold" and not gives_numbers and plan.threshold is not None and plan.threshold < 1:
            report.add("bad-points", "task.yaml", f"subtask {number} wants at most {float(plan.threshold):g}, and a right output is worth 1")
    left = [name for name in names if name not in taken]
    if left:
        more = f", nor are {len(left) - 1} more, up to {left[-1]}" if len(left) > 1 else ""
        report.add("plan-mismatch", GEN, f"case {left[0]} is in no subtask{more}")
    if len(cases) > MOST_CASES:
        report.add("too-many-cases", "task.yaml", f"more than {MOST_CASES} test cases, counted in each subtask that they are in")
    tree = CaseGroup(groups=tuple(groups), on_reject=OnReject.CONTINUE)
    return _checked(Cases(tuple(cases), tree, sum((plan.points for plan in plans), Fraction(0))), report)


def _group(path: str, cases: tuple[int, ...], plan: GroupPlan, score_type: str) -> CaseGroup:
    """A subtask that counts as its score type says."""
    if score_type == "GroupThreshold":
        return CaseGroup(path, cases, aggregation=Aggregation.PASS, max_score=plan.points)
    return CaseGroup(path, cases, aggregation=Aggregation.PRODUCT if score_type == "GroupMul" else Aggregation.MIN, accept_score=plan.points)


def _checked(cases: Cases, report: Report) -> Cases:
    if cases.cases and not cases.max_score:
        report.add("bad-points", GEN, "all cases together are worth nothing")
    return cases


def _numbered(files: PackageFiles, folder: str, report: Report) -> dict[int, PackageFile]:
    """The files folder/folderN.txt by N."""
    found: dict[int, PackageFile] = {}
    for file in files.under(folder):
        match = _NUMBERED.fullmatch(file.name)
        if match is None or file.path != f"{folder}/{folder}{int(match[1])}.txt":
            report.add("case-file-unknown", file.path, f"cases are {folder}/{folder}0.txt and so on; this is ignored")
        else:
            found[int(match[1])] = file
    return found


def _count(task: Task, plan: _Plan, there: int, report: Report) -> int:
    """How many cases there are: as task.yaml says, as gen/GEN says, else as many as there are files."""
    if task.count is not None and plan.count is not None and task.count != plan.count:
        report.add("plan-mismatch", GEN, f"it describes {plan.count} cases, and task.yaml says n_input: {task.count}")
    if task.count is not None:
        return task.count
    return there if plan.count is None else plan.count


def _plan(file: PackageFile | None, report: Report) -> _Plan:
    """What gen/GEN describes: a case a line, `#ST: points` before the cases of a subtask, `#COPY: path` for a case that is copied."""
    text = read_text(file, report) if file is not None else None
    if text is None:
        return _Plan()
    total = first = 0
    points: Fraction | None = None
    groups: list[GroupPlan] = []
    for number, line in enumerate(text.splitlines(), 1):
        words, _, comment = (part.strip() for part in line.partition("#"))
        if comment.startswith("ST:"):
            if words or (points is None and total):
                report.add("plan-mismatch", GEN, f"line {number}: a subtask must begin on a line of its own, before the first case")
            if points is not None:
                groups.append(GroupPlan(points, first=first, count=total - first))
            points, first = _points(comment[3:].strip(), number, report), total
        elif words or comment.startswith("COPY:"):
            total += 1
    if points is not None:
        groups.append(GroupPlan(points, first=first, count=total - first))
    if len(groups) > MOST_GROUPS:
        report.add("grading-not-yet", GEN, f"more than {MOST_GROUPS} subtasks")
    return _Plan(total, tuple(groups[:MOST_GROUPS]))


def _points(text: str, line: int, report: Report) -> Fraction:
    if _POINTS.fullmatch(text) is None or float(text) > MOST_POINTS:
        report.add("bad-points", GEN, f"line {line}: `#ST:` must be followed by points, not {text[:40]!r}")
        return Fraction(0)
    return Fraction(text)
