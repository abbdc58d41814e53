"""Owns the reading of the programs of an ICPC package that judge: output validators, input validators. Never runs one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from contest.limits import Limits
from services.gitserver.findings import Report
from services.gitserver.formats.checktestdata_syntax import tell_faults
from services.gitserver.formats.files import PackageFile, PackageFiles
from services.gitserver.formats.icpc_checktestdata import SUFFIX as CHECKTESTDATA
from services.gitserver.formats.icpc_checktestdata import checktestdata_program
from services.gitserver.formats.languages import ACCOMPANYING, CHECKER_LANGUAGES, language_of
from services.gitserver.formats.package import SCRIPTS, PackageProgram, program_file
from wire.judging import Checker, CheckerKind, Program
from wire.languages import SCRIPTED

FOREIGN: Final = {".viva": "VIVA"}
"""Input validators in languages of their own, which no runner has."""

INPUT_VALIDATORS: Final = ("input_validators", "input_format_validators", "input_validator")
"""Where input validators lie: the name, the deprecated one, and what DOMjudge's own examples call it."""


SINGLE: Final = ("output_validator", "static_validator")
"""Folders of 2025-09 that hold one program: its files may lie loose in them."""


@dataclass(frozen=True, slots=True)
class CheckerSource:
    """The checker of a problem, and its files by their path inside the checker's folder. ``more`` are asked after it."""

    checker: Checker
    files: Mapping[str, PackageFile]
    more: tuple[CheckerSource, ...] = ()


def read_checker(
    files: PackageFiles, folder: str, flags: tuple[str, ...], limits: Limits | None, report: Report, *, is_custom: bool, may_be_several: bool = False
) -> CheckerSource:
    """The checker of the package: the program in ``folder``, or the default one with its flags; the first by name where there are several."""
    what = "static validator" if folder == "static_validator" else "output validator"
    programs = files.children(folder)
    if not is_custom:
        if programs:
            report.add("validator-unused", folder, "there is a program here, and `validation` in problem.yaml does not say custom")
        return CheckerSource(token_checker(flags, "problem.yaml", report), {})
    if not programs:
        report.add("validator-missing", folder, f"there must be a program in {folder}/")
    found = programs_in(folder, programs, what, report)
    if len(found) > 1 and not may_be_several:
        why = "the format does not say whose nextpass.in would count" if folder not in SINGLE else "the format takes one"
        report.add("validators-many", folder, f"there must be one {what}, not {', '.join(found)}: {why}")
    made = [_checker(language, held, flags, limits) for language, held in found.values()] or [_checker("", {}, flags, limits)]
    return replace(made[0], more=tuple(made[1:]))


def _checker(language: str, held: Mapping[str, PackageFile], flags: tuple[str, ...], limits: Limits | None) -> CheckerSource:
    files = tuple(program_file(path, file, is_scripted=language == SCRIPTED) for path, file in sorted(held.items()))
    return CheckerSource(Checker(CheckerKind.CUSTOM, arguments=flags, program=Program(language, files), limits=limits), held)


def read_input_validators(files: PackageFiles, report: Report) -> tuple[PackageProgram, ...]:
    """Every input validator that can be run, sorted by path; findings say why others are left out."""
    found: list[PackageProgram] = []
    seen = False
    for folder in INPUT_VALIDATORS:
        children = files.children(folder)
        loose = {name: held[0] for name, held in children.items() if held[0].path == f"{folder}/{name}"}
        if SCRIPTS & loose.keys():
            held_here = whole(folder, children)
            has_scripts(held_here, report)
            found.append(PackageProgram(SCRIPTED, held_here, path=folder))
            seen = True
            continue
        headers = {name: file for name, file in loose.items() if file.suffix in ACCOMPANYING}
        for name, held in children.items():
            if name in headers:
                continue
            seen = True
            place = f"{folder}/{name}"
            own = {name: held[0]} | headers if name in loose else {file.path.removeprefix(place + "/"): file for file in held}
            if (program := _input_validator(place, own, report)) is not None:
                found.append(program)
    tell_faults([one.files[path] for one in found for path in one.files if path.endswith(CHECKTESTDATA)], report)
    if not seen:
        report.add("input-validators-missing", INPUT_VALIDATORS[0], "nothing checks that the inputs keep the statement's promises")
    return tuple(found)


def _input_validator(place: str, held: Mapping[str, PackageFile], report: Report) -> PackageProgram | None:
    sources = [file for file in held.values() if file.suffix not in ACCOMPANYING]
    suffixes = {file.suffix for file in sources}
    if has_scripts(held, report):
        return PackageProgram(SCRIPTED, dict(held), path=place)
    if foreign := sorted(FOREIGN[suffix] for suffix in suffixes if suffix in FOREIGN):
        report.add("input-validator-foreign", place, f"this is {foreign[0]}, for which there is no interpreter here: it is kept and not run")
        return None
    if suffixes == {CHECKTESTDATA} and len(sources) == 1:
        return checktestdata_program(place, sources[0])
    languages = {language_of(file) for file in sources}
    if len(languages) != 1 or not languages <= CHECKER_LANGUAGES:
        names = ", ".join(sorted(file.name for file in sources)) or "no source file"
        report.add("input-validator-not-run", place, f"an input validator must be C, C++, Java or Python 3, and one of them, or bring a script `build` or `run`: {names}")
        return None
    return PackageProgram(languages.pop(), dict(held), path=place)


