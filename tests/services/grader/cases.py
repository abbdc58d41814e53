"""Submissions, manifests and reports for the grader's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contest.limits import Limits
from contest.results import CaseResult
from contest.verdicts import Verdict
from mesh.ids import derived_id
from mesh.queue import Message
from wire.judging import AttemptEnd, CaseGroup, Checker, JudgeSubmission, JudgingManifest, TestCase


def manifest(problem: str = "apples", version: str = "v1", cases: int = 3) -> JudgingManifest:
    tests = tuple(
        TestCase(f"secret/{number}", derived_id(problem, f"{number}.in"), derived_id(problem, f"{number}.ans"), 10, 10)
        for number in range(cases)
    )
    return JudgingManifest(problem, version, Limits(cpu_ms=1000, wall_ms=2000), tests, Checker(), CaseGroup())


def order(name: str, *, priority: str = "contest", author: str = "ann", language: str = "cpp", **changes: str) -> JudgeSubmission:
    run = derived_id("run", name)
    fields = {"problem": "apples", "version": "v1", "contest": "finals", "source": "int main(){}", "filename": "a.cpp", **changes}
    return JudgeSubmission(
        run=run, submission=derived_id("submission", name), language=language, author=author, priority=priority, correlation=f"about-{name}", **fields
    )


def results(*verdicts: Verdict) -> tuple[CaseResult, ...]:
    return tuple(CaseResult(index, verdict, 10 * (index + 1), 1000, message=f"case {index}") for index, verdict in enumerate(verdicts))


ACCEPTED = results(Verdict.AC, Verdict.AC, Verdict.AC)
WRONG = results(Verdict.AC, Verdict.WA)


def end(attempt: str, outcome: str = "judged", of: Sequence[CaseResult] = ACCEPTED, **changes: str) -> AttemptEnd:
    return AttemptEnd(attempt, outcome, tuple(of), runner="r1", **changes)


@dataclass(eq=False)
class Slip:
    """A delivery that counts how often it was settled."""

    message: Message
    attempt: int = 1
    acks: int = 0

    async def ack(self) -> None:
        self.acks += 1

    async def retry(self, error: str) -> None:
        raise AssertionError("the grader never sends a message back")

    async def reject(self, error: str) -> None:
        raise AssertionError("the grader rejects only what it cannot read")


def slip(name: str) -> Slip:
    return Slip(Message(derived_id("run", name), b""))
