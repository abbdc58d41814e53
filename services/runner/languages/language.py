"""Owns what it takes to describe a language: how sources are named, built and started. Never runs anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contest.limits import Limits

Sources = Mapping[str, bytes]
"""The files of a program: path inside its folder, with /, to content."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one program is built and started.

    ``steps`` are run one after another where the sources lie. ``product`` is the file that comes out and is all that the
    program needs; empty: the sources are what is started. ``start`` is given to the language again when it starts.
    """

    steps: tuple[tuple[str, ...], ...]
    product: str = ""
    start: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """One start: ``argv`` with full paths inside a box, what is added to the environment, and the limits as the kernel gets them."""

    argv: tuple[str, ...]
    limits: Limits
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """A language. ``programs`` must all be found; the first is asked for its version with ``version_arguments``.

    ``memory_line`` is what a run-time prints when it ends because its heap is full, with exit code ``memory_exit_code``.
    ``binds`` are patterns of files of the host that the toolchain needs beside /usr.
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    default_source: str
    programs: tuple[str, ...]
    version_arguments: tuple[str, ...]
    plan: Callable[[Sources, Tools], Plan]
    launch: Callable[[Plan, Limits, Tools], Launch]
    source_name: Callable[[bytes], str] | None = None
    memory_exit_code: int | None = None
    memory_line: bytes = b""
    binds: tuple[str, ...] = ()

    def name_source(self, source: bytes, filename: str) -> str:
        """What a single source file is called: what its content demands, else the name it came with, else the default."""
        if self.source_name and (demanded := self.source_name(source)):
            return demanded
        plain = filename.replace("\\", "/").rpartition("/")[2]
        return plain if _SAFE_NAME.fullmatch(plain) and plain.endswith(self.suffixes) else self.default_source


@dataclass(frozen=True, slots=True)
class Tools:
    """Where a language's programs are, and what the first one says of its version.

    ``has_static`` tells of a static C library; ``shown`` are the files of the host that match the language's ``binds``.
    """

    paths: Mapping[str, str]
    version: str
    has_static: bool = False
    shown: tuple[str, ...] = ()


def chosen(sources: Sources, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """The sources of these suffixes, in order."""
    return tuple(sorted(path for path in sources if path.endswith(suffixes)))
