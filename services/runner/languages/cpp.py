"""Owns how C++ is built and started."""

from __future__ import annotations

from services.runner.languages import native
from services.runner.languages.language import Language

SUFFIXES = (".cpp", ".cc", ".cxx", ".c++", ".C")
CPP = Language(
    id="cpp",
    title="C++",
    suffixes=SUFFIXES,
    default_source="main.cpp",
    programs=("g++",),
    version_arguments=("--version",),
    plan=native.compile_with("g++", "-std=gnu++20", "-O2", "-pipe", "-s", suffixes=SUFFIXES),
    launch=native.launch,
)
