"""Owns how a checker is read that prints a score in [0, 1]: omegaUp's, CMS's, and an output that is its own score. Never runs one."""

from __future__ import annotations

import math
from fractions import Fraction

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement, number, scored
from services.runner.checkers.validator import MESSAGE_BYTES, is_broken, why_broken
from services.runner.sandbox.execution import Execution
from services.runner.sandbox.spool import Spool

_HEAD_BYTES = 4 << 10
_MESSAGES = {
    "translate:success": "the output is correct",
    "translate:partial": "the output is partially correct",
    "translate:wrong": "the output is not correct",
}


def read_omegaup(execution: Execution) -> Judgement:
    """What ``validator CASE LANGUAGE < output`` said: the first word on its stdout, held within [0, 1]; stderr is for the jury.

    Source: omegaup/quark, ``runner/validator.go``.
    """
    if is_broken(execution) or execution.exit_code:
        return Judgement(Verdict.VE, why_broken("the validator", execution))
    word = _first_word(execution.output)
    score = _held(word)
    if score is None:
        return Judgement(Verdict.VE, why_broken("the validator", execution, f"it printed no score: {word[:60]!r}"))
    return scored(score, readable(execution.stderr[:MESSAGE_BYTES]).strip())


def read_cms(execution: Execution, who: str = "the checker", threshold: Fraction | None = None) -> Judgement:
    """What ``checker INPUT ANSWER OUTPUT`` said: a score in [0, 1] on stdout, and a line for people on stderr.

    With a ``threshold`` any number: right when it is above 0 and at most that.
    Source: cms-dev/cms, documentation, "Checker"; its score type GroupThreshold.
    """
    if is_broken(execution) or execution.exit_code:
        return Judgement(Verdict.VE, why_broken(who, execution))
    line = readable(execution.output.head(_HEAD_BYTES)).strip().partition("\n")[0].strip()
    said = readable(execution.stderr[:MESSAGE_BYTES]).strip()
    message = _MESSAGES.get(said, said)
    score = number(line)
    if threshold is not None:
        return _within(threshold, line, message) or Judgement(Verdict.VE, why_broken(who, execution, f"it printed no number: {line[:60]!r}"))
    if score is None or score > 1:
        return Judgement(Verdict.VE, why_broken(who, execution, f"it printed no score between 0 and 1: {line[:60]!r}"))
    return scored(score, message)


def _within(threshold: Fraction, word: str, message: str) -> Judgement | None:
    """Right or wrong by a number that is no share; None for what is no number."""
    try:
        value = float(word)
    except ValueError:
        return None
    if math.isnan(value):
        return None
    is_right = 0 < value <= threshold
    figures = f"{word}, at most {float(threshold):g} is right" if value and not is_right else word
    return Judgement(Verdict.AC if is_right else Verdict.WA, f"{figures}\n{message}".strip())


def read_literal(output: Spool) -> Judgement:
    """The first word of an output as its own score, held within [0, 1]; WA for what is no number."""
    word = _first_word(output)
    score = _held(word)
    return Judgement(Verdict.WA, f"the output is no score: {word[:60]!r}") if score is None else scored(score, f"the output says {word}")


def _first_word(output: Spool) -> str:
    return next(iter(readable(output.head(_HEAD_BYTES)).split()), "")


def _held(word: str) -> Fraction | None:
    """A decimal number, or a fraction ``a/b``, held within [0, 1]."""
    above, _, below = word.removeprefix("-").partition("/")
    value, divisor = number(above), number(below) if below else Fraction(1)
    if value is None or not divisor:
        return None
    return Fraction(0) if word.startswith("-") else min(value / divisor, Fraction(1))
