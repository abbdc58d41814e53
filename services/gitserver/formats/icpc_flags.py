"""Owns what becomes of the flags that an ICPC package gives to its validators, case by case. Never reads a file.

Flags that every case has become the validator's own, so that only what differs stands at a case.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from services.gitserver.findings import Report
from services.gitserver.formats.icpc_programs import token_checker
from services.gitserver.formats.package import PackageCase, PackageProgram
from wire.judging import Checker, CheckerKind

InputFlags = tuple[tuple[str, tuple[str, ...]], ...]
"""For each case the flags for input validators, and the name of the one that they are for, empty for all."""


def with_input_flags(
    cases: tuple[PackageCase, ...], validators: tuple[PackageProgram, ...], flags: InputFlags, report: Report
) -> tuple[tuple[PackageCase, ...], tuple[PackageProgram, ...]]:
    """The cases and the input validators with their arguments. Flags for one validator of several must be the same for every case."""
    names = {program.path.rpartition("/")[2].partition(".")[0]: program for program in validators}
    for unknown in sorted({name for name, _ in flags if name and name.partition(".")[0] not in names}):
        report.add("input-flags-unused", "data", f"there are flags for an input validator {unknown[:40]!r}, which is not here")
    if len(set(flags)) == 1:
        name, words = flags[0]
        return cases, tuple(
            replace(one, arguments=words) if not name or one is names.get(name.partition(".")[0]) else one for one in validators
        )
    if len(validators) > 1 and any(name for name, _ in flags):
        report.add("input-flags-unused", "data", "flags for one of several input validators that differ between cases are not given")
        flags = tuple(("", () if name else words) for name, words in flags)
    return tuple(replace(case, input_arguments=words) for case, (_, words) in zip(cases, flags, strict=True)), validators


def lift_flags(
    cases: tuple[PackageCase, ...], checker: Checker, flags: tuple[str, ...], report: Report
) -> tuple[tuple[PackageCase, ...], Checker]:
    """Flags that every group has become the checker's own, so that only what differs stands at a case."""
    of_groups = {case.checker_arguments for case in cases}
    if len(of_groups) != 1 or of_groups == {()}:
        return cases, checker
    joined = flags + of_groups.pop()
    whole = replace(checker, arguments=joined) if checker.kind is CheckerKind.CUSTOM else token_checker(joined, "data/testdata.yaml", report)
    return tuple(replace(case, checker_arguments=()) for case in cases), whole


def checker_note(checker: Checker) -> str:
    """How answers are compared, in words for contestants; empty when nothing is to be said."""
    if checker.kind is CheckerKind.CUSTOM:
        return "Any right answer is accepted: a program checks it."
    notes = []
    absolute, relative = checker.float_absolute_tolerance, checker.float_relative_tolerance
    if absolute is not None or relative is not None:
        parts = [f"{kind} error of at most {_plain(value)}" for kind, value in (("an absolute", absolute), ("a relative", relative)) if value]
        notes.append(f"Numbers are right with {' or '.join(parts)}.")
    if checker.space_change_sensitive:
        notes.append("White space must be exactly as asked.")
    if checker.case_sensitive:
        notes.append("Upper and lower case are different.")
    return " ".join(notes)


def _plain(value: str) -> str:
    """A tolerance as people write it: 1e-06 for 0.000001."""
    number = Decimal(value)
    return f"{float(number):g}" if number else "0"
