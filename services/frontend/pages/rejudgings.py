"""Owns the pages of judging again as a set: the list with its form, one set with what it changes, two runs side by side."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from contest.results import CaseResult
from mesh.errors import MeshError, NotFound
from mesh.ids import is_id
from services.frontend.access import ContestAccess, check_signed_in
from services.frontend.actions import rejudgings
from services.frontend.applying import APPLYING
from services.frontend.keys import actor_of, desk_of
from services.frontend.languages import LANGUAGES
from services.frontend.pages.forms import read_form, see_other, sentence
from services.frontend.pages.frames import contest_page, jury_access_of
from services.frontend.pages.rejudging_form import Choice, choice_of, said_of
from services.frontend.reads.rejudgings import Line, Rejudging, RunDetail
from wire.rejudging import OpenRejudging

_AT_ONCE: Final = 50
_TOLD: Final = {
    "opened": "The set is opened. Nothing changes for anybody until you apply it.",
    APPLYING: "The set is large: it is being applied, all of it in one step. This page follows by itself.",
    "applied": "The set is applied: its verdicts count, boards and contestants have them.",
    "dropped": "The set is dropped: everything stays as it was.",
}
SHOWN: Final = {"changed": "Changed", "kept": "Left alone", "all": "All"}
"""What of a set's submissions can be shown, and how that is called."""


async def show_sets(request: web.Request) -> web.Response:
    """The sets of a contest and the form for a new one; what is chosen stands in the address."""
    query = request.query
    return await _list_page(request, choice_of(lambda name: query.get(name, "").strip(), lambda name: query.getall(name, [])))


async def open_set(request: web.Request) -> web.Response:
    """Opens a set and goes on to its page."""
    form = await read_form(request)
    choice = choice_of(form.text, form.all)
    access = await jury_access_of(request)
    try:
        wanted = OpenRejudging(access.contest.alias, choice.filter(access), choice.reason, choice.version)
        made = await rejudgings.open_set(desk_of(request), actor_of(request), wanted)
    except MeshError as refused:
        return await _list_page(request, choice, status=refused.status, problem=sentence(refused.message))
    raise see_other(f"/rejudgings/{made}?told=opened")


async def show_set(request: web.Request) -> web.Response:
    """One set: how far it is, what it changes, the submissions."""
    return await _set_page(request)


async def apply_set(request: web.Request) -> web.Response:
    """Applies it."""
    return await _settle(request, "applied")


async def drop_set(request: web.Request) -> web.Response:
    """Drops it."""
    return await _settle(request, "dropped")


async def show_pair(request: web.Request) -> web.Response:
    """Two runs of one submission side by side, case by case."""
    check_signed_in(actor_of(request))
    found, access = await desk_of(request).access.rejudging(actor_of(request), request.match_info["id"])
    submission = request.match_info["submission"]
    pair = await desk_of(request).rejudgings.pair(found, submission) if is_id(submission) else None
    if pair is None:
        raise NotFound("this set has no run of such a submission", code="no-such-submission")
    detail, _ = await desk_of(request).access.submission(actor_of(request), submission)
    before, after = pair
    return await contest_page(
        request, "rejudging_pair.html", access, "jury", rejudging=found, one=detail.submission, before=before, after=after,
        rows=_beside(before, after),
    )  # fmt: skip


async def _settle(request: web.Request, how: str) -> web.Response:
    form = await read_form(request)
    desk, actor, rejudging = desk_of(request), actor_of(request), request.match_info["id"]
    try:
        if how == "applied":
            is_done = await rejudgings.apply_set(desk, actor, rejudging, accept_judge_errors=form.is_ticked("accept_judge_errors"))
            how = how if is_done else APPLYING
        else:
            await rejudgings.drop_set(desk, actor, rejudging)
    except MeshError as refused:
        if refused.code not in {"rejudging-not-ready", "rejudging-settled", "rejudging-has-judge-errors"}:
            raise
        return await _set_page(request, status=refused.status, problem=sentence(refused.message))
    raise see_other(f"/rejudgings/{rejudging}?told={how}")


