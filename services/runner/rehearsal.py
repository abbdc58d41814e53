"""Owns the building of every program that a package judges by, before a submission meets one. Never runs them.

A program is called by its place in the judging version (``checker/check.cpp``): whoever tries the package out knows what it is called there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mesh.errors import Invalid
from services.runner.builds import SHOWN_BYTES, BuildFailed, Builds
from services.runner.checkers.checking import missing_header
from services.runner.course import ERROR, Course
from services.runner.places import first_of
from services.runner.programs import Programs
from services.runner.setters import built_program
from wire.judging import JudgingManifest, Program

BROKEN: Final = "output-validator-broken"
_ELSEWHERE: Final = "unknown-language"
"""A program in a language that this runner does not have is built by another runner, which is asked too."""
_FIRST_PLACE: Final = -10
"""The places of these programs among those who are asked no more: this one, and those below it."""


def judges_of(manifest: JudgingManifest) -> Iterator[tuple[str, str, Program]]:
    """The programs: the folder that each lies in, what it is called in a sentence, itself."""
    several = [(f"checkers/{number}", "the output validator", one) for number, one in enumerate(manifest.more_checkers)]
    named = [("checker", "the output validator", manifest.checker), *several]
    named += [("interactor", "the interactor", manifest.interactor)] if manifest.interactor is not None else []
    named += [("static", "the static validator", manifest.static_validator)] if manifest.static_validator is not None else []
    for folder, words, checker in named:
        if checker.program is not None:
            yield folder, words, checker.program
    if manifest.grader is not None:
        yield "grader", "the grader", manifest.grader


async def rehearse(manifest: JudgingManifest, programs: Programs, builds: Builds, course: Course) -> None:
    """Builds all of them; what does not compile is found, once, with what the compiler said. Raises: `BoxLost`, and what fetching raises."""
    for number, (folder, words, program) in enumerate(judges_of(manifest)):
        if _FIRST_PLACE - number in course.silent:
            continue
        try:
            await built_program(manifest.problem, program, programs, builds)
        except BuildFailed as failed:
            said = f"{words} does not compile:\n{failed.message[:SHOWN_BYTES]}{missing_header(failed.message)}"
        except Invalid as failed:
            if failed.code == _ELSEWHERE:
                continue
            said = f"{words}: {failed.message}"
        else:
            continue
        course.silent.add(_FIRST_PLACE - number)
        course.findings.add(ERROR, BROKEN, f"{folder}/{first_of(program)}", said)
