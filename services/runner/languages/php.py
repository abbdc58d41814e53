"""Owns how PHP is checked and started: without any settings of the machine, so that every machine answers alike."""

from __future__ import annotations

from contest.limits import MIB, Limits
from services.runner.languages.language import HeapFull, Language, Launch, Plan, Sources, Tools, chosen, first_of, wider

SUFFIXES = (".php",)
PHP_BYTES = 16 * MIB


def _plan(sources: Sources, tools: Tools) -> Plan:
    files = chosen(sources, SUFFIXES)
    checks = tuple((tools.paths["php"], *_settings(tools), "-l", path) for path in files)
    return Plan(steps=checks, start=first_of(files, "main.php", "index.php"), is_check=True)


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    """What it counts as its memory is the limit; the interpreter comes on top."""
    argv = (tools.paths["php"], *_settings(tools), "-d", f"memory_limit={limits.memory_bytes}", f"/program/{plan.start}")
    return Launch(argv, wider(limits, memory_bytes=PHP_BYTES))


def _settings(tools: Tools) -> tuple[str, ...]:
    ctype = ("-d", "extension=ctype") if "ctype" in tools.paths else ()  # a file of its own on Debian, built in elsewhere
    return ("-n", "-d", "display_errors=stderr", *ctype)


PHP = Language(
    id="php",
    title="PHP",
    suffixes=SUFFIXES,
    default_source="main.php",
    programs=("php",),
    version_arguments=("-n", "--version"),
    extras={"ctype": ("/usr/lib/php/2*/ctype.so",)},
    plan=_plan,
    launch=_launch,
    heap_full=HeapFull(b"Allowed memory size of", exit_code=255),
    greeting='<?php\n[$a, $b] = explode(" ", trim(fgets(STDIN)));\necho "hello ", $a + $b, "\\n";\n',
)
