"""Owns the list of contests and a contest's first page: its clock, problems, rules, announcements."""

from __future__ import annotations

import asyncio

from aiohttp import web

from contest.rules import Audience, Phase
from mesh.errors import MeshError
from services.frontend.access import ContestAccess
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.frames import access_of, best_of, contest_page
from services.frontend.pages.paint import paint
from services.frontend.pages.trials import doubts_of
from services.frontend.reads.clarifications import Clarification
from services.frontend.reads.submissions import Submission
from services.frontend.statements import render_note
from services.frontend.together import both

_MOST_NEWS = 20


async def show_contests(request: web.Request) -> web.Response:
    """Running, coming and past contests, as far as the actor may see them."""
    desk = desk_of(request)
    now = desk.clock.now()
    groups: dict[str, list[object]] = {"running": [], "coming": [], "past": []}
    names = {Phase.BEFORE: "coming", Phase.RUNNING: "running", Phase.FROZEN: "running", Phase.ENDED: "past"}
    for contest in await desk.contests.list_visible(actor_of(request), now):
        groups[names[contest.phase(now)]].append(contest)
    return paint(request, "contests.html", now=now, groups=groups)


async def show_contest(request: web.Request) -> web.Response:
    """A contest's first page."""
    access = await access_of(request)
    (solved_by, own), announcements = await both(_standings(request, access), _announcements(request, access))
    description = await asyncio.to_thread(render_note, access.contest.description) if access.contest.description else ""
    return await contest_page(
        request, "contest.html", access, "home", doubts=await doubts_of(desk_of(request), access.contest.problems) if access.is_jury else [], description=description, solved_by=solved_by, own=own, announcements=announcements,
    )  # fmt: skip


async def _standings(request: web.Request, access: ContestAccess) -> tuple[dict[str, int], dict[str, Submission]]:
    return await both(_solved_by(request, access), _own(request, access))


async def _solved_by(request: web.Request, access: ContestAccess) -> dict[str, int]:
    """How many teams solved each problem, as the public knows it; empty when the record cannot be read."""
    if not access.shows_problems:
        return {}
    try:
        snapshot = await desk_of(request).scoreboards.snapshot(access.contest, Audience.PUBLIC, access.now)
    except MeshError:
        return {}
    counts: dict[str, int] = {}
    for column, problem in enumerate(snapshot.board["problems"]):
        counts[problem["alias"]] = sum(row["cells"][column]["state"] == "solved" for row in snapshot.board["rows"])
    return counts


async def _own(request: web.Request, access: ContestAccess) -> dict[str, Submission]:
    if not access.actor.is_signed_in or access.phase is Phase.BEFORE:
        return {}
    submissions = access.shown_lines(await desk_of(request).submissions.of_user(access.contest.alias, access.actor.username))
    return best_of(submissions, access.contest.problems)


async def _announcements(request: web.Request, access: ContestAccess) -> list[Clarification]:
    items = await desk_of(request).clarifications.of_public(access.contest.alias)
    return [item for item in items if item.is_announcement][:_MOST_NEWS]
