"""Owns ICPC scoring: problems solved, penalty, time of the last accepted. Never orders teams: `contest.standing` does.

Source: ICPC regional rules, "Scoring": penalty is the minutes until the accepted run plus 20 for every rejected run
before it; compile errors cost nothing; who has the earlier last accepted run is ahead of an equal.
"""

from __future__ import annotations

from collections.abc import Sequence

from contest.cell import Totals, Try, Worth
from contest.facts import BoardProblem
from contest.verdicts import Verdict

_PENALTY_BITS = 40
_LAST_BITS = 32
_AC = Verdict.AC


def accepted_penalty_s(accepted_s: int, rejected: int, penalty_s: int) -> int:
    """The penalty of a solved problem in seconds: whole minutes until it was accepted, and ``penalty_s`` per rejected try."""
    return accepted_s // 60 * 60 + rejected * penalty_s


class IcpcScoring:
    """All or nothing per problem."""

    def __init__(self, penalty_s: int) -> None:
        self.scale = 1
        self._penalty_s = penalty_s

    def weigh(self, tries: Sequence[Try], _problem: BoardProblem, /) -> Worth:
        """Counts up to the first accepted try; what is undecided before it shows as pending."""
        judged = pending = 0
        for one in tries:
            if one.is_counted:
                judged += 1
                if one.verdict is _AC:
                    time_s = one.moment.at_us // 1_000_000
                    return Worth(judged, pending, True, 1, accepted_penalty_s(time_s, judged - 1, self._penalty_s), time_s, one.moment)
            elif one.verdict is None:
                pending += 1
        return Worth(judged, pending)

    def merit(self, totals: Totals, /) -> int:
        """Solved, then penalty, then the last accepted, packed into one integer so that comparing is one step."""
        return (-totals.solved << _PENALTY_BITS | totals.penalty_s) << _LAST_BITS | totals.last_s
