"""Owns how the end of a checker or interactor that is written with testlib is read. Never runs one.

    checker INPUT OUTPUT ANSWER         0: right, 1: wrong, 2: wrong format, 4: too much output, 8: output ends early, 3: it failed,
                                        7 (older: 5): ``points N`` on stderr; N or 50 + N: ``partially correct (N)``, N of 100

A wrong format is a wrong answer here. What testlib's ``quit`` says on stderr is the message.
Source: testlib.h, ``resultExitCode`` and ``InStream::quit``.
"""

from __future__ import annotations

import re
from fractions import Fraction

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement, number, scored
from services.runner.checkers.validator import MESSAGE_BYTES, is_broken, why_broken
from services.runner.sandbox.execution import Execution

OK = 0
WRONG = frozenset({1, 2, 4, 8})
POINTS = frozenset({5, 7})
_POINTS = re.compile(r"points\s+(\S+)\s*(.*)", re.DOTALL)
_PARTIAL_FROM = 50
"""What testlib adds to the code of a partial answer when it is built with TESTSYS."""
_PARTIAL = re.compile(r"partially correct \((\d{1,3})\)")
_CRASHES = ("Traceback (most recent call last)", "Exception in thread ")
"""How the run-times of languages that end with code 1 when they crash begin to say so: no checker's word."""


def read_testlib(execution: Execution, who: str = "the checker") -> Judgement:
    """What a checker or interactor said by its end."""
    said = readable(execution.stderr[:MESSAGE_BYTES]).strip() or readable(execution.output.head(MESSAGE_BYTES)).strip()
    code = execution.exit_code
    if is_broken(execution) or (code != OK and said.startswith(_CRASHES)):
        return Judgement(Verdict.VE, why_broken(who, execution))
    if (partial := _PARTIAL.match(said)) and code in {int(partial[1]), _PARTIAL_FROM + int(partial[1])} and int(partial[1]) <= 100:
        return scored(Fraction(int(partial[1]), 100), said)  # before the codes: `_pc(0)` ends with 0, and `_pc(1)` with 1
    if code == OK:
        return Judgement(Verdict.AC, said)
    if code in WRONG:
        return Judgement(Verdict.WA, said)
    if code in POINTS and (given := _POINTS.match(said)):
        return _points(given[1], said, who)
    return Judgement(Verdict.VE, why_broken(who, execution))


def _points(text: str, said: str, who: str) -> Judgement:
    points = number(text)
    if points is None:
        return Judgement(Verdict.VE, f"{who} gives {text[:60]!r} points, which is no number that is not negative")
    return Judgement(Verdict.AC if points else Verdict.WA, said, points=points)
