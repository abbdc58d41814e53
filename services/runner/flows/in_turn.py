"""Owns the interactive way with several validators: a case is played with each of them, from the start. Never plays by itself.

All must accept, in order; the first that does not decides. Points and shares are those of the last that gives some, time and memory the
largest of any. Source: problemtools until 2025 (``validate_interactive``), and what the legacy format says of several validators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contest.results import CaseResult
from services.runner.checkers.joined import ACCEPTED, numbered
from services.runner.flows.flow import Flow
from services.runner.flows.passes import with_largest
from services.runner.inputs import Pair
from wire.judging import TestCase


@dataclass(frozen=True, slots=True)
class InTurn:
    """A flow of several, each with a validator of its own."""

    flows: Sequence[Flow]

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case. Raises: as `Flow.judge`."""
        heard: list[CaseResult] = []
        for number, flow in enumerate(self.flows, 1):
            result = await flow.judge(index, case, pair)
            said = replace(result, message=numbered(result.message, number, len(self.flows)))
            heard.append(with_largest(said, heard[-1]) if heard else said)
            if result.verdict not in ACCEPTED:
                return heard[-1]
        given = next((one for one in reversed(heard) if one.points is not None or one.score is not None), heard[-1])
        words = "\n".join(one.message for one in heard if one.message)
        return replace(heard[-1], verdict=given.verdict, score=given.score, points=given.points, message=words)
