"""Owns the passes of one case: how a validator asks for another one, and what they are worth together. Never runs anything but ``rm``.

A validator that accepts and leaves ``nextpass.in`` in its feedback folder has the solution run again on that; its box is kept, so that
the rest of the folder is there in the next pass. Limits are for each pass, and the figures of a case are the largest of any of them.
Source: ICPC problem package format, 2025-09, "Multi-pass validation".
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Job
from services.runner.sandbox.rootfs import FEEDBACK
from services.runner.sandbox.spool import sealed

NEXT = f"{FEEDBACK}/nextpass.in"
MOST_BYTES = 64 << 20
_REMOVE = Job(("/bin/rm", "-f", NEXT), Limits(), purpose="validator")


@dataclass(frozen=True, slots=True)
class Passes:
    """How many passes a case may take. ``most`` 1: the validator is not asked for another."""

    most: int

    async def played(self, box: Box, question: int, play: Callable[[int], Awaitable[CaseResult]]) -> CaseResult:
        """The result of a case. ``play`` plays one pass on an input, a descriptor; ``box`` is the validator's. Raises: `BoxLost`."""
        result = await play(question)
        if self.most == 1:
            return result
        number, worst = 1, result
        while (following := await self._next(box, result)) is not None:
            if isinstance(following, str):
                return replace(worst, verdict=Verdict.VE, message=f"pass {number}: {following}", score=None, points=None)
            if number == self.most:
                return replace(worst, verdict=Verdict.VE, message=f"the validator wants more than {number} passes", score=None, points=None)
            number += 1
            fd = sealed(following)
            try:
                result = await play(fd)
            finally:
                os.close(fd)
            worst = with_largest(result, worst)
        return worst if worst.verdict is Verdict.AC else replace(worst, message=f"pass {number}: {worst.message}" if worst.message else f"pass {number}")

    @staticmethod
    async def _next(box: Box, result: CaseResult) -> bytes | str | None:
        """The input of the next pass, or why there cannot be one; None when the case is over."""
        fetched = None if box.is_dead else await box.get(NEXT, MOST_BYTES)
        if fetched is None or result.verdict is Verdict.VE:
            return None
        if result.verdict is not Verdict.AC:
            return "the validator rejects, and wants another pass" if result.verdict is Verdict.WA else None
        if fetched.full_bytes > MOST_BYTES:
            return f"the input of the next pass has {fetched.full_bytes} bytes; at most {MOST_BYTES} are taken"
        removal = await box.execute(_REMOVE)
        removal.output.close()
        if removal.exit_code != 0:
            raise BoxLost(f"the validator's folder could not be cleared: {removal.detail}")
        return fetched.content


def with_largest(result: CaseResult, before: CaseResult) -> CaseResult:
    """A result with the larger figures of two."""
    return replace(
        result, time_ms=max(result.time_ms, before.time_ms), memory_bytes=max(result.memory_bytes, before.memory_bytes),
        wall_ms=max(result.wall_ms, before.wall_ms),
    )  # fmt: skip
