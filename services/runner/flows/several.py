"""Owns what several processes of one submission are worth together when their conversations are over. Pure.

A process that failed by itself makes the verdict. Where several did, one that broke a limit comes first, which no other can make it do; then
one that crashed, as it may when another is gone; then one that waited. Where none did, the interactor's word counts. Limits are for each
process, but that on CPU time, which is for all of them together.
Source: cms-dev/cms, ``cms/grading/tasktypes/Communication.py``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from contest.verdicts import Verdict
from services.runner.checkers.judgement import Judgement
from services.runner.flows.settling import was_dismissed
from services.runner.flows.talk import Talk
from services.runner.sandbox.execution import Execution

_BY_ITSELF: Final = (Verdict.RFE, Verdict.MLE, Verdict.OLE, Verdict.TLE, Verdict.RTE, Verdict.WA)


def together(talks: Sequence[Talk], judgements: Sequence[Judgement], said: Judgement) -> tuple[Judgement, Execution]:
    """The one judgement, and one execution with the figures of all: time in sum, the clock and memory of the largest.

    ``judgements`` are those of each talk, ``said`` the interactor's: a judgement that is it is nothing of the process's own.
    """
    executions = [talk.solution for talk in talks]
    own = [place for place, judgement in enumerate(judgements) if judgement is not said and judgement.verdict in _BY_ITSELF]
    place = min(own, key=lambda place: (*_rank(judgements[place], executions[place]), place), default=None)
    judgement = next((one for one in judgements if one is not said), said) if place is None else judgements[place]
    shown = _shown(executions) if place is None else executions[place]
    spent_ns, limit_ms = sum(one.cpu_ns for one in executions), executions[0].limits.cpu_ms
    if place is None and len(talks) > 1 and spent_ns > limit_ms * 1_000_000:
        judgement = Judgement(Verdict.TLE, f"more than {limit_ms} ms of CPU time, all {len(talks)} processes together")
    elif place is not None and len(talks) > 1:
        judgement = dataclasses.replace(judgement, message=f"process {place}: {judgement.message}")
    figures = dataclasses.replace(
        shown, cpu_ns=spent_ns, wall_ns=max(one.wall_ns for one in executions), memory_bytes=max(one.memory_bytes for one in executions)
    )
    return judgement, figures


def script(talks: Sequence[Talk]) -> str:
    """The heads of what was said, under the number of the process where there are several."""
    if len(talks) == 1:
        return talks[0].script
    return "\n".join(f"[process {number}]\n{talk.script}" for number, talk in enumerate(talks))


def _rank(judgement: Judgement, execution: Execution) -> tuple[bool, int]:
    """Smaller is nearer to the cause: to wait, and to be late by the clock alone, comes last."""
    waited = judgement.verdict is Verdict.TLE and execution.cpu_ns <= execution.limits.cpu_ms * 1_000_000
    return waited, _BY_ITSELF.index(judgement.verdict)


def _shown(executions: Sequence[Execution]) -> Execution:
    """One that ended by itself, if there is one."""
    return next((one for one in executions if not was_dismissed(one)), executions[0])
