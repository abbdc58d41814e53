"""Owns the page where contestants ask and the jury answers and announces."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.access import ContestAccess
from services.frontend.actions import clarifications
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import fault_of, see_other, read_form
from services.frontend.pages.frames import access_of, contest_page
from services.frontend.reads.clarifications import Clarification

_TOLD: Final = {
    "asked": "Your question is with the jury. The answer appears here by itself.",
    "answered": "The answer is out.",
    "announced": "Everybody in the contest sees it now.",
}


async def show_clarifications(request: web.Request) -> web.Response:
    """Questions, answers and announcements, as far as the actor may see them."""
    return await _page(request, await access_of(request))


async def ask(request: web.Request) -> web.Response:
    """Asks the jury."""
    alias, form = request.match_info["alias"], await read_form(request)
    try:
        await clarifications.ask(desk_of(request), actor_of(request), alias, form.raw("text"), form.text("problem"))
    except MeshError as refused:
        if refused.status in {401, 404}:
            raise
        faults = fault_of(refused, {})
        return await _page(
            request, await access_of(request), status=refused.status, entered=form.raw("text"), chosen=form.text("problem"), faults={"text": faults["form"]}
        )  # fmt: skip
    raise see_other(f"/contests/{alias}/clarifications?told=asked")


async def answer(request: web.Request) -> web.Response:
    """Answers a question, to its author or to everybody."""
    form = await read_form(request)
    is_public = form.is_ticked("is_public")
    await clarifications.answer(desk_of(request), actor_of(request), request.match_info["id"], form.raw("text"), is_public=is_public)
    access = await desk_of(request).access.contest(actor_of(request), form.text("contest"))
    raise see_other(f"/contests/{access.contest.alias}/clarifications?told=answered")


async def announce(request: web.Request) -> web.Response:
    """Tells everybody in the contest."""
    alias, form = request.match_info["alias"], await read_form(request)
    await clarifications.announce(desk_of(request), actor_of(request), alias, form.raw("text"), form.text("problem"))
    raise see_other(f"/contests/{alias}/clarifications?told=announced")


async def _page(request: web.Request, access: ContestAccess, *, status: int = 200, **entered: Any) -> web.Response:
    items = await _visible(request, access)
    values = {"entered": "", "chosen": request.query.get("problem", ""), "faults": {}, **entered}
    waiting = sum(item.status == "asked" for item in items) if access.is_jury else 0
    return await contest_page(
        request, "clarifications.html", access, "clarifications", status=status, items=items, open_questions=waiting,
        told=_TOLD.get(request.query.get("told", ""), ""), **values,
    )  # fmt: skip


async def _visible(request: web.Request, access: ContestAccess) -> list[Clarification]:
    reads, alias = desk_of(request).clarifications, access.contest.alias
    if access.is_jury:
        return await reads.of_jury(alias)
    if access.actor.is_signed_in:
        return await reads.of_contestant(alias, access.actor.username)
    return await reads.of_public(alias)
