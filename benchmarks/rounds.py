"""Alternating rounds of things that are compared: rates a second, and ratios with a goal. Never knows what is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Step = Callable[[], Awaitable[int]]
"""Does something so many times and says how many."""


async def rates(steps: dict[str, Step], rounds: int, before: Step | None = None) -> dict[str, float]:
    """Things a second, the median of alternating rounds; what ``before`` does is not counted."""
    samples: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            if before is not None:
                await before()
            began = time.perf_counter()
            count = await step()
            samples[name].append(count / (time.perf_counter() - began))
    return {name: statistics.median(each) for name, each in samples.items()}


def at_least(value: float, goal: float, note: str = "") -> dict[str, Any]:
    """A ratio that shall reach its goal."""
    return {"value": value, "unit": "x", "goal": f"≥ {goal:g}", "is_met": value >= goal, "note": note}


def at_most(value: float, goal: float, unit: str = "x", note: str = "") -> dict[str, Any]:
    """A figure that shall stay below its goal."""
    return {"value": value, "unit": unit, "goal": f"≤ {goal:g}", "is_met": value <= goal, "note": note}


def p99(samples: Sequence[float]) -> float:
    """The 99th percentile: of less than a hundred the worst."""
    return sorted(samples)[max(0, -(-len(samples) * 99 // 100) - 1)]
