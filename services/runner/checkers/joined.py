"""Owns the word of several output validators together: all must accept, in order; the first that does not decides. Never asks a program itself.

Points and shares are those of the last that gives some, which is whose problemtools took while it asked all of them (it asks the first alone
since 2026). Source: legacy format, "Output Validators": "validation fails if any validator fails".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from contest.verdicts import Verdict
from services.runner.checkers.judgement import Judgement

if TYPE_CHECKING:
    from services.runner.checkers.checking import Check
    from services.runner.inputs import Pair
    from services.runner.sandbox.spool import Spool
    from wire.judging import TestCase

ACCEPTED = frozenset({Verdict.AC, Verdict.PA})


def all_of(checks: Sequence[Check]) -> Check:
    """One check of all, in order; the one itself where there is no other."""
    if len(checks) == 1:
        return checks[0]

    async def check(case: TestCase, output: Spool, pair: Pair) -> Judgement:
        heard: list[Judgement] = []
        for number, one in enumerate(checks, 1):
            judgement = await one(case, output, pair)
            heard.append(replace(judgement, message=numbered(judgement.message, number, len(checks))))
            if judgement.verdict not in ACCEPTED:
                return heard[-1]
        given = next((one for one in reversed(heard) if one.points is not None or one.score is not None), heard[-1])
        return replace(given, message="\n".join(one.message for one in heard if one.message))

    return check


def numbered(message: str, number: int, count: int) -> str:
    """What one of several said; nothing when it said nothing."""
    return f"validator {number} of {count}: {message}" if message else ""
