"""Owns what a setter's own output validator is given, and how its end is read. One that fails is VE, never the contestant's WA.

    validator INPUT ANSWER FEEDBACK/ [arguments] < output       42: right, 43: wrong, anything else: VE

In the feedback folder: ``judgemessage.txt`` and ``teammessage.txt`` are words; ``score.txt`` are points, outright, and
``score_multiplier.txt`` is a share of the case's worth; ``judgeerror.txt`` says why it failed.
Source: ICPC problem package format, legacy and 2025-09, "output validators".
"""

from __future__ import annotations

from contest.verdicts import Verdict
from services.runner.builds import readable
from services.runner.checkers.judgement import Judgement, number
from services.runner.sandbox.box import Box
from services.runner.sandbox.execution import Execution
from services.runner.sandbox.rootfs import ANSWER, FEEDBACK, INPUT

RIGHT, WRONG = 42, 43
MESSAGE_BYTES = 8 << 10
OPERANDS = (INPUT, ANSWER, f"{FEEDBACK}/")


async def read_icpc(box: Box, execution: Execution, *, is_scoring: bool) -> Judgement:
    """What a validator said, read while its feedback folder is still there. Raises: `BoxLost`."""
    if execution.exit_code not in {RIGHT, WRONG} or is_broken(execution):
        return Judgement(Verdict.VE, await _why(box, execution))
    message = await _words(box)
    if execution.exit_code == WRONG:
        return Judgement(Verdict.WA, message)
    return await _scored(box, message) if is_scoring else Judgement(Verdict.AC, message)


def is_broken(execution: Execution) -> bool:
    """Whether a setter's program did not end by itself, within its limits."""
    return execution.exit_code is None or execution.killed_by is not None or bool(execution.oom_kills)


async def feedback(box: Box, name: str) -> str | None:
    """The head of a file in the feedback folder; None without one. Raises: `BoxLost`."""
    fetched = await box.get(f"{FEEDBACK}/{name}", MESSAGE_BYTES)
    return readable(fetched.content).strip() if fetched else None


async def _words(box: Box) -> str:
    message = await feedback(box, "judgemessage.txt") or ""
    team = await feedback(box, "teammessage.txt")
    return f"{message}\nto the team: {team}".strip() if team else message


async def _scored(box: Box, message: str) -> Judgement:
    points = await feedback(box, "score.txt")
    share = await feedback(box, "score_multiplier.txt")
    if points is not None and share is not None:
        return Judgement(Verdict.VE, "the validator wrote a score.txt and a score_multiplier.txt: it must be one or the other")
    if points is not None:
        value = number(points)
        if value is None:
            return Judgement(Verdict.VE, f"the validator's score.txt is no score, which is a number and not negative: {points[:60]!r}")
        return Judgement(Verdict.AC, message, points=value)
    if share is not None:
        value = number(share)
        if value is None or value > 1:
            return Judgement(Verdict.VE, f"the validator's score_multiplier.txt is no score between 0 and 1: {share[:60]!r}")
        return Judgement(Verdict.AC, message, score=value)
    return Judgement(Verdict.AC, message)


async def _why(box: Box, execution: Execution) -> str:
    found = [] if box.is_dead else [await feedback(box, name) for name in ("judgeerror.txt", "judgemessage.txt")]
    by_itself = execution.exit_code is not None and not is_broken(execution)
    return why_broken("the validator", execution, *found, wanted=f"it must end with {RIGHT} (accepted) or {WRONG} (rejected)" if by_itself else "")


def why_broken(who: str, execution: Execution, *more: str | None, wanted: str = "") -> str:
    """Why a setter's program failed, in words for the jury: how it ended, and should have (``wanted``), what it wrote to stderr, and ``more``."""
    ending = "; ".join(part for part in (execution.detail or f"exit code {execution.exit_code}", wanted) if part)
    said = readable(execution.stderr[-MESSAGE_BYTES:]).strip()
    return "\n".join(part for part in (f"{who} failed: {ending}", said, *more) if part)
