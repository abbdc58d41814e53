"""Owns the calls about submissions: handed in, looked up, judged again."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any

import msgspec
from aiohttp import web

from contest.verdicts import Verdict
from mesh.errors import Invalid, NotFound
from services.frontend.access import ContestAccess
from services.frontend.actions import rejudgings, submissions
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View, location
from services.frontend.reads.submissions import Submission, SubmissionDetail
from wire.rejudging import OverrideVerdict


class NewSubmission(Shape, frozen=True):
    """What is handed in. ``problem`` is an alias or a label; ``webhook_url`` is told of this verdict, besides the account's webhook.

    ``priority`` is how urgently it is judged: contest, normal, low or ephemeral. Those who run the contest may choose any; a
    contestant gets ``contest`` while it counts and may step back to normal or low. Left out: what one is due.
    """

    problem: str
    language: str
    source: str
    filename: str = ""
    webhook_url: str = ""
    priority: str = ""


class NewPriority(Shape, frozen=True):
    """The level at which a submission shall wait: contest, normal, low or ephemeral."""

    priority: str


class NewVerdict(Shape, frozen=True):
    """A person's word. ``score`` left out: the problem's full score when accepted, else nothing."""

    verdict: str
    reason: str
    score: Fraction | None = None


class WaitQuery(Shape, frozen=True):
    """``wait=true`` answers with the verdict, or with 202 when it takes longer than ``wait_s``."""

    wait: bool = False
    wait_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 600.0


class ListQuery(Shape, frozen=True):
    """Filters: ``problem`` by alias or label, ``status`` queued or judged; ``before`` is the id of the last one seen."""

    problem: str = ""
    username: str = ""
    verdict: str = ""
    status: str = ""
    before: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class Accepted(View, frozen=True):
    """Safe in the queue: it will get a verdict, or a refusal that says why. ``message`` says where to ask for it."""

    id: str
    status: str
    message: str


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


class SubmissionLine(View, frozen=True):
    """A submission in a list. ``status``: accepted, queued, judging, judged or refused; ``verdict`` null until judged."""

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
    """A submission with what its judging said. ``cases`` holds those that the contest's ``feedback`` shows the caller; ``code`` and ``message`` tell of a refusal.

    ``details_forgotten_at`` is when outputs and messages of its cases were thrown away, for the jury. ``priority`` is the level of its judging in force, empty until the record has it.
    """

    source: str
    filename: str
    compile_output: str
    cases: tuple[CaseView, ...]
    decisive_case: int | None
    details_forgotten_at: datetime | None
    version: str
    priority: str


async def submit(call: Call[NewSubmission, WaitQuery]) -> Reply:
    """Hands in a source. A repetition with the same Idempotency-Key is the same submission."""
    desk, body = call.desk, call.body
    wish = submissions.Wish(
        call.name("alias"), body.problem, body.language, body.source, body.filename, call.request.headers.get("Idempotency-Key", ""),
        webhook_url=body.webhook_url, priority=body.priority,
    )  # fmt: skip
    if not call.query.wait:
        submission = await submissions.submit(desk, call.actor, wish)
        return _accepted(submission)
    submission, detail = await submissions.submit_and_wait(desk, call.actor, wish, min(call.query.wait_s, desk.config.max_wait_s))
    if detail is None:
        return _accepted(submission)
    if detail.submission.status not in submissions.FINAL:
        return _accepted(submission, detail.submission.status)
    access = await desk.access.contest(call.actor, detail.submission.contest)
    return Reply(view_of(access.shown(detail), access), 200, location(f"/submissions/{submission}"))


def _accepted(submission: str, status: str = "accepted") -> Reply:
    where = location(f"/submissions/{submission}")
    message = f"it is safe and will be judged; ask for it at {where['Location']}, or listen to /events for its verdict"
    return Reply(Accepted(id=submission, status=status, message=message), 202, where)


async def show_submission(call: Call[None, NoQuery]) -> SubmissionView:
    """A submission: one's own, or any of a contest that one runs."""
    return view_of(*await call.desk.access.submission(call.actor, call.name("id")))


