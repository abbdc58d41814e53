"""Writes the generated page on languages: how each is compiled and started, from the runner's own table."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from contest.limits import MIB, Limits
from services.runner.languages.language import Language, Tools
from services.runner.languages.table import LANGUAGES

LIMITS = Limits(memory_bytes=256 * MIB)


def languages_page(table: Callable[[tuple[str, ...], list[tuple[str, ...]]], str], note: str) -> str:
    """The page. ``table`` makes one of Markdown."""
    text = "# Languages\n" + note
    text += (
        "\nWhat a runner does with a submission in each language, under a memory limit of 256 MiB. A language is offered when its programs and"
        "\nfiles are found where boxes show them; `palestra runner --probe` says which are, in which version, and whether they work.\n\n"
    )
    lines = [_line(language) for language in LANGUAGES.values()]
    head = ("id", "language", "files end in", "needs", "memory on top, MiB", "processes on top", "a full heap is told by")
    text += table(head, lines)
    for language in LANGUAGES.values():
        text += f"\n## {language.title} (`{language.id}`)\n\n" + _calls(language)
    return text


def _line(language: Language) -> tuple[str, ...]:
    wide = language.launch(language.plan({language.default_source: b""}, _tools(language)), LIMITS, _tools(language)).limits
    needs = [f"`{name.replace('|', '` or `')}`" for name in language.programs] + [f"`{patterns[-1]}`" for patterns in language.files.values()]
    full = language.heap_full
    ends = "" if language.is_output else "the kernel's kill" if full is None else f"“{full.line.decode()}”, " + (
        f"exit code {full.exit_code}" if full.exit_code is not None else f"signal {full.signal}"
    )
    return (
        f"`{language.id}`", language.title, " ".join(f"`{suffix}`" for suffix in language.suffixes), ", ".join(needs),
        str((wide.memory_bytes - LIMITS.memory_bytes) // MIB), str(wide.processes - LIMITS.processes), ends,
    )  # fmt: skip


def _calls(language: Language) -> str:
    plan = language.plan({language.default_source: b""}, _tools(language))
    launch = language.launch(plan, LIMITS, _tools(language))
    lines = [shlex.join((*plan.environment, *step)) for step in plan.steps]
    verb = "check" if plan.is_check else "compile"
    told = [f"{verb}: {line}" for line in lines] + [f"start:   {shlex.join((*launch.environment, *launch.argv))}"]
    return "```\n" + "\n".join(told) + "\n```\n" if not language.is_output else "Nothing is compiled or started: the text is the output.\n"


def _tools(language: Language) -> Tools:
    """As on Debian."""
    programs = {names.split("|")[0]: f"/usr/bin/{names.split('|')[0]}" for names in language.programs}
    files = {name: patterns[-1] for name, patterns in language.files.items()}
    return Tools(programs | files, "", has_static=True)
