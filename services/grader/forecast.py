"""Owns the guess how long a submission that came now would wait for a runner. Pure; a guess, not a promise."""

from __future__ import annotations

from collections.abc import Mapping

from wire.queues import PRIORITY_WEIGHTS


def wait_s(waiting: Mapping[str, int | None], running: int, runners: int, mean_run_s: float | None, level: str = "contest") -> float | None:
    """Seconds until a runner would take it: what waits at its level goes first, and the other levels that have work get their share.

    None when nobody can say: no runner, a queue that cannot be looked into, or no run that ended lately to go by.
    """
    ahead = waiting.get(level)
    if runners == 0 or ahead is None:
        return None
    if ahead == 0 and running < runners:
        return 0.0
    if mean_run_s is None:
        return None
    busy = sum(weight for other, weight in PRIORITY_WEIGHTS.items() if other != level and waiting.get(other))
    share = PRIORITY_WEIGHTS[level] / (PRIORITY_WEIGHTS[level] + busy)
    return (ahead + 1) / share * mean_run_s / runners
