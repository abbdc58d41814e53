"""Owns what a flow is: the way in which a submission meets one case, and what it works with. Never one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from contest.results import CaseResult
from services.runner.builds import Builds
from services.runner.flows.details import Details
from services.runner.inputs import Pair
from services.runner.programs import Programs
from services.runner.sandbox.pool import BoxPool
from wire.judging import TestCase


class Flow(Protocol):
    """Judges the cases of one submission, one at a time. The same case may be judged again: nothing of the first time is left."""

    async def judge(self, index: int, case: TestCase, pair: Pair) -> CaseResult:
        """What came out of one case; VE when the setter's program failed.

        Raises: `BoxLost` when boxes are lost again and again, and what fetching and building raise.
        """
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What every flow works with. ``core`` binds the contestants' programs to one core; ``details`` keeps what the jury wants to see,
    ``overtime_ms`` is how far beyond the time limit a program is let run; ``at_checker`` hears that a checker is asked: the submission has ended.
    """

    pool: BoxPool
    builds: Builds
    programs: Programs
    core: int | None
    details: Details
    overtime_ms: int = 0
    at_checker: Callable[[], None] = lambda: None
