"""Owns how Lua is checked and started."""

from __future__ import annotations

from services.runner.languages import scripts
from services.runner.languages.language import HeapFull, Language

SUFFIXES = (".lua",)
LUA = Language(
    id="lua",
    title="Lua",
    suffixes=SUFFIXES,
    default_source="main.lua",
    programs=("lua5.4|lua", "luac5.4|luac"),
    version_arguments=("-v",),
    plan=scripts.checked_by("luac5.4", "-p", suffixes=SUFFIXES, start="main.lua"),
    launch=scripts.started_by("lua5.4"),
    heap_full=HeapFull(b"not enough memory", exit_code=1),
    greeting='local a, b = io.read("n", "n")\nprint("hello " .. a + b)\n',
)
