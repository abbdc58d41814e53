"""Owns the programs of omegaUp packages: validator, solutions and tests with what is expected of them. Never runs one.

Source: omegaup/quark ``runner/ci/ci.go`` (tests.json, solutions), ``runner/validator.go`` (comparisons), ``common/problemsettings.go``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from contest.verdicts import Verdict
from services.gitserver.findings import Report
from services.gitserver.formats.files import PackageFile, PackageFiles, made
from services.gitserver.formats.json_map import JsonMap, read_json
from services.gitserver.formats.languages import language_of
from services.gitserver.formats.omegaup_cases import FULL_SCORE
from services.gitserver.formats.omegaup_library import with_library
from services.gitserver.formats.omegaup_settings import Validator, language_named
from services.gitserver.formats.package import PackageCase, PackageProbe, PackageProgram, PackageSubmission
from services.gitserver.formats.parts import (
    ACCEPTED, MOST_CASES, MOST_POINTS, REJECTED, CheckerSource, check_accepted, checker_of, program, submission,
)  # fmt: skip
from wire.judging import Checker, CheckerKind, Claim

TESTS: Final = "tests/tests.json"
INVALID: Final = "tests/invalid-cases"
_NO_TOLERANCE = Fraction(1, 1_000_000)


def read_checker(files: PackageFiles, validator: Validator, report: Report) -> CheckerSource:
    """The checker that ``Validator`` describes."""
    sources = [file for file in files if _is_validator(file)]
    match validator.name:
        case "custom":
            return _custom(sources, validator, report)
        case "literal":
            checker = Checker(CheckerKind.LITERAL)
        case "token-numeric":
            tolerance = _NO_TOLERANCE if validator.tolerance is None else validator.tolerance
            tolerances = _decimal(tolerance * Fraction(3, 2)), _decimal(tolerance)
            checker = Checker(float_absolute_tolerance=tolerances[0], float_relative_tolerance=tolerances[1], numbers_only=True)
        case name:
            checker = Checker(case_sensitive=name == "token")
    if sources:
        report.add("validator-unused", sources[0].path, f"there is a program here, and `Validator.Name` says {validator.name}")
    return CheckerSource(checker, {})


def _is_validator(file: PackageFile) -> bool:
    return "/" not in file.path and file.path.startswith("validator.") and file.path.count(".") == 1


def _custom(sources: list[PackageFile], validator: Validator, report: Report) -> CheckerSource:
    named = [file for file in sources if file.suffix == f".{validator.language}"] if len(sources) > 1 else sources
    if not sources:
        report.add("validator-missing", "settings.json", "`Validator.Name` is custom, and there is no validator.LANGUAGE in the top folder")
    elif len(named) != 1:
        names = ", ".join(file.path for file in sources)
        report.add("validators-many", sources[0].path, f"`Validator.Lang` must say which one is meant: {names}")
    elif (found := program(named[0], {}, CheckerKind.OMEGAUP, report)) is not None:
        return checker_of(with_library(found), validator.limits)
    return CheckerSource(Checker(CheckerKind.OMEGAUP), {})


def read_tests(files: PackageFiles, total: Fraction, report: Report) -> tuple[tuple[PackageSubmission, ...], tuple[PackageProgram, ...]]:
    """The submissions to be tried, and the validator of the inputs: those of tests.json, and solutions/solution.LANGUAGE."""
    file = files.find(TESTS)
    tests = read_json(file, report) if file is not None else None
    found = {one.path: one for one in _official(files, report)}
    validators: tuple[PackageProgram, ...] = ()
    if tests is not None:
        found |= {one.path: one for one in _listed(files, tests, report)}
        validators = _input_validators(files, tests, report)
        stated = tests.number("max_score", 0, MOST_POINTS, "bad-points")
        if stated is not None and stated != total:
            report.add("plan-mismatch", TESTS, f"`max_score` is {float(stated):g}, and the weights of the cases add up to {float(total):g}")
        tests.finish()
    if not validators:
        report.add("input-validators-missing", TESTS, "nothing checks that the inputs keep the statement's promises (`inputs` in tests.json)")
    check_accepted(found.values(), "solutions", report)
    return tuple(found[path] for path in sorted(found)), validators


def _official(files: PackageFiles, report: Report) -> Iterator[PackageSubmission]:
    for file in files.under("solutions"):
        if file.path.count("/") == 1 and file.name.startswith("solution.") and file.suffix not in {".md", ".markdown", ".txt", ".pdf"}:
            found = submission(file, _language_of(file), ACCEPTED, report, (FULL_SCORE, FULL_SCORE))
            if found is not None:
                yield found


def _language_of(file: PackageFile) -> str:
    """By its ending, which may be omegaUp's own name of a language: solution.cpp20-gcc."""
    return language_of(file) or language_named(file.suffix.removeprefix("."))


