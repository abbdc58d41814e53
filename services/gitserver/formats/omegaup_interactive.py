"""Owns the reading of interactive/ in omegaUp packages: the IDL, Main, and what is made of them for judging and for contestants.

    interactive/MODULE.idl           who may call what (`idl`)
    interactive/Main.LANGUAGE        the setter's program: reads a case, calls the contestant's functions, prints the output
    interactive/Main.distrib.LANGUAGE    the one that is handed out in place of it
    examples/*.in (interactive/examples/)    inputs to try it out with

Every interface after Main is a process of the submission; one source makes all of them.

Source: omegaup/libinteractive ``docs/en/writing.md``, omegaup/quark ``runner/runner.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.gitserver.findings import Report
from services.gitserver.formats import glue_c, glue_java, glue_python
from services.gitserver.formats.files import PackageFile, PackageFiles, made, read_text
from services.gitserver.formats.idl import Idl, read_idl
from services.gitserver.formats.idl_names import why_not
from services.gitserver.formats.interactive_kits import Side, kit
from services.gitserver.formats.languages import CHECKER_LANGUAGES, language_of
from services.gitserver.formats.omegaup_settings import Settings
from services.gitserver.formats.package import PackageProgram, PackageSubmission
from services.gitserver.formats.parts import HEADERS
from wire.judging import CheckerKind

FOLDER: Final = "interactive"
OFFERED: Final = ("c", "cpp", "cpp17", "cpp23", "java", "python3", "pypy3")
"""Languages that code is made for."""

MOST_PROCESSES: Final = 8
MOST_EXAMPLE_BYTES: Final = 1 << 20
MOST_EXAMPLES_BYTES: Final = 8 << 20
"""Of all that are handed out: they are packed once for each language."""

CALLS_WALL_MS: Final = 20_000
"""What a case gets on the clock besides: every call waits for the other side. Who waits for nothing is ended long before."""

_C = "li_calls.c"
_CPP = "li_calls.cpp"
_JAVA = "LiCalls.java"
_KITS: Final = {"c": ".c", "cpp": ".cpp", "java": ".java", "python3": ".py"}


@dataclass(frozen=True, slots=True)
class Interactive:
    """What becomes of it. ``kits`` are by their public path."""

    interactor: PackageProgram
    includes: tuple[PackageProgram, ...]
    kits: Mapping[str, PackageFile]
    source_name: str
    processes: int


def is_interactive(files: PackageFiles, settings: Settings) -> bool:
    """Whether the package is meant to be one of libinteractive."""
    return settings.is_interactive or any(not file.path.startswith(f"{FOLDER}/examples/") for file in files.under(FOLDER))


def read_interactive(files: PackageFiles, settings: Settings, report: Report) -> Interactive | None:
    """What is made of interactive/; None, with findings, when it cannot be used."""
    held = {file.name: file for file in files.under(FOLDER) if file.path.count("/") == 1}
    idls = [file for name, file in held.items() if file.suffix == ".idl" and settings.module in {"", name.removesuffix(".idl")}]
    main = _main(held, settings, report)
    if len(idls) != 1:
        report.add("libinteractive", FOLDER, f"there must be one .idl{f' ({settings.module}.idl)' if settings.module else ''}, and there are {len(idls)}")
        return None
    module = idls[0].name.removesuffix(".idl")
    if not module.isidentifier() or not module.isascii() or module == "Main" or why_not(module, "class") is not None:
        report.add("idl-name", idls[0].path, f"{module[:60]} is what the contestants' file is called, and cannot be a name in every language")
        return None
    text = read_text(idls[0], report)
    idl = read_idl(text, idls[0].path, report) if text is not None else None
    if idl is None or main is None:
        return None
    if len(idl.children) > MOST_PROCESSES:
        report.add("libinteractive", idls[0].path, f"{len(idl.children)} interfaces besides Main, each of which is a process; at most {MOST_PROCESSES} are taken")
        return None
    sides = _childs(idl, module)
    handed_out = next((file for name, file in held.items() if name == f"Main.distrib{main.suffix}"), main)
    beside = {name: file for name, file in held.items() if file.suffix in HEADERS and name != f"{module}.h"}
    includes = tuple(PackageProgram(side.language, _made(side.files), path=idls[0].path) for side in sides)
    interactor = PackageProgram(language_of(main), _mains(main, idl, module) | beside, path=main.path, kind=CheckerKind.LIBINTERACTIVE)
    kits = _kits(idl, module, sides, _mains(handed_out, idl, module, main.name) | beside, language_of(main), _examples(files))
    return Interactive(interactor, includes, kits, module, len(idl.children))


def kept(submissions: tuple[PackageSubmission, ...], report: Report) -> tuple[PackageSubmission, ...]:
    """The submissions in languages that code is made for; the others are said to be left out."""
    for one in submissions:
        if one.language not in OFFERED:
            report.add("libinteractive-language", one.file.path, f"no code is made for {one.language}; it is left out")
    return tuple(one for one in submissions if one.language in OFFERED)


def _main(held: Mapping[str, PackageFile], settings: Settings, report: Report) -> PackageFile | None:
    mains = [file for name, file in held.items() if name.startswith("Main.") and name.count(".") == 1 and file.suffix != ".idl"]
    wanted = [file for file in mains if not settings.parent or language_of(file) == settings.parent] or mains
    known = [file for file in wanted if language_of(file) in CHECKER_LANGUAGES]
    if len(known) == 1:
        return known[0]
    if not mains:
        report.add("libinteractive", FOLDER, "there is no Main.LANGUAGE, the setter's program")
    elif not known:
        report.add("libinteractive", wanted[0].path, "Main must be written in C, C++, Java or Python 3")
    else:
        report.add("libinteractive", known[0].path, f"which one is meant: {', '.join(file.path for file in known)}?")
    return None


def _childs(idl: Idl, module: str) -> list[Side]:
    """What is compiled with submissions, by language."""
    header = glue_c.header(idl, module).encode()
    code = glue_c.childs_side(idl, module).encode()
    return [
        Side("c", {_C: code, f"{module}.h": header}, ""),
        Side("cpp", {_CPP: code, f"{module}.h": header}, ""),
        Side("java", {glue_java.CHILD: glue_java.childs_side(idl, module).encode()}, "LiWay"),
        Side("python3", {glue_python.STARTS: glue_python.childs_side(idl, module).encode()}, glue_python.STARTS),
    ]


def _mains(main: PackageFile, idl: Idl, module: str, name: str = "") -> dict[str, PackageFile]:
    """The setter's program with what is made for it; ``name`` is what it is called there."""
    language = language_of(main)
    if language == "java":
        more = {_JAVA: glue_java.mains_side(idl, module)}
    elif language == "python3":
        more = {glue_python.STARTS: glue_python.mains_side(idl, module)}
    else:
        more = {_C if language == "c" else _CPP: glue_c.mains_side(idl, module), f"{module}.h": glue_c.header(idl, module)}
    return {_main_name(name or main.name): main} | _made({path: text.encode() for path, text in more.items()})


