"""Owns the building of a program that a package brings, from its files. Never starts one."""

from __future__ import annotations

from services.runner.builds import Builds, Built
from services.runner.flows.beside import data_among
from services.runner.languages.language import Sources
from services.runner.programs import Programs
from wire.judging import Program


async def built_program(problem: str, program: Program, programs: Programs, builds: Builds) -> Built:
    """The program. Raises: `BuildFailed` when it does not compile; `Invalid` when its language is not here; what fetching raises; `BoxLost`."""
    sources = await programs.sources(problem, program)
    executables = tuple(file.path for file in program.files if file.is_executable)
    return await builds.build(program.language, sources, executables=executables)


def data_of(built: Built, sources: Sources) -> Sources:
    """What an input validator finds in its working directory: its files that are no code; all that lies in its folder, where a script built it."""
    language = built.toolchain.language
    return built.files if language.is_setters else data_among(language, sources)