def _listed(files: PackageFiles, tests: JsonMap, report: Report) -> Iterator[PackageSubmission]:
    for one in tests.maps("solutions"):
        file = _named(files, one, report)
        verdict, scores = one.text("verdict"), one.numbers("score_range", 0, 1, "bad-points")
        language = language_named(one.text("language"))
        one.finish(ignore=("allow_fractional_percentages",))
        if scores and (len(scores) != 2 or scores[0] > scores[1]):
            report.add("json-wrong-type", TESTS, "`score_range` must be two numbers, the smaller first")
            scores = ()
        if verdict and verdict not in {*map(str, Verdict)}:
            report.add("expectation-conflict", TESTS, f"{verdict[:20]!r} is no verdict of omegaUp")
            verdict = ""
        if not verdict and not scores:
            report.add("expectation-conflict", TESTS, "a solution without `verdict` and `score_range` says nothing; it is left out")
            continue
        least, most = (scores[0], scores[1]) if scores else (None, None)
        span = (None, None) if least is None or most is None else (least * FULL_SCORE, most * FULL_SCORE)
        if file is not None and (found := submission(file, language or _language_of(file), _allowed(verdict, least, most), report, span)) is not None:
            yield found


def _allowed(verdict: str, least: Fraction | None, most: Fraction | None) -> tuple[str, ...]:
    """Our verdicts for what omegaUp calls so.

    Its verdict of a run is the worst that a case got, whatever the score; ours is PA as soon as there is a score, else that of the first
    case that went wrong, which is no worse.
    """
    if verdict == Verdict.AC or (not verdict and least == 1):
        return ACCEPTED
    allowed = {Verdict.PA.value, *REJECTED}
    if verdict in {Verdict.PA, Verdict.WA, Verdict.CE, Verdict.VE, Verdict.JE}:
        allowed = {verdict}
    elif verdict:
        allowed = _no_worse(verdict)
    if least:
        allowed &= {Verdict.PA.value}
    if most == 0:
        allowed -= {Verdict.PA.value}
    if not verdict and most == 1:
        allowed |= set(ACCEPTED)
    return tuple(allowed) or (Verdict.PA.value,)


def _no_worse(verdict: str) -> set[str]:
    order = [one.value for one in Verdict]
    return set(order[order.index(verdict) :]) - {Verdict.AC.value}


def _input_validators(files: PackageFiles, tests: JsonMap, report: Report) -> tuple[PackageProgram, ...]:
    """A program that gets each input as `data.in` and as the output to be judged, and prints 1 when it is as it should be."""
    if "inputs" not in tests:
        return ()
    inputs = tests.map("inputs")
    file = _named(files, inputs, report)
    inputs.text("language")
    inputs.finish()
    found = program(file, {}, CheckerKind.OMEGAUP, report) if file is not None else None
    return (with_library(found),) if found is not None else ()


def read_probes(files: PackageFiles) -> tuple[PackageProbe, ...]:
    """Inputs that the validator must refuse. What it should say, which lies beside them, is its data.out."""
    found = [file for file in files.under(INVALID) if file.suffix == ".in"]
    return tuple(_probe(file, files.find(file.path.removesuffix(".in") + ".expected-failure")) for file in found[:MOST_CASES])


def _probe(file: PackageFile, words: PackageFile | None) -> PackageProbe:
    case = PackageCase(file.path.removesuffix(".in"), file, words or made("", b""), is_sample=False, group="")
    return PackageProbe(Claim.INVALID_INPUT, file.path, case)


def _named(files: PackageFiles, one: JsonMap, report: Report) -> PackageFile | None:
    """The file that an entry names, as it is seen from tests/."""
    name = one.text("filename")
    file = files.find(posixpath.normpath(f"tests/{name}"))
    if file is None:
        report.add("file-missing", TESTS, f"it names {name[:80]!r}, and from tests/ there is no such file")
    return file


def _decimal(value: Fraction) -> str:
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f")
