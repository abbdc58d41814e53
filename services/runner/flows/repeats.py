"""Owns when a case is run a second time because its first time came near the limit, and which of the two counts. Never runs one.

A program that is over the limit, yet within the band above it, may owe that to the machine: it is let run to the end of the band, and
judged once more. Whoever goes beyond the band is late by himself, and is not run twice: an endless loop costs the band, not two runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Repeats:
    """The band, in per cent of the limit on CPU time; 0: the first run counts, and ends at the limit."""

    band_per_cent: int = 0

    def overtime_ms(self, limits: Limits) -> int:
        """How much longer than its limit a program may use the CPU before it is ended."""
        return limits.cpu_ms * self.band_per_cent // 100

    def is_due(self, result: CaseResult, limits: Limits) -> bool:
        """Whether the case is to be run again: it was late, and ended within the band."""
        return result.verdict is Verdict.TLE and limits.cpu_ms <= result.time_ms < limits.cpu_ms + self.overtime_ms(limits)

    @staticmethod
    def better(first: CaseResult, second: CaseResult) -> CaseResult:
        """The one that counts, said to be of two: the second unless that is late too, then the quicker."""
        is_first = second.verdict is Verdict.TLE and first.time_ms <= second.time_ms
        return replace(first if is_first else second, is_repeated=True)
