"""Owns the calls about submissions: handed in, looked up, judged again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

import msgspec
from aiohttp import web

from contest.verdicts import Verdict
from mesh.errors import Invalid, NotFound
from services.frontend.actions import rejudgings, submissions
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View, location
from services.frontend.api.submission_views import SubmissionLine, SubmissionView, line_of, view_of
from services.frontend.desk import Desk
from services.frontend.reads.submissions import Submission
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


_STATUSES = ("accepted", "unsure", "refused", "queued", "judging", "judged")


INCOMPLETE_HEADER = "Palestra-Incomplete"


class ListQuery(Shape, frozen=True):
    """Filters: ``problem`` by alias or label, ``before`` is the id of the last one seen."""

    problem: str = ""
    username: str = ""
    verdict: str = ""
    status: str = ""
    language: str = ""
    before: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class Accepted(View, frozen=True):
    """Safe in the queue: it will get a verdict, or a refusal that says why. ``message`` says where to ask for it, and what it waits for
    besides its turn: a runner that has its language, say.
    """

    id: str
    status: str
    message: str


async def submit(call: Call[NewSubmission, WaitQuery]) -> Reply:
    """Hands in a source. A repetition with the same Idempotency-Key is the same submission."""
    desk, body = call.desk, call.body
    wish = submissions.Wish(
        call.name("alias"), body.problem, body.language, body.source, body.filename, call.request.headers.get("Idempotency-Key", ""),
        webhook_url=body.webhook_url, priority=body.priority,
    )  # fmt: skip
    if not call.query.wait:
        submission = await submissions.submit(desk, call.actor, wish)
        return await _accepted(desk, submission, body.language)
    submission, detail = await submissions.submit_and_wait(desk, call.actor, wish, min(call.query.wait_s, desk.config.max_wait_s))
    if detail is None:
        return await _accepted(desk, submission, body.language)
    if detail.submission.status not in submissions.FINAL:
        return await _accepted(desk, submission, body.language, detail.submission.status)
    access = await desk.access.contest(call.actor, detail.submission.contest)
    return Reply(view_of(access.shown(detail), access), 200, location(f"/submissions/{submission}"))


async def _accepted(desk: Desk, submission: str, language: str, status: str = "accepted") -> Reply:
    where = location(f"/submissions/{submission}")
    lack = await desk.conditions.of_waiting(language)
    message = f"it is safe and will be judged; {f'{lack[0].lower()}{lack[1:-1]}; ' if lack else ''}ask for it at {where['Location']}, or listen to /events for its verdict"
    return Reply(Accepted(id=submission, status=status, message=message), 202, where)


async def show_submission(call: Call[None, NoQuery]) -> SubmissionView:
    """A submission: one's own, or any of a contest that one runs. ``message`` says what one that waits lacks besides its turn."""
    view = view_of(*await call.desk.access.submission(call.actor, call.name("id")))
    if view.status not in submissions.WAITING:
        return view
    return msgspec.structs.replace(view, message=view.message or await call.desk.conditions.of_waiting(view.language))


async def list_submissions(call: Call[None, ListQuery]) -> Reply:
    """The caller's own submissions in a contest, newest first; the jury sees everybody's, with filters and pages.

    The header Palestra-Incomplete says that one's own are not all there: the record is away, and only those on their way to it are known.
    """
    access = await call.desk.access.contest(call.actor, call.name("alias"))
    query, alias = call.query, access.contest.alias
    if query.verdict and query.verdict not in Verdict.__members__:
        raise Invalid(f"there is no verdict {query.verdict[:16]!r}; choose one of {', '.join(Verdict)}", code="filter-invalid")
    if query.status and query.status not in _STATUSES:
        raise Invalid(f"there is no status {query.status[:16]!r}; choose one of {', '.join(_STATUSES)}", code="filter-invalid")
    known = access.contest.problem(query.problem)
    problem = known.alias if known else query.problem
    headers: dict[str, str] = {}
    if access.is_jury:
        found = await call.desk.submissions.of_contest(
            alias, problem=problem, username=query.username, verdict=query.verdict, status=query.status, language=query.language, before=query.before, most=query.most
        )
    elif call.actor.is_signed_in:
        own = await call.desk.submissions.own(alias, call.actor.username)
        headers = {} if own.is_whole else {INCOMPLETE_HEADER: "record-unavailable"}
        found = _chosen(own.found, msgspec.structs.replace(query, problem=problem))
    else:
        found = []
    if query.problem and not known and not found and not headers:  # one that left the contest may still have submissions
        raise NotFound(f"there is no problem {query.problem[:64]!r} in {access.contest.title}", code="no-such-problem")
    return Reply([SubmissionLine(**line_of(access.shown_line(one), access)) for one in found], headers=headers)


def _chosen(own: Sequence[Submission], query: ListQuery) -> list[Submission]:
    """What a filter leaves of one's own, newest first, from the one after ``before`` on."""
    ids = [one.id for one in own]
    later = own[ids.index(query.before) + 1 :] if query.before in ids else own
    wanted = {name: value for name in ("problem", "username", "verdict", "status", "language") if (value := getattr(query, name))}
    return [one for one in later if all(getattr(one, name) == value for name, value in wanted.items())][: query.most]


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


_SUBMIT_CODES = (
    "no-such-contest", "no-such-problem", "not-registered", "contest-not-started", "contest-ended", "unknown-language",
    "language-not-allowed", "source-too-large", "empty-source", "bad-source", "too-many-submissions", "idempotency-key-reused",
    "bad-idempotency-key", "unknown-priority", "priority-not-allowed", "queue-unavailable", "queue-full", "too-many-waiting", "webhook-url-refused",
    "webhook-secret-missing", "bad-filename",
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
