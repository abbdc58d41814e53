"""Owns which files a submission is made of: its own, and what the problem brings for its language; and the having it built of them.

Source: ICPC problem package format, 2025-09, "Included files"; but a name that both have is refused there, for to overwrite what somebody
wrote would judge another program than his.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from contest.limits import COMPILE_LIMITS
from services.runner.builds import BuildFailed, Builds, Built
from services.runner.flows.beside import data_among
from services.runner.flows.outputs import read_outputs
from services.runner.languages.language import Language, Plan, Sources
from services.runner.languages.table import Toolchain
from services.runner.programs import Programs
from wire.judging import JudgingManifest, Program, RunOrder

EVERY = "*"
ALIKE: Mapping[str, str] = {"cpp17": "cpp", "cpp23": "cpp", "pypy3": "python3"}
"""Languages whose files are compiled with those that are written alike, when the problem brings none of their own."""
_DRIVERS = frozenset({"main", "__main__"})
_GRADERS = frozenset({"grader", "stub"})


@dataclass(frozen=True, slots=True)
class SubmissionFiles:
    """All files, and those that must start it, when the problem brings the main program: ``start_with`` is empty otherwise."""

    files: Sources
    start_with: tuple[str, ...] = ()


async def built_submission(order: RunOrder, toolchains: Mapping[str, Toolchain], programs: Programs, builds: Builds) -> Built:
    """The program of a submission; of one without a program its files, as they are.

    Raises: `BuildFailed` with what the contestant should know; `Invalid` (``unknown-language``); what fetching raises; `BoxLost`.
    """
    manifest, source = order.manifest, order.source.encode("utf-8", errors="surrogatepass")
    limits = manifest.compile_limits or COMPILE_LIMITS
    toolchain = toolchains.get(order.language)
    if toolchain is None:
        return await builds.build(order.language, {"main": source}, limits)
    language = toolchain.language
    if language.is_output != manifest.is_output_only:
        raise BuildFailed("this problem takes outputs: submit a text" if manifest.is_output_only else "this problem takes programs; a text is none")
    program = included(manifest, order.language)
    brought = await programs.sources(manifest.problem, program) if program else {}
    if manifest.is_output_only:
        files = {**brought, language.name_source(source, order.filename): source}
        read_outputs(files, [case.name for case in manifest.cases if not case.same_as])
        return Built(toolchain, Plan(steps=()), files)
    if manifest.code_bytes and len(source) > manifest.code_bytes:
        raise BuildFailed(f"this problem takes at most {manifest.code_bytes} bytes of source; yours has {len(source)}")
    all_files = gathered(language, source, order.filename, brought, manifest.source_name)
    own = next(path for path in all_files.files if path not in brought)
    start_with = all_files.start_with
    if not start_with and language.plan(all_files.files, toolchain.tools).start in brought:
        start_with = (own,)  # what a problem brings starts a program by its name, and by no other accident
    built = await builds.build(order.language, all_files.files, limits, start_with=start_with)
    return replace(built, sources=all_files.files, data=data_among(language, all_files.files), entry=built.plan.start or own)


def included(manifest: JudgingManifest, language: str) -> Program | None:
    """What the problem has compiled with submissions of a language: its own files, those of one written alike, or those for every one."""
    by_language = {program.language: program for program in manifest.includes}
    return next((by_language[name] for name in (language, ALIKE.get(language, ""), EVERY) if name in by_language), None)


def gathered(language: Language, source: bytes, filename: str, brought: Sources, source_name: str = "") -> SubmissionFiles:
    """The submission's file among those that the problem brings. ``source_name`` is what the problem calls it, without ending.

    Raises: `BuildFailed` when both have a file of one name, which only the contestant can change.
    """
    name = language.name_source(source, filename)
    is_demanded = bool(language.source_name and language.source_name(source))
    if source_name and not is_demanded:
        name = source_name + language.suffixes[0]
    elif name in brought and not filename and not is_demanded:
        name = f"submission{language.suffixes[0]}"
    if name in brought:
        raise BuildFailed(f"{name} is the name of a file that the problem brings itself: call yours, or its public class, something else")
    stems = _DRIVERS | _GRADERS if source_name else _DRIVERS
    drivers = (path for path in brought if path.endswith(language.suffixes) and PurePosixPath(path).stem.lower() in stems)
    return SubmissionFiles({**brought, name: source}, tuple(sorted(drivers)))