def _main_name(name: str) -> str:
    """Python's is loaded by its name."""
    return "Main.py" if name.endswith((".py", ".py3")) else name


def _kits(  # noqa: PLR0917  what goes into an archive
    idl: Idl, module: str, sides: list[Side], main: Mapping[str, PackageFile], language: str, examples: Mapping[str, bytes]
) -> dict[str, PackageFile]:
    templates = {"c": glue_c.template(idl, module), "java": glue_java.template(idl, module), "python3": glue_python.template(idl)}
    theirs = Side(language, {path: file.content or b"" for path, file in main.items()}, glue_python.STARTS if language == "python3" else "Main")
    found: dict[str, PackageFile] = {}
    for side in sides:
        text = templates.get(side.language, templates["c"])
        content = kit(theirs, side, (module + _KITS[side.language], text), examples, len(idl.children))
        path = f"attachments/{module}-{side.language}.zip"
        found[path] = made(path, content)
    return found


def _examples(files: PackageFiles) -> dict[str, bytes]:
    found = files.under("examples") or files.under(f"{FOLDER}/examples")
    kept: dict[str, bytes] = {}
    left_bytes = MOST_EXAMPLES_BYTES
    for file in found:
        if file.content is not None and file.size_bytes <= min(MOST_EXAMPLE_BYTES, left_bytes):
            kept[file.name] = file.content
            left_bytes -= file.size_bytes
    return kept


def _made(files: Mapping[str, bytes]) -> dict[str, PackageFile]:
    return {path: made(path, content) for path, content in files.items()}
