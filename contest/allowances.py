"""Owns what a programming language gets on top of a time limit: so many times it, and so much more. Never sets a limit.

A limit is stated, measured and shown once, for languages without an allowance; a time in a language with one counts as the time that would
have been as near to the limit. Source: DOMjudge's time factor of a language; omegaUp's extra second for Java.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from contest.limits import Limits

LEAST_FACTOR: Final = Fraction(1, 10)
MOST_FACTOR: Final = Fraction(20)
MOST_EXTRA_MS: Final = 60_000
_LINE: Final = re.compile(r"([a-z0-9]+)\s*=\s*([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*(?:\+\s*([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Allowance:
    """``factor`` times the limit, and ``extra_ms`` more."""

    factor: Fraction = Fraction(1)
    extra_ms: int = 0

    def allowed_ms(self, limit_ms: int) -> int:
        """The limit for this language."""
        return max(1, math.ceil(limit_ms * self.factor) + self.extra_ms)

    def counted_ms(self, time_ms: int) -> int:
        """What a time in this language counts as, beside the limit itself."""
        return max(0, math.ceil((time_ms - self.extra_ms) / self.factor))


NONE: Final = Allowance()


@dataclass(frozen=True, slots=True)
class Allowances:
    """Those of an installation, by language; every other language has none."""

    by_language: Mapping[str, Allowance] = field(default_factory=dict)

    def of(self, language: str) -> Allowance:
        """The language's."""
        return self.by_language.get(language, NONE)

    def limits(self, limits: Limits, language: str) -> Limits:
        """The limits for a program in that language."""
        allowance = self.of(language)
        return limits if allowance == NONE else limits.at_cpu(allowance.allowed_ms(limits.cpu_ms))

    def others_ms(self, limit_ms: int, languages: Collection[str] = ()) -> dict[str, int]:
        """The limits of the languages whose own differs, of those named, or of all; in milliseconds."""
        own = {language: allowance.allowed_ms(limit_ms) for language, allowance in self.by_language.items() if not languages or language in languages}
        return {language: ms for language, ms in own.items() if ms != limit_ms}


NO_ALLOWANCES: Final = Allowances()


def read_allowances(lines: Sequence[str], known: Collection[str]) -> Allowances:
    """The allowances as an operator writes them: ``java=1.5+500`` is one and a half times the limit and 500 ms more, ``python3=2`` twice it.

    Raises: ValueError, saying which line is wrong and why.
    """
    found: dict[str, Allowance] = {}
    for line in lines:
        read = _LINE.fullmatch(line.strip())
        if read is None:
            raise ValueError(f"{line!r} is no allowance: write LANGUAGE=FACTOR or LANGUAGE=FACTOR+MILLISECONDS, as java=1.5+500")
        language, factor, extra_ms = read[1], Fraction(read[2]), int(read[3] or 0)
        if language not in known:
            raise ValueError(f"{line!r}: there is no language {language!r}")
        if language in found:
            raise ValueError(f"{line!r}: {language} has an allowance already")
        if not LEAST_FACTOR <= factor <= MOST_FACTOR or extra_ms > MOST_EXTRA_MS:
            raise ValueError(f"{line!r}: the factor is 0.1 to 20, the extra time at most {MOST_EXTRA_MS} ms")
        found[language] = Allowance(factor, extra_ms)
    return Allowances(found)