def token_checker(flags: tuple[str, ...], path: str, report: Report) -> Checker:
    """The default validator with its flags. Source: legacy format, "Default Output Validator Specification"."""
    words = [*reversed(flags)]
    found: dict[str, str] = {}
    case_sensitive = space_change_sensitive = False
    while words:
        word = words.pop()
        if word == "case_sensitive":
            case_sensitive = True
        elif word == "space_change_sensitive":
            space_change_sensitive = True
        elif word in {"float_tolerance", "float_absolute_tolerance", "float_relative_tolerance"}:
            value = words.pop() if words else ""
            if not _is_tolerance(value):
                report.add("validator-flag-bad", path, f"{word} needs a number that is at least 0 after it, not {value[:40]!r}")
                continue
            if word != "float_relative_tolerance":
                found["absolute"] = value
            if word != "float_absolute_tolerance":
                found["relative"] = value
        else:
            report.add("validator-flag-bad", path, f"the default validator knows no flag {word[:60]!r}")
    return Checker(
        CheckerKind.TOKEN,
        case_sensitive=case_sensitive,
        space_change_sensitive=space_change_sensitive,
        float_absolute_tolerance=found.get("absolute"),
        float_relative_tolerance=found.get("relative"),
    )


def _is_tolerance(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and value >= 0


def one_program(
    folder: str, programs: Mapping[str, list[PackageFile]], what: str, many: str, report: Report
) -> tuple[str, Mapping[str, PackageFile]]:
    """The one program in a folder of programs that judge, with its language. The language is empty when something is wrong."""
    found = programs_in(folder, programs, what, report)
    if len(found) > 1:
        report.add(many, folder, f"there must be one {what}, not {', '.join(sorted(found))}")
    return next(iter(found.values())) if len(found) == 1 else ("", {})


def programs_in(
    folder: str, programs: Mapping[str, list[PackageFile]], what: str, report: Report
) -> dict[str, tuple[str, Mapping[str, PackageFile]]]:
    """The programs of a folder by name, sorted, each with its language and files: a file, a folder, or a source with its headers lying loose.

    Everything that is wrong with any of them is told; the language of one that cannot be run is empty.
    """
    loose = {name: held[0] for name, held in programs.items() if held[0].path == f"{folder}/{name}"}
    sources = [name for name, file in loose.items() if file.suffix not in ACCOMPANYING]
    beside = {name: file for name, file in loose.items() if name not in sources}
    found: dict[str, Mapping[str, PackageFile]] = {name: {name: loose[name]} | beside for name in sources}
    for name, held in programs.items():
        if name not in loose:
            found[name] = {file.path.removeprefix(f"{folder}/{name}/"): file for file in held}
    if SCRIPTS & loose.keys():
        found = {folder: whole(folder, programs)}
    elif folder in SINGLE and set(loose) == set(programs) and _are_one(loose):
        found = {folder: loose}
    if beside and not found:
        report.add("validator-source-missing", folder, f"the {what} has no source file: {', '.join(sorted(beside))}")
    places = {name: folder if name in loose or name == folder else f"{folder}/{name}" for name in found}
    return {name: (_language_of_program(places[name], own, what, report), own) for name, own in sorted(found.items())}


def whole(folder: str, programs: Mapping[str, list[PackageFile]]) -> dict[str, PackageFile]:
    """All files of a folder as one program's: scripts that lie loose in it say so, which DOMjudge reads alike."""
    return {file.path.removeprefix(f"{folder}/"): file for held in programs.values() for file in held}


def _are_one(loose: Mapping[str, PackageFile]) -> bool:
    """Whether files in one folder make a program together: Python's own name for what is started says so, or C and C++ do by nature."""
    languages = {language_of(file) for file in loose.values() if file.suffix not in ACCOMPANYING}
    return "__main__.py" in loose or languages in ({"c"}, {"cpp"})


def _language_of_program(place: str, held: Mapping[str, PackageFile], what: str, report: Report) -> str:
    """Its language; empty, with a finding, when it cannot be run."""
    if has_scripts(held, report):
        return SCRIPTED
    sources = [file for file in held.values() if file.suffix not in ACCOMPANYING]
    if not any(file.size_bytes for file in sources):
        report.add("validator-source-missing", place, f"the {what} has no source file, or only empty ones")
        return ""
    languages = {language_of(file) for file in sources}
    if len(languages) != 1 or not languages <= CHECKER_LANGUAGES:
        names = ", ".join(sorted(file.name for file in sources))
        article = "an" if what[0] in "aeiou" else "a"
        report.add("validator-language", place, f"{article} {what} must be C, C++, Java or Python 3, and one of them, or bring a script `build` or `run`: {names}")
        return ""
    return languages.pop()


def has_scripts(held: Mapping[str, PackageFile], report: Report) -> bool:
    """Whether a program is built and started by scripts of its own; a finding says so when one is not marked as executable.

    Source: legacy format and 2025-09, "Programs"; DOMjudge executes both whatever their mode (its pull request 1633).
    """
    found = sorted(SCRIPTS & held.keys())
    for path in found:
        if not held[path].is_executable:
            report.add("script-not-executable", held[path].path, f"`{path}` is not marked as executable: here it is run all the same")
    return bool(found)
