"""Owns the testset of Polygon packages: limits, tests, groups, points and what groups depend on. Never reads a test's bytes.

Tests lie where the patterns of problem.xml say; a package that was exported without them (the standard one) is refused. Points make a
scoring problem; where all of them are 0 the checker gives them, or, if it gives none, outputs are right or wrong. A group of the policy ``complete-group`` counts whole or not at all, one of ``each-test`` test by test; a group is not run
unless every test of the groups that it depends on was accepted.

Source: Polygon's problem.xml as it is exported; cms-dev/cms ``cmscontrib/loaders/polygon.py``.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from contest.groups import Aggregation, CaseGroup, OnReject, attainable_score
from contest.limits import Limits
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.package import PackageCase
from services.gitserver.formats.parts import (
    LEAST_MEMORY_BYTES, LEAST_MS, MOST_CASES, MOST_MEMORY_BYTES, MOST_MS, MOST_POINTS, check_count, check_utf8, limits_of,
)  # fmt: skip
from services.gitserver.formats.xml_tree import Element
from services.gitserver.formats.yaml_map import NUMBER

DESCRIPTION: Final = "problem.xml"
_PATTERN = re.compile(r"(?P<head>[\w./ +()-]{0,200})%0?(?P<width>\d?)d(?P<tail>[\w./ +()-]{0,100})")
_POLICIES = ("complete-group", "each-test")
_FULL: Final = Fraction(100)
"""What is shown as the most points where nothing says how many there are."""


@dataclass(frozen=True, slots=True)
class Testset:
    """The cases in judging order and their groups."""

    limits: Limits
    cases: tuple[PackageCase, ...]
    groups: CaseGroup
    is_scoring: bool = False
    max_score: Fraction = Fraction(1)


@dataclass(slots=True)
class _Group:
    """A group as problem.xml describes it, with the tests that say they are in it."""

    name: str
    policy: str = "complete-group"
    points: Fraction | None = None
    requires: tuple[str, ...] = ()
    tests: list[tuple[PackageCase, Fraction]] = field(default_factory=list)


def read_testset(files: PackageFiles, root: Element, report: Report, *, checker_gives_points: bool) -> Testset:
    """The testset that is judged by: the one that is called tests, else the first."""
    found = list(root.all("judging/testset"))
    if not found:
        report.add("xml-incomplete", DESCRIPTION, "there is no <testset> in <judging>")
        return Testset(Limits(), (), CaseGroup())
    chosen = next((one for one in found if one.attribute("name") == "tests"), found[0])
    return _Reading(files, chosen, report, checker_gives_points=checker_gives_points).all()


class _Reading:
    """One reading of one testset."""

    def __init__(self, files: PackageFiles, testset: Element, report: Report, *, checker_gives_points: bool) -> None:
        self._files, self._testset, self._report = files, testset, report
        self._name = testset.attribute("name") or "tests"
        self._checker_gives_points = checker_gives_points
        self._absent: list[tuple[int, str, str]] = []

    def all(self) -> Testset:
        """Limits and groups first, then every test into its group, then the groups in an order in which they can be judged."""
        limits = limits_of(self._number("time-limit", LEAST_MS, MOST_MS, 1_000), self._number("memory-limit", LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES, 256 << 20))
        groups = self._declared()
        tests = list(self._testset.all("tests/test"))
        check_count(len(tests), self._name, self._report)
        count = self._testset.find("test-count")
        if count is not None and count.text != str(len(tests)):
            self._report.add("plan-mismatch", DESCRIPTION, f"line {count.line}: <test-count> says {count.text[:20]!r}, and there are {len(tests)} <test>")
        is_scoring = any("points" in test.attributes for test in tests) or any(group.points is not None for group in groups.values())
        for number, test in enumerate(tests[:MOST_CASES], 1):
            group = groups.setdefault(test.attribute("group"), _Group(test.attribute("group"), policy="each-test"))
            case = self._case(number, test)
            if case is not None:
                group.tests.append((case, self._points(test) or Fraction(0)))
        self._tell_absent()
        ordered = self._in_order(groups)
        cases = tuple(case for group in ordered for case, _ in group.tests)
        check_utf8(cases, self._report)
        tree = _tree(ordered, is_scoring=is_scoring)
        worth = attainable_score(tree, len(cases)) or Fraction(0)
        if worth and is_scoring:
            return Testset(limits, cases, tree, is_scoring=True, max_score=worth)
        if is_scoring and self._checker_gives_points:
            self._report.add("score-unbounded", DESCRIPTION, f"line {self._testset.line}: every test has 0 points, and the checker gives them")
            every = tuple(range(len(cases)))
            return Testset(limits, cases, CaseGroup(cases=every, gives_points=True, on_reject=OnReject.CONTINUE), is_scoring=True, max_score=_FULL)
        if is_scoring and not self._absent:
            self._report.add("score-zero", DESCRIPTION, f"line {self._testset.line}: every test has 0 points: outputs are judged right or wrong")
        return Testset(limits, cases, CaseGroup(cases=tuple(range(len(cases)))))

    def _number(self, tag: str, least: int, most: int, usual: int) -> int:
        element = self._testset.find(tag)
        text = element.text if element is not None else ""
        if element is None:
            self._report.add("xml-incomplete", DESCRIPTION, f"line {self._testset.line}: there is no <{tag}> in the testset")
        elif not text.isascii() or not text.isdigit() or len(text) > 15 or not least <= int(text) <= most:
            self._report.add("limit-bad", DESCRIPTION, f"line {element.line}: <{tag}> must lie between {least} and {most}, not {text[:40]!r}")
        else:
            return int(text)
        return usual

    def _declared(self) -> dict[str, _Group]:
        found: dict[str, _Group] = {}
        for one in self._testset.all("groups/group"):
            name, policy = one.attribute("name"), one.attribute("points-policy") or "complete-group"
            if policy not in _POLICIES:
                self._report.add("grading-not-yet", DESCRIPTION, f"line {one.line}: points-policy {policy[:40]!r} is none of {', '.join(_POLICIES)}")
            requires = tuple(inner.attribute("group") for inner in one.all("dependencies/dependency"))
            found[name] = _Group(name, policy, self._points(one), requires)
        for group in found.values():
            for wanted in group.requires:
                if wanted not in found:
                    self._report.add("group-dependency", DESCRIPTION, f"group {group.name[:40]!r} depends on {wanted[:40]!r}, which is not there")
        return found

    def _points(self, element: Element) -> Fraction | None:
        text = element.attribute("points")
        if not text:
            return None
        if NUMBER.fullmatch(text) is None or not 0 <= float(text) <= MOST_POINTS:
            self._report.add("bad-points", DESCRIPTION, f"line {element.line}: points must be a number from 0 to {MOST_POINTS:g}, not {text[:40]!r}")
            return None
        return Fraction(text)

    def _case(self, number: int, test: Element) -> PackageCase | None:
        question = self._file("input-path-pattern", "%02d", number, test)
        answer = self._file("answer-path-pattern", "%02d.a", number, test)
        if question is None or answer is None:
            return None
        group = test.attribute("group")
        arguments = ("--testset", self._name, *(("--group", group) if group else ()))
        name = f"{self._name}/{number:02}" if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", self._name) else f"tests/{number:02}"
        return PackageCase(name, question, answer, test.attribute("sample") == "true", group, input_arguments=arguments)

    def _file(self, tag: str, usual: str, number: int, test: Element) -> PackageFile | None:
        element = self._testset.find(tag)
        pattern = element.text if element is not None else f"{self._name}/{usual}"
        match = _PATTERN.fullmatch(pattern)
        if match is None:
            if number == 1:
                self._report.add("xml-incomplete", DESCRIPTION, f"line {test.line}: <{tag}> must be a path with one %d, as tests/%02d")
            return None
        path = f"{match['head']}{number:0{int(match['width'] or 1)}}{match['tail']}"
        file = self._files.find(path)
        if file is None:
            made = f" (it is made by {test.attribute('cmd')[:60]!r})" if tag.startswith("input") and test.attribute("cmd") else ""
            self._absent.append((number, path, made))
        return file

    def _tell_absent(self) -> None:
        """One finding for all files of tests that are not there, since mostly none is."""
        if not self._absent:
            return
        number, path, made = self._absent[0]
        more = f", nor are {len(self._absent) - 1} more files of tests, up to {self._absent[-1][1]!r}" if len(self._absent) > 1 else ""
        self._report.add(
            "package-not-full", path,
            f"test {number} is not in the package{made}{more}: make a full package in Polygon (Packages, Create package, Full) and take its zip for "
            "Linux or Windows; the standard one is made full by its doall.sh on Windows or with Wine",
        )  # fmt: skip

    def _in_order(self, groups: dict[str, _Group]) -> list[_Group]:
        """Groups with tests, in the order of the file, each after those that it depends on, directly or by way of one without tests."""
        waiting = dict(groups)
        left = {name: len(set(group.requires) & waiting.keys()) for name, group in waiting.items()}
        followers: dict[str, list[str]] = {name: [] for name in waiting}
        for name, group in waiting.items():
            for wanted in set(group.requires) & waiting.keys():
                followers[wanted].append(name)
        place = {name: min((int(case.name.rpartition("/")[2]) for case, _ in group.tests), default=0) for name, group in waiting.items()}
        free = [(place[name], name) for name, count in left.items() if not count]
        heapq.heapify(free)
        done: list[_Group] = []
        while free:
            _, name = heapq.heappop(free)
            done.append(waiting.pop(name))
            for follower in followers[name]:
                left[follower] -= 1
                if not left[follower]:
                    heapq.heappush(free, (place[follower], follower))
        if waiting:
            names = ", ".join(sorted(waiting))[:80]
            self._report.add("group-dependency", DESCRIPTION, f"groups depend on each other in a circle: {names!r}")
        return [group for group in (*done, *waiting.values()) if group.tests]


def _tree(groups: Iterable[_Group], *, is_scoring: bool) -> CaseGroup:
    """The tree of groups; without points every test must be right, and groups say nothing."""
    made: list[CaseGroup] = []
    count = 0
    known = {group.name for group in groups}
    for group in groups:
        held = tuple(range(count, count + len(group.tests)))
        count += len(held)
        worths = tuple(points for _, points in group.tests)
        requires = tuple(name or "-" for name in group.requires if name in known)
        node = CaseGroup(group.name or "-", held, requires=requires)
        if group.policy == "complete-group":
            whole = sum(worths, Fraction(0)) if group.points is None else group.points
            made.append(replace(node, aggregation=Aggregation.PASS, max_score=whole))
        else:
            if group.points and not any(worths):
                worths = (group.points / len(worths),) * len(worths)
            made.append(replace(node, case_scores=worths, on_reject=OnReject.CONTINUE))
    if not is_scoring:
        return CaseGroup(cases=tuple(range(count)))
    return CaseGroup(groups=tuple(made), on_reject=OnReject.CONTINUE)
