"""Owns how C++ is built and started, one id per standard: ``cpp`` is the newest that compilers support well."""

from __future__ import annotations

from services.runner.languages import native
from services.runner.languages.language import Language

SUFFIXES = (".cpp", ".cc", ".cxx", ".c++", ".C")


def _standard(name: str, title: str, flag: str) -> Language:
    return Language(
        id=name,
        title=title,
        suffixes=SUFFIXES,
        default_source="main.cpp",
        programs=("g++",),
        version_arguments=("--version",),
        trial=(flag, "-x", "c++", "-E", "-o", "/dev/null", "/dev/null"),
        plan=native.compile_with("g++", flag, "-O2", "-pipe", "-s", suffixes=SUFFIXES),
        launch=native.launch,
        greeting='#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << "hello " << a + b << "\\n"; }\n',
    )


CPP17 = _standard("cpp17", "C++17", "-std=gnu++17")
CPP = _standard("cpp", "C++20", "-std=gnu++20")
CPP23 = _standard("cpp23", "C++23", "-std=gnu++23")
