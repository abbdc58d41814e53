"""Owns how an input validator written in Checktestdata becomes a program that a runner has: the interpreter is laid beside it. Never runs it.

The interpreter is the package `checktestdata` of PyPI, in Python alone: its modules go into the box as files of the validator, so that what
a setter wrote is parsed and run there and nowhere else. What it was tried with stays with the commit.
Source: legacy format, "Input Validators"; DOMjudge/checktestdata, ``doc/format-spec.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Final

from services.gitserver.formats.files import PackageFile, made
from services.gitserver.formats.package import PackageProgram

SUFFIX: Final = ".ctd"
_PACKAGE: Final = "checktestdata"
_MAIN: Final = '''"""Holds an input against a Checktestdata program: 42 when it keeps to it, 43 when not. What is wrong with the program itself aborts."""

import os
import sys

from checktestdata.pyctd import main

PROGRAM = {program!r}

sys.argv = ["checktestdata", os.path.join(os.path.dirname(__file__), PROGRAM), *sys.argv[1:]]
code = 0
try:
    main()
except SystemExit as ended:
    code = ended.code
sys.stdout.flush()
sys.stderr.flush()
if code not in (0, None, 1):
    os.abort()
sys.exit(43 if code else 42)
'''


def _modules() -> Mapping[str, PackageFile]:
    folder = resources.files(_PACKAGE)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".py") and entry.name != "__main__.py")
    return {f"{_PACKAGE}/{name}": made(f"{_PACKAGE}/{name}", folder.joinpath(name).read_bytes()) for name in names}


_INTERPRETER: Final = _modules()
"""The modules of the interpreter, by their path beside the program: read when this is imported."""


def checktestdata_program(place: str, source: PackageFile) -> PackageProgram:
    """The validator as a Python program."""
    files = {source.name: source, "main.py": made("main.py", _MAIN.format(program=source.name).encode())}
    return PackageProgram("python3", {**files, **_INTERPRETER}, path=place)
