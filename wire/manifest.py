"""Owns what one version of a problem is to who judges by it: cases, checker, groups, programs. Never holds a test case's bytes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from contest import groups as tree
from contest.limits import Limits
from wire.problems import ProgramFile


class CheckerKind(enum.StrEnum):
    """How an output is compared."""

    TOKEN = "token"  # noqa: S105  a token of an output, not a secret
    CUSTOM = "custom"
    TESTLIB = "testlib"
    OMEGAUP = "omegaup"
    CMS = "cms"
    LITERAL = "literal"
    LIBINTERACTIVE = "libinteractive"


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a package, as source: its language id and its files."""

    language: str
    files: tuple[ProgramFile, ...]


@dataclass(frozen=True, slots=True)
class Checker:
    """How outputs are judged.

    TOKEN compares tokens as the ICPC default validator does: case and space as the flags say, numbers within the
    tolerances when one is set (decimal strings, exact); ``numbers_only``: every letter that is no part of a number is
    taken for space. CUSTOM runs ``program`` as ``validator input answer feedback_dir
    [arguments] < output`` and reads exit code 42 as right and 43 as wrong; anything else is VE. TESTLIB runs ``program input output
    answer`` and reads testlib's exit codes. OMEGAUP runs ``program < output`` beside ``data.in`` and ``data.out`` and reads a score in [0, 1]
    from its stdout. CMS runs ``program input answer output`` and reads a score in [0, 1] from its stdout, a message from its stderr.
    LITERAL takes the first token of the output as the score in [0, 1]. LIBINTERACTIVE is an interactor only: it gets the case's input on
    stdin, its stdout is the output for the checker, and each process of the submission hangs on two descriptors of its own, from 4 on.
    """

    kind: CheckerKind = CheckerKind.TOKEN
    case_sensitive: bool = False
    space_change_sensitive: bool = False
    float_absolute_tolerance: str | None = None
    float_relative_tolerance: str | None = None
    arguments: tuple[str, ...] = ()
    program: Program | None = None
    limits: Limits | None = None
    numbers_only: bool = False


@dataclass(frozen=True, slots=True)
class TestCase:
    """One case. ``name`` is its path without ending, as ``secret/02-big``; digests are SHA-256 of input and answer.

    ``threshold``: what a program of CMS's kind prints is no share but any number, right when it is above 0 and at most this.
    ``arguments`` are given to the submission on its command line, ``files`` lie in its working directory, by their path there. ``is_static``:
    no input is run, `JudgingManifest.static_validator` looks at the submission's files; ``checker_arguments`` are for it, digests are empty.
    ``is_open``: its author sees as much of it as of a sample. ``hint`` is for who fails it, ``description`` for the jury.
    ``same_as`` is the name of a case that is this one in all but its group and its threshold: where that was judged by the same
    threshold, its result is this one's too.
    ``input_path`` and ``answer_path`` are the package's own, where they are not ``data/NAME.in`` and ``data/NAME.ans``: trials are told them.
    """

    name: str
    input: str
    answer: str
    input_bytes: int
    answer_bytes: int
    is_sample: bool = False
    group: str = ""
    checker_arguments: tuple[str, ...] = ()
    input_arguments: tuple[str, ...] = ()
    threshold: Fraction | None = None
    arguments: tuple[str, ...] = ()
    files: tuple[ProgramFile, ...] = ()
    is_static: bool = False
    is_open: bool = False
    hint: str = ""
    description: str = ""
    input_path: str = ""
    answer_path: str = ""
    same_as: str = ""


CaseGroup: TypeAlias = tree.CaseGroup
"""A node of the tree of test groups: the meaning is `contest.groups`' own, so is the shape."""


class Talks(enum.StrEnum):
    """How a solution reaches an interactor of CMS's kind. FIFOS: both are given names of two FIFOs, the one to read from first.
    FIFOS_WRITE_FIRST: the one to write to first, as tasks did before that order was written down. STREAMS: the solution uses stdin and
    stdout, and is given no names.
    """

    FIFOS = "fifos"
    FIFOS_WRITE_FIRST = "fifos-write-first"
    STREAMS = "streams"


@dataclass(frozen=True, slots=True)
class JudgingManifest:
    """All that judging needs to know of one version of a problem, in judging order. Source: its private tree.

    How a submission meets a case: ``is_interactive`` it talks over two pipes with ``interactor``, or with the checker where that is None
    (ICPC: then the checker's word counts); an interactor of the kind TESTLIB writes an output that the checker judges. ``passes`` more than
    1: it is run again on what the checker writes as ``nextpass.in``, at most so often. ``is_output_only``: it is no program, but the output.
    ``includes`` are files that are compiled with a submission of that language (``*``: of every language that no other names).
    ``source_name`` is what they call the submission's own file, without ending; empty: it is called as its author likes.
    ``processes`` more than 1: so many processes of the submission talk at once with an interactor of the kind CMS or LIBINTERACTIVE.
    ``talks`` says how, of the kind CMS. ``input_file``: its input lies in a file of that name too; ``output_file``: what it writes there is its
    output, stdout if it makes no such file.
    ``more_checkers`` are validators of the kind CUSTOM that are asked after ``checker``, in order: all must accept, the first that does not
    decides, and of points and shares the last that were given count. Of an interactive problem a case is played anew with each.
    ``writes_files`` False: it may make, change and remove no file in its working directory. ``static_validator`` judges the cases that are static. ``code_bytes``: a longer source is refused; 0: whatever the house takes.
    ``languages`` empty: whatever the contest allows. ``is_provisional``: its time limit is a generous one until the package was tried out
    and one was measured; ask again soon. ``grader`` is the package's own, for the groups that have one (`contest.rulings`).
    """

    problem: str
    version: str
    limits: Limits
    cases: tuple[TestCase, ...]
    checker: Checker
    groups: CaseGroup
    is_scoring: bool = False
    compile_limits: Limits | None = None
    is_interactive: bool = False
    interactor: Checker | None = None
    passes: int = 1
    is_output_only: bool = False
    includes: tuple[Program, ...] = ()
    languages: tuple[str, ...] = ()
    source_name: str = ""
    is_provisional: bool = False
    grader: Program | None = None
    processes: int = 1
    talks: Talks = Talks.FIFOS
    input_file: str = ""
    output_file: str = ""
    static_validator: Checker | None = None
    code_bytes: int = 0
    writes_files: bool = True
    more_checkers: tuple[Checker, ...] = ()
