"""Owns the operators' glance: how judging goes, who runs, and whether what this frontend leans on answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from mesh.errors import MeshError, NotFound
from services.frontend.access import check_admin
from services.frontend.desk import Desk
from services.frontend.glance import Depth, JobLine
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import sentence
from services.frontend.pages.paint import paint
from services.frontend.queues import OWNERS
from services.frontend.together import both
from wire.undertaking import QueueState

_LIMIT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the frontend leans on, and what it said."""

    name: str
    is_fine: bool
    text: str


async def show_operations(request: web.Request) -> web.Response:
    """The glance, for admins."""
    check_admin(actor_of(request))
    desk = desk_of(request)
    checks = await asyncio.gather(
        _check("Record (read-only)", desk.accounts.find("admin"), "Pages are shown from it; submitting goes on without it."),
        _check("Queue", desk.glance.ask_queue(), "Keeps what is submitted until it is judged; without it, submitting is refused and pages go on."),
        _check("State (sessions, limits)", desk.pending.find("glance"), "Without it, only people seen in the last minutes stay signed in."),
        _check("Gitserver", _ask_gitserver(desk), "Keeps problems; without it, statements seen in the last hour are shown."),
        _check("Grader", desk.judging.status(), "Judges; without it, submissions wait in the queue."),
    )  # fmt: skip
    (figures, jobs), states = await both(both(desk.glance.figures(), _jobs(desk)), desk.queues.states())
    depths = {name: depth_of(states[name]) if name in states else depth for name, depth in figures.queues.items()}
    trouble = sentence(figures.trouble) if figures.trouble else ""
    return paint(request, "operations.html", figures=figures, depths=depths, owners=OWNERS, judging=figures.status, trouble=trouble, jobs=jobs, checks=checks)


def depth_of(state: QueueState) -> Depth:
    """The figures as whoever consumes the queue knows them."""
    return Depth(state.ready, state.unacknowledged, state.waiting, state.dead)


async def _jobs(desk: Desk) -> list[JobLine] | None:
    """None when the record does not say."""
    try:
        return await desk.glance.jobs()
    except MeshError:
        return None


async def _check(name: str, asking: Awaitable[Any], meaning: str) -> Check:
    try:
        async with asyncio.timeout(_LIMIT_S):
            await asking
    except MeshError as away:
        return Check(name, is_fine=False, text=f"{sentence(away.message)} {meaning}")
    except TimeoutError:
        return Check(name, is_fine=False, text=f"No answer within {_LIMIT_S:g} s. {meaning}")
    return Check(name, is_fine=True, text=meaning)


async def _ask_gitserver(desk: Desk) -> None:
    """Asks for a problem that there is not: an answer is an answer."""
    try:
        await desk.packages.card("glance", "")
    except NotFound:
        return
