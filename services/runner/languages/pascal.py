"""Owns how Pascal is built and started, by Free Pascal."""

from __future__ import annotations

from services.runner.languages import native
from services.runner.languages.language import HeapFull, Language, Plan, Sources, Tools, chosen, first_of

SUFFIXES = (".pas", ".pp", ".dpr")


def _plan(sources: Sources, tools: Tools) -> Plan:
    root = first_of(chosen(sources, SUFFIXES), "main.pas")
    call = (tools.paths["fpc"], "-l-", "-v0", "-ve", "-O2", "-Xs", "-Sg", f"-o{native.PRODUCT}", root)
    return Plan(steps=(call,), product=native.PRODUCT)


PASCAL = Language(
    id="pascal",
    title="Pascal",
    suffixes=SUFFIXES,
    default_source="main.pas",
    programs=("fpc", "ld"),
    version_arguments=("-iV",),
    plan=_plan,
    launch=native.launch,
    heap_full=HeapFull(b"Runtime error 203", exit_code=203),
    binds=("/etc/fpc*.cfg",),
    finds_the_rest=True,
    greeting="var\n  a, b: int64;\nbegin\n  read(a, b);\n  writeln('hello ', a + b);\nend.\n",
)
