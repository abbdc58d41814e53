"""Owns the running of a setter's own output validator, in a box. A validator that fails is VE, never the contestant's WA.

    validator INPUT ANSWER FEEDBACK/ [arguments] < output       42: right, 43: wrong, anything else: VE

Source: ICPC problem package format, "output validators".
"""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from fractions import Fraction

from contest.limits import Limits
from contest.verdicts import Verdict
from services.runner.builds import Built, readable
from services.runner.checkers.judgement import Judgement
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.rootfs import ANSWER, FEEDBACK, INPUT
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import Turns, taking_turns

RIGHT, WRONG = 42, 43
MESSAGE_BYTES = 8 << 10
_SCORE = re.compile(r"\+?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?")


def validator_boxes(pool: BoxPool, program: Built) -> AbstractAsyncContextManager[Turns]:
    """One box for a validator, emptied between cases."""
    return taking_turns(pool, program.furnish, count=1)


async def validate(
    boxes: Turns, program: Built, limits: Limits, arguments: tuple[str, ...], *, output: Spool, question: int, answer: int
) -> Judgement:
    """Asks the validator about one output. ``question`` and ``answer`` are descriptors, left open. Raises: `BoxLost`."""
    launch = program.launch(limits)
    argv = (*launch.argv, INPUT, ANSWER, f"{FEEDBACK}/", *arguments)
    job = Job(
        argv, launch.limits, launch.environment, stdin=output.fd(), files=(question, answer), cuts_output=True, purpose="validator"
    )
    async with boxes.turn() as box:
        execution = await box.execute(job)
        execution.output.close()
        if execution.is_lost and execution.killed_by is None:
            raise BoxLost("the validator's box was lost")
        if execution.exit_code not in {RIGHT, WRONG} or execution.killed_by or execution.oom_kills:
            return Judgement(Verdict.VE, await _why(box, execution))
        message = await _feedback(box, "judgemessage.txt")
        if execution.exit_code == WRONG:
            return Judgement(Verdict.WA, message)
        text = await _feedback(box, "score.txt")
    return _scored(text, message)


def _scored(text: str, message: str) -> Judgement:
    if not text:
        return Judgement(Verdict.AC, message)
    if not _SCORE.fullmatch(text) or not 0 <= Fraction(text) <= 1:
        return Judgement(Verdict.VE, f"the validator's score.txt is no score between 0 and 1: {text[:60]!r}")
    return Judgement(Verdict.AC, message, Fraction(text))


async def _why(box: Box, execution: Execution) -> str:
    ending = execution.detail or f"exit code {execution.exit_code}"
    said = readable(execution.stderr[-MESSAGE_BYTES:]).strip()
    feedback = "" if box.is_dead else await _feedback(box, "judgemessage.txt")
    return "\n".join(part for part in (f"the validator failed: {ending}", said, feedback) if part)


async def _feedback(box: Box, name: str) -> str:
    fetched = await box.get(f"{FEEDBACK}/{name}", MESSAGE_BYTES)
    return readable(fetched.content).strip() if fetched else ""
