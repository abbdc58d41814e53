"""Owns the refusal of formats that are known by sight and not read yet. Never guesses at their content."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFiles
from services.gitserver.formats.package import Package

_VERSION = re.compile(rb"^problem_format_version\s*:\s*['\"]?([A-Za-z0-9-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class NotYet:
    """A format told by marks (paths that must all be there; with / at the end: folders) or by its format version."""

    title: str
    marks: tuple[str, ...]
    versions: tuple[str, ...] = ()

    def recognises(self, files: PackageFiles) -> bool:
        """Whether every mark is there, or the version is one of ours."""
        if self.versions:
            return declared_version(files) in self.versions
        return all(bool(files.under(mark[:-1])) if mark.endswith("/") else files.find(mark) is not None for mark in self.marks)

    def read(self, files: PackageFiles, alias: str, report: Report) -> Package | None:
        """Nothing but the finding that says so."""
        del files, alias
        path = "problem.yaml" if self.versions else self.marks[0].rstrip("/")
        report.add(
            "format-not-yet", path,
            f"this is a package of the {self.title} format, which is not read yet; bring it in the ICPC/Kattis legacy format",
        )  # fmt: skip
        return None


def declared_version(files: PackageFiles) -> str:
    """What problem.yaml says of its format, by sight; empty when it says nothing."""
    file = files.find("problem.yaml")
    found = _VERSION.search(file.content) if file is not None and file.content is not None else None
    return found.group(1).decode() if found else ""