async def list_submissions(call: Call[None, ListQuery]) -> list[SubmissionLine]:
    """The caller's own submissions in a contest, newest first; the jury sees everybody's, with filters and pages."""
    access = await call.desk.access.contest(call.actor, call.name("alias"))
    query, alias = call.query, access.contest.alias
    if query.verdict and query.verdict not in Verdict.__members__:
        raise Invalid(f"there is no verdict {query.verdict[:16]!r}; choose one of {', '.join(Verdict)}", code="filter-invalid")
    if query.status not in {"", "queued", "judged"}:
        raise Invalid(f"the record knows no status {query.status[:16]!r}; choose queued or judged", code="filter-invalid")
    if access.is_jury:
        known = access.contest.problem(query.problem)
        problem = known.alias if known else query.problem
        found = await call.desk.submissions.of_contest(
            alias, problem=problem, username=query.username, verdict=query.verdict, status=query.status, before=query.before, most=query.most
        )
        if query.problem and not known and not found:  # one that left the contest may still have submissions
            raise NotFound(f"there is no problem {query.problem[:64]!r} in {access.contest.title}", code="no-such-problem")
    elif call.actor.is_signed_in:
        found = await call.desk.submissions.of_user(alias, call.actor.username)
    else:
        found = []
    return [SubmissionLine(**line_of(access.shown_line(one), access)) for one in found]


async def rejudge(call: Call[None, NoQuery]) -> web.Response:
    """Has a submission judged again, against the newest version of its problem."""
    await submissions.rejudge(call.desk, call.actor, call.name("id"))
    return web.Response(status=202)


async def override(call: Call[NewVerdict, NoQuery]) -> web.Response:
    """Puts a verdict in force by hand, with the reason for the audit log; it counts until the next rejudge says otherwise."""
    await rejudgings.override(call.desk, call.actor, OverrideVerdict(call.name("id"), call.body.verdict, call.body.reason, call.body.score))
    return web.Response(status=204)


async def set_priority(call: Call[NewPriority, NoQuery]) -> web.Response:
    """Moves a submission that waits for its verdict to another level; who runs its contest may."""
    await submissions.set_priority(call.desk, call.actor, call.name("id"), call.body.priority)
    return web.Response(status=204)


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
        compile_output=detail.compile_output, cases=cases, decisive_case=detail.decisive_case, details_forgotten_at=detail.trimmed_at,
        version=detail.version,
        priority=detail.priority,
    )  # fmt: skip


_SUBMIT_CODES = (
    "no-such-contest", "no-such-problem", "not-registered", "contest-not-started", "contest-ended", "unknown-language",
    "language-not-allowed", "source-too-large", "empty-source", "bad-source", "too-many-submissions", "idempotency-key-reused",
    "bad-idempotency-key", "unknown-priority", "priority-not-allowed", "queue-unavailable", "queue-full", "too-many-waiting", "webhook-url-refused",
    "webhook-secret-missing",
)  # fmt: skip

ROUTES = (
    Route(
        "POST", "/contests/{alias}/submissions", submit, Accepted, NewSubmission, query=WaitQuery, status=202, others={200: SubmissionView},
        codes=_SUBMIT_CODES, headers={"Idempotency-Key": "The same key is the same submission, however often it is sent"},
    ),
    Route(
        "GET", "/contests/{alias}/submissions", list_submissions, list[SubmissionLine], query=ListQuery,
        codes=("no-such-contest", "no-such-problem", "filter-invalid"),
    ),
    Route("GET", "/submissions/{id}", show_submission, SubmissionView, codes=("no-such-submission",)),
    Route(
        "POST", "/submissions/{id}/priority", set_priority, body=NewPriority, status=204,
        codes=("no-such-submission", "not-jury", "unknown-priority", "submission-judged"),
    ),
    Route(
        "POST", "/submissions/{id}/override", override, body=NewVerdict, status=204, codes=("no-such-submission", "not-jury", "override-invalid")
    ),
    Route(
        "POST", "/submissions/{id}/rejudge", rejudge, status=202, codes=("no-such-submission", "not-jury", "submission-in-judging")
    ),
)  # fmt: skip
