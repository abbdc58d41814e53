"""Owns how submissions look to programs: a line of a list, or one with all that its reader may see. Never decides who may see what."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from fractions import Fraction
from typing import Any

from contest.verdicts import Verdict
from services.frontend.access import ContestAccess
from services.frontend.api.route import View
from services.frontend.reads.submissions import Submission, SubmissionDetail


class ProgressView(View, frozen=True):
    """How far judging is: case ``done`` of ``total``."""

    step: str
    done: int
    total: int


class CaseView(View, frozen=True):
    """One test case, as much of it as the caller may see: figures are null and texts empty where he may not.

    ``given`` says what the program got besides its input, ``hint`` and ``description`` are the package's words about a case that was failed.
    ``output_head`` and ``difference`` (from the answer, line by line: ``-`` wanted, ``+`` found) are kept of the first rejected cases.
    """

    index: int
    verdict: Verdict
    is_sample: bool
    name: str
    time_ms: int | None
    memory_bytes: int | None
    score: Fraction | None
    points: Fraction | None
    is_repeated: bool
    message: str
    output_head: str
    difference: str
    given: str = ""
    hint: str = ""
    description: str = ""


class GroupView(View, frozen=True):
    """What a test group (a subtask) of a scoring problem came to; ``max_score`` null without a bound, ``verdict`` null where nothing of it was judged."""

    path: str
    verdict: Verdict | None
    score: Fraction
    max_score: Fraction | None
    case_count: int
    judged_count: int


class SubmissionLine(View, frozen=True):
    """A submission in a list. ``status``: accepted, unsure, queued, judging, judged or refused; ``verdict`` null until judged."""

    id: str
    contest: str
    problem: str
    label: str
    username: str
    team: str
    language: str
    submitted_at: datetime
    status: str
    verdict: Verdict | None
    score: Fraction | None
    time_ms: int | None
    memory_bytes: int | None
    judged_at: datetime | None
    is_on_board: bool
    progress: ProgressView | None
    code: str
    message: str


class SubmissionView(SubmissionLine, frozen=True):
    """A submission with what its judging said. ``cases`` and ``groups`` hold those that the contest's ``feedback`` shows the caller; ``code`` and ``message`` tell of a refusal,
    ``message`` of one that waits what it lacks besides its turn: a runner that has its language, say.

    ``details_forgotten_at`` is when outputs and messages of its cases were thrown away, for the jury. ``priority`` is the level of its judging in force, empty until the record has it.
    """

    source: str
    filename: str
    compile_output: str
    cases: tuple[CaseView, ...]
    groups: tuple[GroupView, ...]
    decisive_case: int | None
    details_forgotten_at: datetime | None
    version: str
    priority: str


def line_of(one: Submission, access: ContestAccess) -> dict[str, Any]:
    """The fields of a submission in a list."""
    progress = ProgressView(step=one.progress.step, done=one.progress.done, total=one.progress.total) if one.progress else None
    return {
        "id": one.id, "contest": one.contest, "problem": one.problem, "label": access.contest.label_of(one.problem),
        "username": one.username, "team": one.team, "language": one.language, "submitted_at": one.submitted_at, "status": one.status,
        "verdict": one.verdict, "score": one.score, "time_ms": one.time_ms, "memory_bytes": one.memory_bytes,
        "judged_at": one.judged_at, "is_on_board": one.is_on_board, "progress": progress, "code": one.code, "message": one.message,
    }  # fmt: skip


def view_of(detail: SubmissionDetail, access: ContestAccess) -> SubmissionView:
    """A submission as whoever has this access may see it; what he may not is gone already."""
    cases = tuple(
        CaseView(
            index=case.index, verdict=case.verdict, is_sample=case.is_sample, name=case.name,
            time_ms=case.time_ms if access.shows_figures(detail, case) else None,
            memory_bytes=case.memory_bytes if access.shows_figures(detail, case) else None, score=case.score, points=case.points,
            is_repeated=case.is_repeated, message=case.message, output_head=case.output_head, difference=case.difference,
            given=case.given, hint=case.hint, description=case.description,
        )
        for case in detail.cases
    )  # fmt: skip
    return SubmissionView(
        **line_of(detail.submission, access), source=detail.source, filename=detail.submission.filename,
        compile_output=detail.compile_output, cases=cases, groups=tuple(GroupView(**asdict(group)) for group in detail.groups), decisive_case=detail.decisive_case, details_forgotten_at=detail.trimmed_at,
        version=detail.version,
        priority=detail.priority,
    )  # fmt: skip
