"""Owns the programs of Polygon packages: checker, interactor, validators, solutions with their tags, files compiled with them. Never runs one.

Source: Polygon's problem.xml as it is exported (``assets``, ``files/resources``); testlib (what checkers, interactors and validators speak).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.languages import language_of
from services.gitserver.formats.package import PackageProgram, PackageSubmission
from services.gitserver.formats.parts import (
    ACCEPTED, HEADERS, REJECTED, CheckerSource, check_accepted, checker_of, headers, included, program, submission,
)  # fmt: skip
from services.gitserver.formats.polygon_tests import DESCRIPTION
from services.gitserver.formats.xml_tree import Element
from wire.judging import Checker, CheckerKind

_WA, _TLE, _MLE = Verdict.WA.value, Verdict.TLE.value, Verdict.MLE.value
TAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "main": ACCEPTED,
    "accepted": ACCEPTED,
    "rejected": REJECTED,
    "incorrect": REJECTED,
    "failed": REJECTED,
    "runtime-error": (Verdict.RTE.value,),
    "wrong-answer": (_WA,),
    "presentation-error": (_WA,),
    "time-limit-exceeded": (_TLE,),
    "time-limit-exceeded-or-accepted": (_TLE, *ACCEPTED),
    "time-limit-exceeded-or-memory-limit-exceeded": (_TLE, _MLE),
    "memory-limit-exceeded": (_MLE,),
}
"""What the tag of a solution allows."""

_NOT_RUN = "do-not-run"
_FAMILIES: Final = {
    "cpp": "cpp", "c": "c", "java": "java", "kotlin": "kotlin", "python": "python3", "go": "go", "rust": "rust", "csharp": "csharp",
    "pas": "pascal", "delphi": "pascal", "haskell": "haskell", "ruby": "ruby", "php": "php", "perl": "perl", "js": "javascript", "ocaml": "ocaml",
}  # fmt: skip


def language_of_type(source_type: str, file: PackageFile) -> str:
    """Our id of the language of a source, whose type is as ``cpp.g++17`` or ``python.pypy3-64``; by its ending where the type says nothing."""
    if "pypy3" in source_type:
        return "pypy3"
    if source_type.startswith(("python.2", "python.pypy2")):
        return ""
    family = source_type.partition(".")[0].rstrip("0123456789")
    return _FAMILIES.get(family) or language_of(file)


_POINTS = re.compile(rb"\bquitpi?\s*\(|\b_points\b")
"""How a checker that is written with testlib gives points."""


def gives_points(checker: CheckerSource) -> bool:
    """Whether a checker says how many points an output gets."""
    program = checker.checker.program
    names = {file.path for file in program.files} - {"testlib.h"} if program is not None else set()
    return any(_POINTS.search(checker.files[name].content or b"") for name in names)


class Programs:
    """The programs of one package."""

    def __init__(self, files: PackageFiles, root: Element, report: Report) -> None:
        self._files, self._root, self._report = files, root, report
        self._headers = headers(files.under("files"))

    def checker(self) -> CheckerSource:
        """The checker; standard ones (std::wcmp.cpp) come with their source as any other."""
        element = self._root.find("assets/checker")
        nothing = CheckerSource(Checker(CheckerKind.TESTLIB), {})
        if element is None:
            self._report.add("validator-missing", DESCRIPTION, "there is no <checker> in <assets>")
            return nothing
        made = self._program(element)
        return checker_of(made) if made is not None else nothing

    def interactor(self) -> PackageProgram | None:
        """The interactor, None when the problem has none."""
        element = self._root.find("assets/interactor")
        return self._program(element) if element is not None else None

    def validators(self) -> tuple[PackageProgram, ...]:
        """Every validator of the inputs."""
        made = [self._program(element) for element in self._root.all("assets/validators/validator")]
        found = tuple(one for one in made if one is not None)
        if not made:
            self._report.add("input-validators-missing", DESCRIPTION, "there is no <validator> in <assets>: nothing checks the inputs")
        return found

    def submissions(self, *, is_scoring: bool, is_bounded: bool = True) -> tuple[PackageSubmission, ...]:
        """Every solution that is meant to be run; of a scoring problem one that is not right may get points all the same.

        Where points know no bound a solution without a rejected test is accepted, however few it got.
        """
        found: list[PackageSubmission] = []
        for element in self._root.all("assets/solutions/solution"):
            tag, source = element.attribute("tag"), element.find("source")
            file = self._source(element)
            if file is None or source is None or tag == _NOT_RUN:
                continue
            if tag not in TAGS:
                self._report.add("expectation-conflict", DESCRIPTION, f"line {element.line}: {tag[:40]!r} is no tag of a solution; it is left out")
                continue
            more = () if not is_scoring or TAGS[tag] == ACCEPTED else (Verdict.PA.value,) if is_bounded else (Verdict.PA.value, *ACCEPTED)
            allowed = (*TAGS[tag], *more)
            made = submission(file, language_of_type(source.attribute("type"), file), allowed, self._report)
            if made is not None:
                found.append(made)
        check_accepted(found, "solutions", self._report)
        return tuple(sorted(found, key=lambda one: one.path))

    def includes(self) -> tuple[PackageProgram, ...]:
        """Resources that are compiled with solutions: those that name a language in ``for-types``, by that language."""
        by_language: dict[str, dict[str, PackageFile]] = {}
        for element in self._root.all("files/resources/file"):
            assets = {one.attribute("name").lower() for one in element.all("assets/asset")}
            types = [one for one in element.attribute("for-types").replace(",", ";").replace(":", ";").split(";") if one.strip()]
            if not types or (assets and "solution" not in assets):
                continue
            file = self._files.find(element.attribute("path"))
            if file is None:
                self._missing(element, element.attribute("path"))
                continue
            for one in types:
                language = self._language_of_types(one.strip(), file)
                if language:
                    by_language.setdefault(language, {})[file.name] = file
        return tuple(one for language, held in sorted(by_language.items()) for one in included(language, held, "files"))

    def _language_of_types(self, pattern: str, file: PackageFile) -> str:
        if pattern == "solution":
            return "cpp" if file.suffix in HEADERS else language_of(file)
        return "pypy3" if "pypy3" in pattern else _FAMILIES.get(pattern.partition(".")[0].rstrip("0123456789*"), "")

    def _program(self, element: Element) -> PackageProgram | None:
        file = self._source(element)
        return program(file, self._headers, CheckerKind.TESTLIB, self._report) if file is not None else None

    def _source(self, element: Element) -> PackageFile | None:
        source = element.find("source")
        if source is None:
            words = f"line {element.line}: there is no <source> in <{element.tag}>{_standard(element, 'files')}"
            self._report.add("xml-incomplete", DESCRIPTION, words)
            return None
        path = source.attribute("path")
        file = self._files.find(path)
        if file is None:
            words = f"line {source.line}: {path[:120]!r} is not in the package{_standard(element, path)}"
            self._report.add("file-missing", DESCRIPTION, words)
        return file

    def _missing(self, element: Element, path: str) -> None:
        self._report.add("file-missing", DESCRIPTION, f"line {element.line}: {path[:120]!r} is not in the package")


def _standard(element: Element, place: str) -> str:
    """What to do when the source of one of Polygon's own checkers is not there."""
    name = element.attribute("name").removeprefix("std::")
    if not element.attribute("name").startswith("std::"):
        return ""
    return f": {name[:40]} is one of testlib's own checkers; put its source, with testlib.h, into {place[:120]}, and name it in <source>"