async def _list_page(request: web.Request, choice: Choice, *, status: int = 200, problem: str = "") -> web.Response:
    access, desk = await jury_access_of(request), desk_of(request)
    alias = access.contest.alias
    fault, chosen = "", 0
    try:
        chosen = await desk.rejudgings.count(alias, choice.filter(access))
    except MeshError as wrong:
        if wrong.code != "rejudging-invalid":
            raise
        fault = sentence(wrong.message)
    one = access.contest.problem(choice.problems[0]) if len(choice.problems) == 1 else None
    sets = await desk.rejudgings.of_contest(alias)
    return await contest_page(
        request, "rejudgings.html", access, "jury", status=status, sets=sets, choice=choice, chosen=chosen, fault=fault, problem=problem,
        said={found.id: said_of(found.filter, access) for found in sets}, said_now=said_of(choice.filter(access), access) if not fault else "",
        languages=[(id_, LANGUAGES[id_].name) for id_ in access.contest.languages or LANGUAGES if id_ in LANGUAGES],
        runners=await desk.rejudgings.runners(alias), one_problem=one, versions=await desk.problems.versions(one.alias) if one else [],
    )  # fmt: skip


async def _set_page(request: web.Request, *, status: int = 200, problem: str = "") -> web.Response:
    check_signed_in(actor_of(request))
    desk, query = desk_of(request), request.query
    found, access = await desk.access.rejudging(actor_of(request), request.match_info["id"])
    whole = await desk.previews.difference(access.contest, found)
    show = query.get("show", "changed") if query.get("show", "") in SHOWN else "changed"
    lines = [line for line in whole.lines if show == "all" or (line.is_kept if show == "kept" else line.is_change and not line.is_kept)]
    begin = next((place + 1 for place, line in enumerate(lines) if line.id == query["after"]), 0) if "after" in query else 0
    page = lines[begin : begin + _AT_ONCE]
    more = f"?{urlencode({'show': show, 'after': page[-1].id})}#submissions-heading" if begin + _AT_ONCE < len(lines) else ""
    return await contest_page(
        request, "rejudging.html", access, "jury", status=status, rejudging=found, whole=whole, said=said_of(found.filter, access),
        lines=page, show=show, shown=SHOWN, more=more, first=begin + 1, of=len(lines), problem=problem, told=_told(query.get("told", ""), found),
        names=await _names(request, access, page), is_open=found.state in {"running", "ready"},
    )  # fmt: skip


def _told(what: str, found: Rejudging) -> str:
    if what == APPLYING and found.is_applied:
        what = found.state
    is_so = found.state in {"running", "ready"} if what == "opened" else what == found.state
    return _TOLD.get(what, "") if is_so else ""


async def _names(request: web.Request, access: ContestAccess, lines: list[Line]) -> dict[str, str]:
    wanted = {line.username for line in lines}
    return {team.username: team.name for team in await desk_of(request).contests.contestants(access.contest.alias) if team.username in wanted}


def _beside(before: RunDetail, after: RunDetail) -> list[dict[str, Any]]:
    """The cases of two runs in rows: by name where both know theirs and the versions differ, else by number."""
    if before.version != after.version and all(case.name for run in (before, after) for case in run.cases):
        named = {case.name: case for case in before.cases}
        rows: list[tuple[CaseResult | None, CaseResult | None]] = [(named.pop(case.name, None), case) for case in after.cases]
        rows += [(case, None) for case in named.values()]
    else:
        by_index = [{case.index: case for case in run.cases} for run in (before, after)]
        rows = [(by_index[0].get(index), by_index[1].get(index)) for index in sorted(by_index[0].keys() | by_index[1].keys())]
    return [{"before": was, "after": now, "is_other": _verdict(was) != _verdict(now), "case": now or was} for was, now in rows]


def _verdict(case: CaseResult | None) -> str:
    return case.verdict.value if case is not None else ""
