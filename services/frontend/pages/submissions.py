"""Owns the pages about submissions: the form, one's own list, one submission, judging again."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from aiohttp import web

from mesh.codec import fraction_of
from mesh.errors import Conflict, Invalid, MeshError, NotFound, TooLarge
from mesh.ids import new_id
from services.frontend.access import check_signed_in
from services.frontend.actions import rejudgings, submissions
from services.frontend.gatekeeping import CSRF_FIELD, check_field
from services.frontend.keys import actor_of, desk_of, session_of
from services.frontend.languages import LANGUAGES
from services.frontend.pages.choices import languages_of
from services.frontend.pages.forms import Form, fault_of, see_other, inside, read_form
from services.frontend.pages.frames import access_of, contest_page, submit_values
from services.frontend.together import both
from wire.queues import PRIORITIES
from wire.rejudging import OverrideVerdict

_FIELDS: Final = {
    "no-such-problem": "problem", "unknown-language": "language", "language-not-allowed": "language",
    "source-too-large": "source", "empty-source": "source", "bad-source": "source", "source-not-text": "source",
}  # fmt: skip
_NOT_CHOSEN: Final = {"problem": "Choose the problem that this solves.", "language": "Choose the language that it is written in."}
_PERHAPS_TAKEN: Final = (
    "The queue does not answer, and it is not known whether your program was taken. It is sent again by itself; or press Submit again in a moment: unchanged, it counts once."
)


async def show_form(request: web.Request) -> web.Response:
    """The form to submit with, on a page of its own."""
    check_signed_in(actor_of(request))
    return await _form_page(request, {"problem": request.query.get("problem", "")[:20]})


async def submit(request: web.Request) -> web.Response:
    """Takes a submission and goes on to the list where its verdict appears."""
    desk, actor, form = desk_of(request), actor_of(request), await read_form(request)
    entered = {"problem": form.text("problem"), "language": form.text("language"), "source": form.raw("source")}
    filename = ""
    try:
        if "file" in form.files:
            filename = form.files["file"].filename.rpartition("/")[2]
            entered["source"] = _text_of(form, desk.config.max_source_bytes)
        check_field(request, session_of(request), form.text(CSRF_FIELD))
        wish = submissions.Wish(
            request.match_info["alias"], entered["problem"], entered["language"], entered["source"], filename, _key(form.text("key"), entered)
        )
        submission = await submissions.submit(desk, actor, wish)
    except MeshError as refused:
        if not actor.is_signed_in or refused.code == "no-such-contest":
            raise
        field = _FIELDS.get(refused.code, "")
        faults = {"form": _PERHAPS_TAKEN} if refused.code == "queue-unavailable" else fault_of(refused, _FIELDS)
        if field in _NOT_CHOSEN and not entered[field]:
            faults = {field: _NOT_CHOSEN[field]}
        entered["source"] = _showable(entered["source"])
        return await _form_page(request, entered, form.text("key"), status=refused.status, faults=faults)
    raise see_other(f"/contests/{wish.contest}/submissions?sent={submission}")


async def show_own(request: web.Request) -> web.Response:
    """One's own submissions in a contest."""
    actor = actor_of(request)
    check_signed_in(actor)
    access = await access_of(request)
    own = await desk_of(request).submissions.own(access.contest.alias, actor.username)
    is_sent = request.query.get("sent", "") in {one.id for one in own.found}
    shown = access.shown_lines(own.found)
    return await contest_page(request, "submissions.html", access, "submissions", submissions=shown, is_whole=own.is_whole, sent=is_sent)


async def show_submission(request: web.Request) -> web.Response:
    """One submission: one's own, or any for the jury."""
    desk = desk_of(request)
    check_signed_in(actor_of(request))
    detail, access = await desk.access.submission(actor_of(request), request.match_info["id"])
    runs = await desk.submissions.runs_of(detail.submission.id) if access.is_jury else []
    lack = await desk.conditions.of_waiting(detail.submission.language) if detail.submission.status in submissions.WAITING else ""
    tab = "submissions" if detail.submission.username == access.actor.username else "jury"
    return await contest_page(request, "submission.html", access, tab, detail=detail, cases=detail.cases, runs=runs, priorities=PRIORITIES, lack=lack)


async def download_source(request: web.Request) -> web.Response:
    """The source as a file, under the name that it was handed in by."""
    check_signed_in(actor_of(request))
    detail, _ = await desk_of(request).access.submission(actor_of(request), request.match_info["id"])
    one = detail.submission
    if not detail.source:
        raise NotFound("the source is not in the record yet: it can be downloaded in a moment", code="no-such-source")
    ending = LANGUAGES[one.language].extensions[0] if one.language in LANGUAGES else "txt"
    name = re.sub(r"[^A-Za-z0-9._-]", "_", one.filename) or f"{one.id}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return web.Response(text=detail.source, content_type="text/plain", headers=headers)


async def rejudge(request: web.Request) -> web.Response:
    """Has a submission judged once more."""
    form = await read_form(request)
    submission = request.match_info["id"]
    await submissions.rejudge(desk_of(request), actor_of(request), submission)
    raise see_other(inside(form.text("next"), f"/submissions/{submission}"))


async def override(request: web.Request) -> web.Response:
    """Puts a verdict in force by hand."""
    form, submission = await read_form(request), request.match_info["id"]
    try:
        score = fraction_of(form.text("score")) if form.text("score") else None
    except ValueError:
        raise Invalid("a score is a number, as 1, 0.5 or 1/3", code="override-invalid") from None
    await rejudgings.override(desk_of(request), actor_of(request), OverrideVerdict(submission, form.text("verdict"), form.text("reason"), score))
    raise see_other(f"/submissions/{submission}")


async def set_priority(request: web.Request) -> web.Response:
    """Moves a submission that waits to another level of judging."""
    form = await read_form(request)
    submission = request.match_info["id"]
    try:
        await submissions.set_priority(desk_of(request), actor_of(request), submission, form.text("priority"))
    except Conflict as late:
        if late.code != "submission-judged":
            raise
        # the verdict was faster: the page shows it
    raise see_other(inside(form.text("next"), f"/submissions/{submission}"))


async def _form_page(request: web.Request, entered: dict[str, str], key: str = "", *, status: int = 200, **more: Any) -> web.Response:
    access = await access_of(request)
    problem = access.contest.problem(entered["problem"]) if entered["problem"] and access.shows_problems else None
    languages, conditions = await both(languages_of(desk_of(request), access), desk_of(request).conditions.of_submitting())
    faults = more.get("faults", {})
    values = submit_values(
        request, access, languages, key or new_id(), entered={**entered, "problem": problem.label if problem else ""}, faults=faults
    )  # fmt: skip
    return await contest_page(request, "submit.html", access, "submit", status=status, problem_text=faults.get("form", ""), conditions=conditions, **values)


def _text_of(form: Form, most_bytes: int) -> str:
    content = form.files["file"].file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TooLarge(f"a source may have at most {most_bytes // 1024} KiB", code="source-too-large")
    return content.decode(errors="surrogateescape").replace("\r\n", "\n")


def _showable(source: str) -> str:
    """The source with a mark in place of whatever is no text, so that a page can carry it."""
    return source.encode(errors="surrogateescape").decode(errors="replace").replace("\x00", "\ufffd")


def _key(form_key: str, entered: dict[str, str]) -> str:
    """The same form with the same content is the same submission, however often its button is pressed."""
    if not form_key:
        return ""
    content = "\0".join([form_key, *entered.values()])
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()
