"""Owns what it takes to describe a language: how sources are named, built and started. Never runs anything."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contest.limits import Limits

Sources = Mapping[str, bytes]
"""The files of a program: path inside its folder, with /, to content."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one program is built and started.

    ``steps`` are run one after another where the sources lie. ``product`` is the file that comes out and is all that the
    program needs; empty: the sources are what is started. ``start`` is given to the language again when it starts.
    ``files`` are laid beside the sources while it is built. ``environment`` is added to that of every step. ``is_check``: the steps
    only look for mistakes, what they say when there are none is not worth keeping.
    ``packing``: the sources lie in the program's folder and the first step takes what it wants of them; afterwards this command writes all that
    is in the working directory to its stdout, as an archive, and that is the product. ``start`` must be in it. ``maker`` is who is told of in words.
    """

    steps: tuple[tuple[str, ...], ...]
    product: str = ""
    start: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    is_check: bool = False
    packing: tuple[str, ...] = ()
    maker: str = "the compiler"


@dataclass(frozen=True, slots=True)
class Launch:
    """One start: ``argv`` with full paths inside a box, what is added to the environment, and the limits as the kernel gets them."""

    argv: tuple[str, ...]
    limits: Limits
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeapFull:
    """What a run-time says when it ends because its heap is full: a ``line`` that it prints, and how it ends: one of the two."""

    line: bytes
    exit_code: int | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """A language. ``programs`` must all be found; the first is asked for its version with ``version_arguments``.

    ``a|b`` among the programs is whichever is found, known as ``a``. ``files`` are further things to find, by a name of their own,
    each with patterns of where; ``extras`` are found or not. ``read_version`` is for a toolchain that is slow to tell its version.
    ``trial`` are arguments with which the first program must end well, else the toolchain is too old. ``greeting`` is a program that
    reads two numbers and prints ``hello`` and their sum. ``heap_full`` is how its run-time ends when its heap is full.
    ``binds`` are patterns of files of the host that the toolchain needs beside /usr. ``is_output``: a source is nothing to run but
    the output itself. ``is_setters``: no submission is in it. ``finds_the_rest``: its compiler is given the one file that starts, and finds the others by itself.
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    default_source: str
    programs: tuple[str, ...]
    version_arguments: tuple[str, ...]
    plan: Callable[[Sources, Tools], Plan]
    launch: Callable[[Plan, Limits, Tools], Launch]
    greeting: str
    source_name: Callable[[bytes], str] | None = None
    read_version: Callable[[Mapping[str, str]], str] | None = None
    trial: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    heap_full: HeapFull | None = None
    binds: tuple[str, ...] = ()
    is_output: bool = False
    is_setters: bool = False
    finds_the_rest: bool = False

    def is_heap_full(self, exit_code: int | None, signal: int | None, said: bytes) -> bool:
        """Whether the run-time ended because its heap was full. ``said`` is what it printed last, on stdout and stderr."""
        full = self.heap_full
        if full is None or full.line not in said:
            return False
        return exit_code == full.exit_code if full.exit_code is not None else signal is not None and signal == full.signal

    def name_source(self, source: bytes, filename: str) -> str:
        """What a single source file is called: what its content demands, else the name it came with, else the default."""
        if self.source_name and (demanded := self.source_name(source)):
            return demanded
        plain = filename.replace("\\", "/").rpartition("/")[2]
        return plain if _SAFE_NAME.fullmatch(plain) and plain.endswith(self.suffixes) else self.default_source


@dataclass(frozen=True, slots=True)
class Tools:
    """Where a language's programs and further files are, by name, and what the first program says of its version.

    ``has_static`` tells of a static C library; ``shown`` are the files of the host that match the language's ``binds``.
    """

    paths: Mapping[str, str]
    version: str
    has_static: bool = False
    shown: tuple[str, ...] = ()


def chosen(sources: Sources, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """The sources of these suffixes, in order."""
    return tuple(sorted(path for path in sources if path.endswith(suffixes)))


def first_of(files: tuple[str, ...], *names: str) -> str:
    """The file to start: the first of ``names`` that there is, in whatever folder, else the first file; empty without any."""
    for name in names:
        for path in sorted(files, key=lambda path: path.count("/")):
            if path.rpartition("/")[2] == name:
                return path
    return files[0] if files else ""


def wider(limits: Limits, *, memory_bytes: int = 0, processes: int = 0) -> Limits:
    """Limits with room for what a run-time needs for itself."""
    return dataclasses.replace(limits, memory_bytes=limits.memory_bytes + memory_bytes, processes=limits.processes + processes)
