"""Owns how C is built and started."""

from __future__ import annotations

from services.runner.languages import native
from services.runner.languages.language import Language

SUFFIXES = (".c",)
C = Language(
    id="c",
    title="C",
    suffixes=SUFFIXES,
    default_source="main.c",
    programs=("gcc",),
    version_arguments=("--version",),
    plan=native.compile_with("gcc", "-std=gnu17", "-O2", "-pipe", "-s", suffixes=SUFFIXES),
    launch=native.launch,
    greeting='#include <stdio.h>\nint main(void) { int a, b; if (scanf("%d%d", &a, &b) == 2) printf("hello %d\\n", a + b); }\n',
)
