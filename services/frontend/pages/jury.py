"""Owns the jury's overview of a contest: all submissions live, with filters; thawing; how much waits."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from mesh.ids import is_id
from services.frontend.actions import contests
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import see_other
from services.frontend.pages.frames import contest_page, jury_access_of
from services.frontend.pages.trials import doubts_of
from services.frontend.together import both

_AT_ONCE: Final = 50
_TOLD: Final = {"thawed": "The freeze is lifted: everybody sees the final results now.", "saved": "The contest is saved."}


async def show_jury(request: web.Request) -> web.Response:
    """The overview."""
    access, reads = await jury_access_of(request), desk_of(request).submissions
    alias, query = access.contest.alias, request.query
    filters = {name: query.get(name, "")[:190] for name in ("problem", "verdict", "language", "username")}
    shown = access.contest.problem(filters["problem"]) if filters["problem"] else None
    is_waiting = filters["verdict"] == "waiting"
    found, ((waiting, teams), broken) = await both(
        reads.of_contest(
            alias, problem=shown.alias if shown else filters["problem"], username=filters["username"], most=_AT_ONCE + 1,
            verdict="" if is_waiting else filters["verdict"], status="queued" if is_waiting else "", language=filters["language"],
            before=query.get("before", "") if is_id(query.get("before", "")) else "",
        ),
        both(both(reads.of_contest(alias, status="queued", most=1000), desk_of(request).contests.contestants(alias)), reads.judging_faults(alias)),
    )  # fmt: skip
    figures = await desk_of(request).glance.figures()
    outdated = await desk_of(request).previews.outdated(alias)
    submissions = found[:_AT_ONCE]
    older = f"?{urlencode({**filters, 'before': submissions[-1].id})}" if len(found) > _AT_ONCE else ""
    return await contest_page(
        request, "jury.html", access, "jury", submissions=submissions, filters=filters, older=older, waiting=len(waiting), team_count=len(teams), broken=broken, figures=figures, outdated=outdated,
        told=_TOLD.get(query.get("told", ""), ""), doubts=await doubts_of(desk_of(request), access.contest.problems),
    )  # fmt: skip


async def thaw(request: web.Request) -> web.Response:
    """Lifts the freeze."""
    alias = request.match_info["alias"]
    await contests.thaw(desk_of(request), actor_of(request), alias)
    raise see_other(f"/contests/{alias}/jury?told=thawed")
